import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { printableLine } from '../../source/text/printable.ts';
import { wrapOffsets, wrappedLines } from '../../source/text/wrap.ts';
import { anyText } from './any-text.ts';

const rows = (text: string, width: number, hang = 0): readonly string[] => {
  const offsets = wrapOffsets(text, width, hang);
  return offsets.map((offset, index) => text.slice(offset, offsets[index + 1]));
};

describe('wrapOffsets', () => {
  it('breaks after spaces', () => {
    expect(rows('the quick brown fox', 10)).toEqual(['the quick ', 'brown fox']);
    expect(rows('the quick brown', 9)).toEqual(['the quick ', 'brown']);
    expect(rows('a    b', 2)).toEqual(['a    ', 'b']);
  });

  it('cuts a word that is longer than a row', () => {
    expect(rows('abcdefgh', 3)).toEqual(['abc', 'def', 'gh']);
  });

  it('breaks Chinese anywhere, and never inside a wide character', () => {
    expect(rows('我喜欢苹果', 5)).toEqual(['我喜', '欢苹', '果']);
    expect(rows('say 我喜欢苹果', 8)).toEqual(['say 我喜', '欢苹果']);
    expect(rows('中文word', 6)).toEqual(['中文', 'word']);
  });

  it('begins no row of Chinese with closing punctuation, and ends none with an opening bracket', () => {
    expect(rows('我喜欢苹果。', 10)).toEqual(['我喜欢苹', '果。']);
    expect(rows('我们会免费补发，谢谢', 14)).toEqual(['我们会免费补', '发，谢谢']);
    expect(rows('读《红楼梦》吧', 4)).toEqual(['读', '《红', '楼', '梦》', '吧']);
    expect(rows('中文, 和word', 4)).toEqual(['中', '文, ', '和', 'word']);
    // There is no other place in such a row.
    expect(rows('。。。。', 4)).toEqual(['。。', '。。']);
    // The word before it fills the row.
    expect(rows(' abcdefghi。', 10)).toEqual([' ', 'abcdefghi', '。']);
  });

  it('makes the rows after the first narrower by a hang', () => {
    const text = 'the quick brown fox jumps over it';
    expect(wrapOffsets(text, 15, 5).map((offset) => text.slice(offset).split(' ')[0])).toEqual([
      'the',
      'fox',
      'over',
    ]);
    expect(wrapOffsets(text, 40, 5)).toEqual([0]);
    // What the first row has no room for may be too long for the next one.
    expect(rows(`a ${'x'.repeat(20)}`, 10, 4)).toEqual(['a ', 'xxxxxx', 'xxxxxx', 'xxxxxx', 'xx']);
    expect(rows('\u3000xxxxxxxxx', 10, 4)).toEqual(['\u3000', 'xxxxxx', 'xxx']);
  });

  it('gives an empty line one row', () => {
    expect(wrapOffsets('', 10)).toEqual([0]);
  });

  it('continues if a wide character is wider than the row', () => {
    expect(rows('中文', 1)).toEqual(['中', '文']);
  });

  it('never passes the width but for trailing spaces, and never cuts a grapheme', () => {
    const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
    fc.assert(
      fc.property(anyText, fc.integer({ min: 4, max: 20 }), fc.nat(2), (raw, width, hang) => {
        const text = printableLine(raw);
        const offsets = wrapOffsets(text, width, hang);
        const all = rows(text, width, hang);
        expect(all.join('')).toBe(text);
        const starts = new Set([...graphemes.segment(text)].map(({ index }) => index));
        for (const offset of offsets) expect(offset === 0 || starts.has(offset)).toBe(true);
        for (const [index, row] of all.entries()) {
          const shown = row.replace(/ +$/, '');
          const alone = [...graphemes.segment(shown)].length === 1;
          const room = index === 0 ? width : width - hang;
          if (!alone) expect(stringWidth(shown)).toBeLessThanOrEqual(room);
        }
        expect(
          offsets.every((offset, index) => index === 0 || offset > (offsets[index - 1] ?? 0)),
        ).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('leaves no row that could have taken the next word', () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { maxLength: 30 }),
        fc.integer({ min: 12, max: 40 }),
        (list, width) => {
          const found = rows(list.join(' '), width);
          const loose = found.filter((row, index) => {
            const next = found[index + 1]?.split(' ')[0];
            return next !== undefined && row.length + next.length <= width;
          });
          expect(loose).toEqual([]);
        },
      ),
    );
  });
});

describe('wrappedLines', () => {
  it('wraps the lines that are too long, each under its own indent', () => {
    expect(wrappedLines(['one two three', '  four five six', 'a   b'], 10)).toEqual([
      'one two',
      'three',
      '  four',
      '    five',
      '    six',
      'a   b',
    ]);
  });
});
