import { assert, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { verdictsForHalfWidth, wilson } from '../../source/statistics/wilson.ts';

const percent = (share: number | null): string => ((share ?? Number.NaN) * 100).toFixed(1);

describe('wilson', () => {
  it.each([
    [3, 3, '43.9', '100.0'],
    [17, 20, '64.0', '94.8'],
    [45, 50, '78.6', '95.7'],
    [90, 100, '82.6', '94.5'],
    [95, 100, '88.8', '97.8'],
    [190, 200, '91.0', '97.3'],
    [475, 500, '92.7', '96.6'],
    [950, 1000, '93.5', '96.2'],
    [38, 41, '80.6', '97.5'],
  ])('gives the published interval of %i of %i', (successes, n, lower, upper) => {
    const interval = wilson(successes, n);
    expect([percent(interval.lower), percent(interval.upper)]).toEqual([lower, upper]);
    expect(interval.rate).toBe(successes / n);
  });

  it.each([
    // Newcombe 1998, table I, method 3.
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])(
    'gives the four digits of the published interval of %i of %i',
    (successes, n, lower, upper) => {
      const interval = wilson(successes, n);
      expect(interval.lower).toBeCloseTo(lower, 4);
      expect(interval.upper).toBeCloseTo(upper, 4);
    },
  );

  it('is unknown for no verdicts', () => {
    expect(wilson(0, 0)).toEqual({ rate: null, lower: null, upper: null, n: 0 });
  });

  it('rejects impossible counts', () => {
    expect(() => wilson(4, 3)).toThrow(RangeError);
    expect(() => wilson(-1, 3)).toThrow(RangeError);
    expect(() => wilson(0.5, 3)).toThrow(RangeError);
  });

  it('shows 90, 95 and 98 % by 35, 73 and 189 flawless verdicts', () => {
    for (const [rate, n] of [
      [0.9, 35],
      [0.95, 73],
      [0.98, 189],
    ] as const) {
      expect(wilson(n - 1, n - 1).lower).toBeLessThan(rate);
      expect(wilson(n, n).lower).toBeGreaterThanOrEqual(rate);
    }
  });

  it('contains the rate, stays between 0 and 1, and is symmetric', () => {
    assert(
      property(integer({ min: 1, max: 100_000 }), integer({ min: 0, max: 100_000 }), (n, any) => {
        const successes = any % (n + 1);
        const { rate, lower, upper } = wilson(successes, n);
        const mirror = wilson(n - successes, n);
        expect(lower).toBeGreaterThanOrEqual(0);
        expect(upper).toBeLessThanOrEqual(1);
        expect(lower).toBeLessThanOrEqual(rate ?? Number.NaN);
        expect(upper).toBeGreaterThanOrEqual(rate ?? Number.NaN);
        const better = wilson(Math.min(n, successes + 1), n);
        expect(better.lower).toBeGreaterThanOrEqual(lower ?? Number.NaN);
        expect(better.upper).toBeGreaterThanOrEqual(upper ?? Number.NaN);
        expect(1 - (mirror.upper ?? Number.NaN)).toBeCloseTo(lower ?? Number.NaN, 12);
      }),
    );
  });
});

describe('verdictsForHalfWidth', () => {
  it.each([
    [0.5, [93, 381, 1064]],
    [0.8, [60, 245, 682]],
    [0.9, [37, 141, 388]],
    [0.95, [25, 83, 215]],
    [0.99, [17, 43, 84]],
  ])('needs the known numbers at a rate of %d for ±10, ±5 and ±3 points', (rate, expected) => {
    const needed = [0.1, 0.05, 0.03].map(
      (half) => 100 + verdictsForHalfWidth(rate * 100, 100, half),
    );
    // 100 verdicts have been given already.
    expect(needed).toEqual(expected.map((total) => Math.max(100, total)));
  });

  it('assumes the worst rate without verdicts', () => {
    expect(verdictsForHalfWidth(0, 0, 0.05)).toBe(381);
    expect(verdictsForHalfWidth(0, 0, 0.1)).toBe(93);
  });

  it('is sufficient, and one less is not', () => {
    // At a rate of one half, every even number of verdicts has that rate.
    assert(
      property(integer({ min: 1, max: 49 }), integer({ min: 1, max: 500 }), (points, pairs) => {
        const width = points / 100;
        const more = verdictsForHalfWidth(pairs, 2 * pairs, width);
        const total = 2 * pairs + more;
        expect(halfWidth(total + (total % 2))).toBeLessThanOrEqual(width + 1e-12);
        const fewer = total - 1 - ((total - 1) % 2);
        expect(more === 0 || halfWidth(fewer) > width).toBe(true);
      }),
    );
  });

  it('rejects an impossible width', () => {
    expect(() => verdictsForHalfWidth(1, 2, 0)).toThrow(RangeError);
    expect(() => verdictsForHalfWidth(1, 2, 0.5)).toThrow(RangeError);
  });
});

/** Half the width of the interval for n/2 of n, n even. */
const halfWidth = (n: number): number => {
  const { lower, upper } = wilson(n / 2, n);
  return ((upper ?? Number.NaN) - (lower ?? Number.NaN)) / 2;
};
