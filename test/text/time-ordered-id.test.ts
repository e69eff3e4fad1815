import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ascendingIds, timeOrderedId } from '../../source/text/time-ordered-id.ts';

const random = fc.uint8Array({ minLength: 10, maxLength: 10 });

describe('timeOrderedId', () => {
  it('is a UUID of version 7 that contains the time', () => {
    const id = timeOrderedId(
      null,
      Date.parse('2026-11-20T08:15:00.123Z'),
      new Uint8Array(10).fill(255),
    );
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(Number.parseInt(id.slice(0, 13).replace('-', ''), 16)).toBe(
      Date.parse('2026-11-20T08:15:00.123Z'),
    );
  });

  it('is greater than the previous one for any clock', () => {
    const moments = fc.array(fc.tuple(fc.nat({ max: 3 }), random), { minLength: 2, maxLength: 40 });
    fc.assert(
      fc.property(moments, (all) => {
        let previous: string | null = null;
        for (const [nowMs, bytes] of all) {
          const id: string = timeOrderedId(previous, nowMs, bytes);
          expect(id).toMatch(
            /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
          );
          if (previous !== null) expect(id > previous).toBe(true);
          previous = id;
        }
      }),
    );
  });

  it('carries over from the random bits into the time', () => {
    const last = '00000000-0001-7fff-bfff-ffffffffffff';
    expect(timeOrderedId(last, 0, new Uint8Array(10))).toBe('00000000-0002-7000-8000-000000000000');
  });
});

describe('ascendingIds', () => {
  it('ascends when the clock stops, advances or goes back', () => {
    const times = [5, 5, 6, 4, 4, 7];
    const allOnes = (bytes: number): Uint8Array => new Uint8Array(bytes).fill(255);
    const nextId = ascendingIds(() => times.shift() ?? 0, allOnes);
    const ids = Array.from({ length: 6 }, nextId);
    expect(ids).toEqual(ids.toSorted());
    expect(new Set(ids).size).toBe(6);
  });
});
