import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StreamReader } from '../../../source/models/stream/stream-reader.ts';

const encoder = new TextEncoder();

const read = (pieces: readonly Uint8Array[]) => {
  const reader = new StreamReader();
  let text = '';
  for (const piece of pieces) text += reader.push(piece);
  text += reader.end();
  return { text, answer: reader.answer(), standing: reader.standing };
};

const chunk = (content: string): string => JSON.stringify({ choices: [{ delta: { content } }] });

const cutAt = (bytes: Uint8Array, places: readonly number[]): readonly Uint8Array[] => {
  const sorted = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort(
    (a, b) => a - b,
  );
  return [0, ...sorted].map((start, index) => bytes.subarray(start, sorted[index]));
};

describe('a stream of server-sent events', () => {
  it('reads the same for every line end and every split', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 5 }),
        fc.constantFrom('\n', '\r', '\r\n'),
        fc.array(fc.nat(1000), { maxLength: 12 }),
        (texts, lineEnd, places) => {
          const body = texts
            .map((text) => `data: ${chunk(text)}${lineEnd}: a comment${lineEnd}${lineEnd}`)
            .join('');
          const { text, standing } = read(cutAt(encoder.encode(body), places));
          expect(text).toBe(texts.join(''));
          expect(standing.kind).toBe('open');
        },
      ),
    );
  });

  it('may have a byte order mark, no space after the colon, ids, and data over several lines', () => {
    const lines = JSON.stringify(JSON.parse(chunk('b')), null, 1).split('\n');
    const body = `\uFEFFdata:${chunk('a')}\nid: 7\nretry: 10\nunknown\n\n${lines.map((line) => `data: ${line}\n`).join('')}\n`;
    expect(read([encoder.encode(body)]).text).toBe('ab');
  });

  it.each(['', '\n', '\r', '\r\n'])('may end without its last blank line, after %j', (lineEnd) => {
    const { text, standing } = read([
      encoder.encode(`data: ${chunk('a')}\n\ndata: ${chunk('b')}${lineEnd}`),
    ]);
    expect([text, standing.kind]).toEqual(['ab', 'open']);
    const done = read([encoder.encode(`data: ${chunk('a')}\n\ndata: [DONE]${lineEnd}`)]);
    expect(done.standing.kind).toBe('complete');
  });

  it('treats half an event as a cut at its end, and as a message from the server within', () => {
    const cut = `data: ${chunk('a')}\n\ndata: {"choices":[{"ind`;
    expect(read([encoder.encode(cut)]).standing).toEqual({ kind: 'open' });
    expect(read([encoder.encode(`${cut}\n\n`)]).standing.kind).toBe('error');
  });

  it('reads a line of 10 MB that arrives in small pieces', () => {
    const piece = encoder.encode('x'.repeat(4096));
    const [before = '', after = ''] = `data: ${chunk('HERE')}\n\n`.split('HERE');
    const pieces = Array.from({ length: 2560 }, () => piece);
    const { text } = read([encoder.encode(before), ...pieces, encoder.encode(after)]);
    expect(text).toHaveLength(2560 * 4096);
  });
});
