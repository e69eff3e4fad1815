import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StreamReader } from '../../../source/models/stream/stream-reader.ts';
import { exchanges, isStream } from '../recorded-exchanges.ts';

const bodies = exchanges.filter(isStream).map(({ response_text }) => response_text);

const lineEnds = ['\n', '\r\n', '\r'] as const;

/** A recorded body with one kind of line end, cut at any places, several of which may be the same. */
const cutBody = fc
  .record({ body: fc.constantFrom(...bodies), lineEnd: fc.constantFrom(...lineEnds) })
  .chain(({ body, lineEnd }) => {
    const bytes = Buffer.from(body.replaceAll('\n', lineEnd));
    return fc.record({
      body: fc.constant(body),
      bytes: fc.constant(bytes),
      cuts: fc.array(fc.nat(bytes.length), { maxLength: 200 }),
    });
  });

const read = (pieces: readonly Uint8Array[]) => {
  const reader = new StreamReader();
  let text = '';
  for (const piece of pieces) text += reader.push(piece);
  text += reader.end();
  return { answer: reader.answer(), standing: reader.standing, text };
};

const cutAt = (bytes: Buffer, cuts: readonly number[]): readonly Uint8Array[] => {
  const places = [0, ...cuts.toSorted((one, other) => one - other), bytes.length];
  return places.slice(1).map((end, number) => bytes.subarray(places[number], end));
};

describe('a recorded stream', () => {
  it('gives the same answer however it is split and its lines end', () => {
    fc.assert(
      fc.property(cutBody, ({ body, bytes, cuts }) => {
        expect(read(cutAt(bytes, cuts))).toEqual(read([Buffer.from(body)]));
      }),
      { numRuns: 300 },
    );
  });

  it('gives the same answer byte by byte', () => {
    for (const body of bodies.filter(({ length }) => length < 8000)) {
      const bytes = Buffer.from(body);
      const single = Array.from(bytes, (byte) => Uint8Array.of(byte));
      expect(read(single)).toEqual(read([bytes]));
    }
  });

  it('is never a complete answer if it is cut before its end, and its text is a prefix', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...bodies),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (body, part) => {
          const whole = read([Buffer.from(body)]);
          const finish = body.search(/"finish_reason":\s*"|"usage":\s*\{|\[DONE\]/);
          const bytes = Buffer.from(finish === -1 ? body : body.slice(0, finish));
          const cut = read([bytes.subarray(0, Math.floor(part * bytes.length))]);
          if (whole.standing.kind === 'complete') expect(cut.standing.kind).toBe('open');
          expect(whole.answer?.text.startsWith(cut.text)).toBe(true);
          expect(cut.answer?.text ?? '').toBe(cut.text);
        },
      ),
      { numRuns: 300 },
    );
  });
});
