import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExchangePacker, sizeOf, unpackExchanges } from '../../source/recording/exchange-parcel.ts';
import { KeptBytes, Tap, type TappedExchange } from '../../source/recording/tap.ts';
import { exchange } from './exchange.ts';

const bytes = (parts: readonly Uint8Array[]): Buffer => Buffer.concat(parts);

describe('a tap', () => {
  it('keeps the first bytes up to its cap, however they came, and counts all', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 300 }),
        fc.integer({ min: 0, max: 3000 }),
        (chunks, cap) => {
          const tap = new Tap(cap, new KeptBytes(1e9));
          chunks.forEach((chunk, index) => tap.push(chunk, index));
          const all = bytes(chunks);
          const { parts, kept, total, marks } = tap.end();
          expect(bytes(parts).equals(all.subarray(0, cap))).toBe(true);
          expect([kept, total]).toEqual([Math.min(cap, all.length), all.length]);
          const ends = marks.filter((_, index) => index % 2 === 0);
          expect(ends).toEqual(ends.toSorted((a, b) => a - b));
          expect(ends.at(-1) ?? 0).toBe(kept);
        },
      ),
    );
  });

  it('takes nothing after its end', () => {
    const tap = new Tap(100, new KeptBytes(1e9));
    tap.push(Buffer.from('one'), 1);
    const tapped = tap.end();
    tap.push(Buffer.from('two'), 2);
    expect(bytes(tapped.parts).toString()).toBe('one');
    expect(tapped).toMatchObject({ kept: 3, total: 3, marks: [3, 1] });
  });

  it('notes when bytes came, at most once a millisecond', () => {
    const tap = new Tap(100, new KeptBytes(1e9));
    for (const [text, atMs] of [
      ['a', 1],
      ['b', 1.5],
      ['c', 2.1],
      ['d', 9],
    ] as const) {
      tap.push(Buffer.from(text), atMs);
    }
    expect(tap.end().marks).toEqual([2, 1, 3, 2.1, 4, 9]);
  });
});

/** The exchanges after a journey in a parcel. */
const carried = (exchanges: readonly TappedExchange[], spareBytes = 0) => {
  const size = exchanges.reduce((sum, one) => sum + sizeOf(one), spareBytes);
  const packer = new ExchangePacker(new ArrayBuffer(size));
  for (const one of exchanges) {
    expect(packer.hasRoomFor(one)).toBe(true);
    packer.add(one);
  }
  return unpackExchanges(structuredClone(packer.parcel()));
};

describe('a parcel', () => {
  it('gives every exchange its own bytes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.array(fc.uint8Array()), fc.array(fc.uint8Array())), { maxLength: 8 }),
        (bodies) => {
          const tapped = (chunks: readonly Uint8Array[]) => {
            const tap = new Tap(1e6, new KeptBytes(1e9));
            for (const chunk of chunks) tap.push(chunk, 0);
            return tap.end();
          };
          const exchanges = bodies.map(([request, response], index) =>
            exchange({ id: `${index}`, request: tapped(request), response: tapped(response) }),
          );
          const found = carried(exchanges, 5);
          expect(found.map(({ id }) => id)).toEqual(exchanges.map(({ id }) => id));
          found.forEach(({ request, response }, index) => {
            const [sent = [], got = []] = bodies[index] ?? [];
            expect(bytes(request.parts).equals(bytes(sent))).toBe(true);
            expect(bytes(response.parts).equals(bytes(got))).toBe(true);
          });
        },
      ),
    );
    expect(carried([exchange({ response: new Tap(0, new KeptBytes(1e9)).end() })])).toHaveLength(1);
  });

  it('carries every field of an exchange', () => {
    const all = exchange({
      endpoint: 'support',
      requestId: 'req',
      traceparent: '00-1',
      requestEncoding: 'gzip',
      upstreamRequestId: 'up',
      processingMs: 12,
      responseEncoding: 'br',
      ending: 'upstream broke',
      message: 'ECONNRESET',
      request: { parts: [Buffer.from('ab'), Buffer.from('c')], kept: 3, total: 9, marks: [3, 0] },
      response: { parts: [Buffer.from('answer')], kept: 6, total: 6, marks: [2, 1.5, 6, 7.25] },
    });
    const plain = (one: TappedExchange) => ({
      ...one,
      request: { ...one.request, parts: bytes(one.request.parts).toString() },
      response: { ...one.response, parts: bytes(one.response.parts).toString() },
    });
    const none = exchange({ status: null, headersMs: null, requestMs: null });
    expect(carried([all, none, all]).map(plain)).toEqual([all, none, all].map(plain));
  });

  it('has no room for more than its buffer holds', () => {
    const one = exchange();
    const packer = new ExchangePacker(new ArrayBuffer(sizeOf(one) * 2 - 1));
    packer.add(one);
    expect(packer.hasRoomFor(one)).toBe(false);
  });
});
