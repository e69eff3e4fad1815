import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StreamReader } from '../../../source/models/stream/stream-reader.ts';
import { readWholeAnswer } from '../../../source/models/stream/answer-dialects.ts';
import { parseJson } from '../../../source/text/json.ts';
import type { Dialect } from '../../../source/traffic/dialects/dialect.ts';
import { dialectExchanges, dialectStreams } from './dialect-exchanges.ts';

type Stream = { readonly source: string; readonly dialect: Dialect; readonly body: string };

/** The streams of Gemini as the JSON arrays that it sends if events were not asked for. */
const arrays: readonly Stream[] = dialectStreams
  .filter(({ dialect }) => dialect === 'gemini')
  .map(({ body, dialect, source }) => ({
    source,
    dialect,
    body: `[${body
      .split(/\r?\n/)
      .flatMap((line) => (line.startsWith('data:') ? [line.slice(5)] : []))
      .join(',\r\n')}\n]`,
  }));

const streams: readonly Stream[] = [...dialectStreams, ...arrays];

const read = (dialect: Dialect, pieces: readonly Uint8Array[]) => {
  const reader = new StreamReader(1, 'apart', dialect);
  let text = '';
  for (const piece of pieces) text += reader.push(piece);
  text += reader.end();
  return {
    answer: reader.answer(),
    body: reader.body(),
    standing: reader.standing,
    alive: reader.alive,
    beginnings: reader.beginnings,
    text,
  };
};

const cutAt = (bytes: Buffer, cuts: readonly number[]): readonly Uint8Array[] => {
  const places = [0, ...cuts.toSorted((one, other) => one - other), bytes.length];
  return places.slice(1).map((end, number) => bytes.subarray(places[number], end));
};

describe('a recorded stream of Responses, Messages or Gemini', () => {
  it('gives the same answer however it is split', () => {
    const cut = fc.constantFrom(...streams).chain((stream) =>
      fc.record({
        stream: fc.constant(stream),
        cuts: fc.array(fc.nat(Buffer.byteLength(stream.body)), { maxLength: 200 }),
      }),
    );
    fc.assert(
      fc.property(cut, ({ stream: { body, dialect }, cuts }) => {
        const bytes = Buffer.from(body);
        expect(read(dialect, cutAt(bytes, cuts))).toEqual(read(dialect, [bytes]));
      }),
      { numRuns: 300 },
    );
  });

  it('gives the same answer byte by byte', () => {
    for (const { body, dialect, source } of streams.filter((one) => one.body.length < 3000)) {
      const bytes = Buffer.from(body);
      const single = Array.from(bytes, (byte) => Uint8Array.of(byte));
      expect({ source, ...read(dialect, single) }).toEqual({ source, ...read(dialect, [bytes]) });
    }
  });

  it('shows the text of its answer', () => {
    for (const { body, dialect, source } of streams) {
      const { answer, standing, text } = read(dialect, [Buffer.from(body)]);
      expect({ source, standing, text }).toEqual({
        source,
        standing: { kind: 'complete' },
        text: (answer?.text ?? '') + (answer?.refusal ?? ''),
      });
    }
  });

  it('is never complete before its end, and what it shows is a beginning of its text', () => {
    const ends: Readonly<Record<Dialect, RegExp>> = {
      chat: /\[DONE\]/,
      responses: /"type": ?"response\.(?:completed|incomplete)"/,
      messages: /"type": ?"message_stop"/,
      gemini: /"finishReason"/,
    };
    fc.assert(
      fc.property(
        fc.constantFrom(...streams),
        fc.double({ min: 0, max: 1, noNaN: true }),
        ({ body, dialect }, part) => {
          const whole = read(dialect, [Buffer.from(body)]);
          const bytes = Buffer.from(body.slice(0, body.search(ends[dialect])));
          const cut = read(dialect, [bytes.subarray(0, Math.floor(part * bytes.length))]);
          expect(cut.standing).toEqual({ kind: 'open' });
          expect(whole.text.startsWith(cut.text)).toBe(true);
          expect(cut.answer?.text ?? '').toBe(cut.text);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('does no harm if its values are of other kinds than they should be', () => {
    const junk = fc.constantFrom(
      'null',
      '7',
      '-1',
      '"x"',
      '[]',
      '{}',
      '[null]',
      '[{}]',
      'true',
      '1e300',
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...dialectExchanges),
        fc.array(fc.record({ at: fc.nat(400), value: junk }), { minLength: 1, maxLength: 6 }),
        ({ body, dialect }, changes) => {
          let damaged = body;
          for (const { at, value } of changes) {
            // Replaces one of the values that have no others in them.
            let number = 0;
            damaged = damaged.replaceAll(
              /(":\s*)("(?:[^"\\]|\\.)*"|\d+|null|true|\[\]|\{\})/g,
              (whole, colon: string) => (number++ === at ? colon + value : whole),
            );
          }
          const { answer, body: assembled } = read(dialect, [Buffer.from(damaged)]);
          expect(assembled === null).toBe(answer === null);
          const json = parseJson(damaged);
          if (json !== undefined) readWholeAnswer(dialect, json, 'apart');
        },
      ),
      { numRuns: 500 },
    );
  });
});
