import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import {
  isSimple,
  simpleCellWidth,
  cellWidth,
  padCells,
  truncateCells,
} from '../../source/text/width.ts';
import { printable } from '../../source/text/printable.ts';
import { anyText } from './any-text.ts';

describe('cellWidth', () => {
  it('returns the width on the terminal', () => {
    const widths: readonly (readonly [string, number])[] = [
      ['', 0],
      ['abc', 3],
      ['中文', 4],
      ['ｆｕｌｌ', 8],
      ['한글', 4],
      ['한글', 4],
      ['é', 1],
      ['👩‍👩‍👧', 2],
      ['🇯🇵', 2],
      ['❤️', 2],
      ['a　b', 4],
      ['…─“α', 4],
    ];
    for (const [text, width] of widths) expect([text, cellWidth(text)]).toEqual([text, width]);
  });

  it('agrees with string-width on every code unit that takes the fast way', () => {
    let simple = 0;
    for (let unit = 0; unit <= 0xffff; unit++) {
      const text = String.fromCharCode(unit);
      if (!isSimple(text)) continue;
      simple++;
      if (simpleCellWidth(unit) !== stringWidth(text)) expect.unreachable(unit.toString(16));
    }
    expect(simple).toBeGreaterThan(40_000);
  });

  it('counts every letter that a terminal may draw in a cell of its own', () => {
    const widths: readonly (readonly [string, number])[] = [
      ['र्स', 2],
      ['पार्सल', 5],
      ['ক্ষ', 2],
      ['ทำ', 2],
      ['ຳ', 1],
      ['ﾊﾞ', 2],
      // A letter that joins what follows it.
      ['\u{11A84}', 1],
      ['\u{11A84} ', 2],
      ['\u{11A84}x│', 3],
    ];
    for (const [text, width] of widths) expect([text, cellWidth(text)]).toEqual([text, width]);
  });

  it('agrees with string-width on any printable text without graphemes of several letters', () => {
    const letters = /[\p{L}\p{M}]\p{M}*[\p{L}\u200D]/u;
    const isJoined = (segment: string): boolean =>
      letters.test(segment) || (segment.length > 1 && isSimple(segment.slice(-1)));
    fc.assert(
      fc.property(anyText, (text) => {
        const shown = printable(text);
        const counted = [...new Intl.Segmenter().segment(shown)]
          .map(({ segment }) => (isJoined(segment) ? cellWidth(segment) : stringWidth(segment)))
          .reduce((sum, width) => sum + width, 0);
        expect(cellWidth(shown)).toBe(counted);
        expect(counted).toBeGreaterThanOrEqual(stringWidth(shown));
      }),
      { numRuns: 5000 },
    );
  });
});

describe('truncateCells', () => {
  it('keeps the text that fits and replaces the rest with an ellipsis', () => {
    expect(truncateCells('abc', 3)).toBe('abc');
    expect(truncateCells('abcd', 3)).toBe('ab…');
    expect(truncateCells('中文字', 4)).toBe('中…');
    expect(truncateCells('a👩‍👩‍👧b', 3)).toBe('a…');
    expect(truncateCells('ab', 1)).toBe('…');
    expect(truncateCells('ab', 0)).toBe('');
  });
});

describe('padCells', () => {
  it('gives exactly the cells that were asked for', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 1, max: 40 }), (text, width) => {
        expect(cellWidth(padCells(printable(text).replaceAll('\n', ' '), width))).toBe(width);
      }),
      { numRuns: 2000 },
    );
  });
});
