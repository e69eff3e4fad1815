import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printable, printableLine } from '../../source/text/printable.ts';

const obeyed =
  /[\0-\x09\x0B-\x1F\x7F-\x9F\u061C\u200B\u200C\u200E\u200F\u2028-\u202E\u2060-\u206F\uFEFF\p{Cs}]/u;

const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '\x1b[31m',
        '\x1b]52;c;aGk=\x07',
        '\x9b2J',
        '\r',
        '\r\n',
        '\t',
        '\u202e',
        '\u200d',
        '\ufe0f',
        '\ud83d',
        '\ude00',
        '😀',
        '👩‍👩‍👧',
        '❤️',
        '中文',
        '\u{E0041}',
        '\n',
      ),
      fc.string({ unit: 'binary', maxLength: 5 }),
    ),
    { maxLength: 20 },
  )
  .map((parts) => parts.join(''));

describe('printable', () => {
  it('does not change ordinary text of any language', () => {
    for (const text of [
      '',
      'plain\ntext',
      '中文，全角　空格',
      'é',
      '한글',
      '👩‍👩‍👧 ❤️ 🇯🇵 1️⃣ 👍🏽',
      'naïve — “x”',
    ]) {
      expect(printable(text)).toBe(text);
    }
  });

  it('shows escape sequences instead of sending them', () => {
    expect(printable('\x1b[2J')).toBe('␛[2J');
    expect(printable('\x1b]8;;http://x\x07y')).toBe('␛]8;;http://x␇y');
    expect(printable('\x9b31m')).toBe('<U+009B>31m');
    expect(printable('\x1bPq\x1b\\')).toBe('␛Pq␛\\');
    expect(printable('a\x7fb\0')).toBe('a␡b␀');
  });

  it('makes invisible and reordering characters visible', () => {
    expect(printable('a\u202eb')).toBe('a<U+202E>b');
    expect(printable('a\u200bb\u200dc')).toBe('a<U+200B>b<U+200D>c');
    expect(printable('x\ufe0f')).toBe('x<U+FE0F>');
    expect(printable('\ufeffa\u00ad\u2028')).toBe('<U+FEFF>a<U+00AD><U+2028>');
    expect(printable('\u{E0041}')).toBe('<U+E0041>');
    expect(printable('\ud800a\udc00')).toBe('<U+D800>a<U+DC00>');
  });

  it('shows every carriage return and expands tabs', () => {
    expect(printable('a\r\nb\rc\td')).toBe('a␍\nb␍c    d');
  });

  it('leaves nothing that a terminal obeys, and settles at once', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const shown = printable(text);
        expect(shown).not.toMatch(obeyed);
        expect(printable(shown)).toBe(shown);
        expect(shown.split('\n').length).toBe(text.split('\n').length);
      }),
      { numRuns: 2000 },
    );
  });

  it('keeps different texts different, except for tabs and literal substitutes', () => {
    expect(printable('a\u200b')).not.toBe(printable('a'));
    expect(printable('e\u0301')).not.toBe(printable('é'));
  });
});

describe('printableLine', () => {
  it('keeps everything on one line', () => {
    expect(printableLine('a\nb\x1b')).toBe('a␊b␛');
  });
});
