import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSseParser, type ServerSentEvent } from '../../../source/models/stream/sse.ts';

const parsed = (pieces: readonly Uint8Array[]): readonly ServerSentEvent[] => {
  const parser = createSseParser();
  return [...pieces.flatMap((piece) => parser.push(piece)), ...parser.end()];
};

const cut = (bytes: Uint8Array, places: readonly number[]): readonly Uint8Array[] => {
  const sorted = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort(
    (a, b) => a - b,
  );
  return [0, ...sorted].map((start, index) => bytes.subarray(start, sorted[index]));
};

describe('the parser of server-sent events', () => {
  it('gives the same events for every line end and every cut', () => {
    const data = fc
      .string({ unit: 'binary' })
      .filter((text) => !/[\r\n]/.test(text) && text !== '');
    fc.assert(
      fc.property(
        fc.array(fc.tuple(data, fc.constantFrom('', 'error')), { minLength: 1, maxLength: 5 }),
        fc.constantFrom('\n', '\r', '\r\n'),
        fc.array(fc.nat(1000), { maxLength: 12 }),
        (events, lineEnd, places) => {
          const text = events
            .map(([line, event]) => {
              const name = event === '' ? '' : `event: ${event}${lineEnd}`;
              return `${name}data: ${line}${lineEnd}: a comment${lineEnd}${lineEnd}`;
            })
            .join('');
          const bytes = new TextEncoder().encode(text);
          expect(parsed(cut(bytes, places))).toEqual(
            // What is no UTF-8 (a lone surrogate) becomes U+FFFD on its way through the encoder.
            events.map(([line, event]) => ({ event, data: line.toWellFormed() })),
          );
        },
      ),
    );
  });

  it('joins several data lines, takes a missing space and gives the last event without its end', () => {
    const bytes = new TextEncoder().encode('\uFEFFdata:1\ndata: 2\nid: 7\n\ndata: 3');
    expect(parsed([bytes])).toEqual([
      { event: '', data: '1\n2' },
      { event: '', data: '3' },
    ]);
  });

  it('reads a line of 10 MB that comes in small pieces', () => {
    const parser = createSseParser();
    const piece = new TextEncoder().encode('x'.repeat(4096));
    parser.push(new TextEncoder().encode('data: '));
    for (let count = 0; count < 2560; count++) expect(parser.push(piece)).toEqual([]);
    expect(parser.end()[0]?.data).toHaveLength(2560 * 4096);
  });
});
