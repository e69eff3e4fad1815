import { array, assert, constantFrom, double, integer, oneof, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { atRanks } from '../../source/statistics/ranks.ts';

describe('atRanks', () => {
  // Enough values that a sample narrows the range, and ties among them.
  const value = oneof(integer({ min: 0, max: 20 }), double({ noNaN: true, min: 0, max: 1e6 }));

  it('puts the values of some ranks where sorting puts them, and keeps all values', () => {
    assert(
      property(
        array(value, { minLength: 1, maxLength: 50 }),
        constantFrom(1, 40, 200),
        array(integer({ min: 0, max: 9999 }), { maxLength: 4 }),
        (few, times, places) => {
          const values = Array.from({ length: times }, () => few).flat();
          const ranks = places.map((place) => place % values.length);
          const sorted = Float64Array.from(values).sort();
          const found = atRanks(Float64Array.from(values), ranks);
          expect(ranks.map((rank) => found[rank])).toEqual(ranks.map((rank) => sorted[rank]));
          expect(found.toSorted()).toEqual(sorted);
        },
      ),
    );
  });

  it('finds ranks of values in ascending, descending and equal order', () => {
    const ascending = Float64Array.from({ length: 5000 }, (_, index) => index);
    for (const rank of [0, 1, 2499, 2500, 4998, 4999]) {
      expect(atRanks(ascending.slice(), [rank])[rank]).toBe(rank);
      expect(atRanks(ascending.toReversed(), [rank])[rank]).toBe(rank);
      expect(atRanks(new Float64Array(5000).fill(7), [rank])[rank]).toBe(7);
    }
  });
});
