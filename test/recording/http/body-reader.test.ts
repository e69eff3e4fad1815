import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBodyReader } from '../../../source/recording/http/body-reader.ts';
import type { Framing } from '../../../source/recording/http/framing.ts';

/** Reads pieces one after the other; what stands behind the end is `left`. */
const readAll = (framing: Framing, pieces: readonly Buffer[]) => {
  const data: Buffer[] = [];
  const reader = createBodyReader(framing, (part) => data.push(Buffer.from(part)));
  const left: Buffer[] = [];
  for (const piece of pieces) {
    const end = reader.isOver() ? 0 : reader.read(piece, 0);
    if (end === -1) return { kind: 'bad' } as const;
    left.push(piece.subarray(end));
  }
  return {
    kind: reader.isOver() ? 'over' : 'open',
    data: Buffer.concat(data).toString('latin1'),
    left: Buffer.concat(left).toString('latin1'),
  } as const;
};

/** Cut at every multiple of a length. */
const cut = (text: string, length: number): readonly Buffer[] => {
  const bytes = Buffer.from(text, 'latin1');
  return Array.from({ length: Math.ceil(bytes.length / length) }, (_, index) =>
    bytes.subarray(index * length, (index + 1) * length),
  );
};

describe('the end of a body', () => {
  it('is found by its length, wherever it is cut', () => {
    for (const length of [1, 2, 3, 100]) {
      expect(readAll({ kind: 'length', bytes: 5 }, cut('12345GET', length))).toEqual({
        kind: 'over',
        data: '12345',
        left: 'GET',
      });
    }
    expect(readAll({ kind: 'length', bytes: 9 }, cut('1234', 2)).kind).toBe('open');
    expect(createBodyReader({ kind: 'length', bytes: 0 }, () => undefined).isOver()).toBe(true);
  });

  it('is found by its chunks, wherever they are cut, with trailers and extensions', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 8 }),
        fc.integer({ min: 1, max: 30 }),
        fc.constantFrom('', 'X-Sum: 1\r\n', 'A: b\r\nC:\r\n'),
        fc.constantFrom('', ';a=b', ';a="\xfc b"'),
        fc.boolean(),
        (chunks, length, trailer, extension, isUpper) => {
          const texts = chunks.map((chunk) => Buffer.from(chunk).toString('latin1'));
          const framed = texts.map((text) => {
            const size = text.length.toString(16);
            return `${isUpper ? size.toUpperCase() : `00${size}`}${extension}\r\n${text}\r\n`;
          });
          const wire = `${framed.join('')}0${extension}\r\n${trailer}\r\n`;
          expect(readAll({ kind: 'chunked' }, cut(`${wire}NEXT`, length))).toEqual({
            kind: 'over',
            data: texts.join(''),
            left: 'NEXT',
          });
          expect(readAll({ kind: 'chunked' }, cut(wire.slice(0, -1), length)).kind).toBe('open');
        },
      ),
    );
  });

  it.each([
    ['a size that is none', 'x\r\n'],
    ['no size', '\r\n'],
    ['a size with a sign', '+3\r\nabc\r\n0\r\n\r\n'],
    ['a size in C', '0x3\r\nabc\r\n0\r\n\r\n'],
    ['a size with white space behind it', '3 \r\nabc\r\n0\r\n\r\n'],
    ['a size with white space before it', ' 3\r\nabc\r\n0\r\n\r\n'],
    ['a size that no number holds', 'fffffffffffffffff\r\n'],
    ['a size that ends in LF', '3\nabc\r\n0\r\n\r\n'],
    ['a CR in a line', '3\r;\r\nabc\r\n0\r\n\r\n'],
    ['a line end in an extension', '3;a\nb\r\nabc\r\n0\r\n\r\n'],
    ['more data than said', '3\r\nabcd\r\n0\r\n\r\n'],
    ['less data than said', '3\r\nab\r\n0\r\n\r\n'],
    ['data that ends in LF', '3\r\nabc\n0\r\n\r\n'],
    ['a trailer that is no field', '0\r\nX\r\n\r\n'],
    ['a trailer that is continued', '0\r\nX: 1\r\n y\r\n\r\n'],
    ['an end in LF', '0\r\n\n'],
    ['a line without an end', `3;${'a'.repeat(9000)}`],
  ])('is not guessed: %s', (_, wire) => {
    for (const length of [1, 2, 3, 20_000]) {
      expect(readAll({ kind: 'chunked' }, cut(wire, length)).kind).toBe('bad');
    }
  });

  it('is the end of the connection where nothing else is said', () => {
    expect(readAll({ kind: 'close' }, cut('abc', 2))).toEqual({
      kind: 'open',
      data: 'abc',
      left: '',
    });
  });
});
