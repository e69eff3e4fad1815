import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputFilter } from '../../source/review/screen/terminal-input.ts';

/** What passes of chunks that arrive after the given delays. */
const passed = (...chunks: readonly (string | readonly [afterMs: number, chunk: string])[]) => {
  const filter = new InputFilter();
  let nowMs = 1_000_000;
  return chunks
    .map((part) => {
      const [afterMs, chunk] = typeof part === 'string' ? [1, part] : part;
      nowMs += afterMs;
      return filter
        .pass(chunk, nowMs)
        .filter((passing) => typeof passing === 'string')
        .join('');
    })
    .join('');
};

const keys = ['a', 'x', ' ', '1', '\r', '\u007f', '\u0003', '中', '👩‍👩‍👧', '\u001B[A', '\u001BOP'];
const keySequences = ['\u001B[1;5C', '\u001B[5~', '\u001B[[A', '\u001B\u001B[A', '\u001Bx'];
const replies = [
  '\u001B[M`ax',
  '\u001B[M a\u{10ffff}',
  '\u001B]11;rgb:abab/bbbb/0000\u0007',
  '\u001B]52;c;YXhidw==\u001B\\',
  '\u001BP>|xterm(a x b w)\u001B\\',
  '\u001B_Ga=x;b\u001B\\',
];

describe('the input filter', () => {
  it('passes keys and pastes unchanged, however they are split into chunks', () => {
    const typed = fc.array(
      fc.constantFrom(...keys, ...keySequences, '\u001B[200~aaxx\u001B]bb\u001B[Maaa\u001B[201~'),
    );
    fc.assert(
      fc.property(typed, fc.array(fc.nat(200)), (strokes, cuts) => {
        // The stream's decoder never splits a character.
        const characters = [...strokes.join('')];
        const ends = cuts
          .filter((cut) => cut < characters.length)
          .toSorted((one, two) => one - two);
        const chunks = [...ends, characters.length].map((end, index) =>
          characters.slice(ends[index - 1] ?? 0, end).join(''),
        );
        expect(passed(...chunks)).toBe(characters.join(''));
      }),
    );
  });

  it('removes replies and mouse reports, however they are split into chunks', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...replies)), fc.nat(200), (found, cut) => {
        const text = [...found.join('')];
        const left = passed(text.slice(0, cut).join(''), text.slice(cut).join(''), 'J');
        // An escape at the end of a chunk passes: it may be the key.
        expect(left.replaceAll('\u001B', '')).toBe('J');
      }),
    );
  });

  it('takes out what was done with the mouse, in order between the keys', () => {
    const filter = new InputFilter();
    const typed =
      'a\u001B[<64;98;7Mb\u001B[<0;1;2M\u001B[<0;1;2m\u001B[<2;1;2M\u001B[<35;1;2M\u001B[<80;3;4Mc';
    expect(filter.pass(typed, 1)).toEqual([
      'a',
      { kind: 'wheel_up', x: 97, y: 6 },
      'b',
      { kind: 'press', x: 0, y: 1 },
      '',
      { kind: 'wheel_up', x: 2, y: 3 },
      'c',
    ]);
    expect(filter.pass('\u001B[<65;2', 2)).toEqual(['']);
    expect(filter.pass(';2Mx', 3)).toEqual(['', { kind: 'wheel_down', x: 1, y: 1 }, 'x']);
    // A paste may contain anything.
    expect(filter.pass('\u001B[200~\u001B[<0;1;1M\u001B[201~', 4)).toEqual([
      '\u001B[200~\u001B[<0;1;1M\u001B[201~',
    ]);
  });

  it('drops a sequence that stays incomplete and then passes keys again', () => {
    for (const half of [
      '\u001B[',
      '\u001B[1;5',
      '\u001B]11;rgb:',
      '\u001B[M`',
      '\u001BP',
      '\u001BO',
    ]) {
      expect(passed(half, [1000, 'a'])).toBe('a');
    }
    expect(passed('\u001B]0;', [100, 'a'], [100, 'x'], [300, 'b'])).toBe('b');
  });

  it('treats a lone escape as the key, and what follows later as keys', () => {
    expect(passed('\u001B', [60, ']'], [60, 'j'])).toBe('\u001B]j');
    expect(passed('\u001B', [10, '[A'])).toBe('\u001B[A');
    expect(passed('\u001B', [10, ']11;rgb:aa'], 'bb\u0007', 'j')).toBe('\u001Bj');
  });

  it('drops a sequence that was aborted but keeps the character that aborted it', () => {
    expect(passed('\u001B[12\u0003')).toBe('\u0003');
    expect(passed('\u001B]11;a\u0003')).toBe('\u0003');
    expect(passed('\u001B]11;a\u001B[A')).toBe('\u001B[A');
  });

  it('lets Ctrl-C out of a paste that never ends', () => {
    expect(passed('\u001B[200~aax', 'x', '\u0003', 'j')).toBe('\u001B[200~aaxx\u001B[201~\u0003j');
  });
});
