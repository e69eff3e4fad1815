import { array, assert, integer, property, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bootstrapRatio, medianRatio } from '../../source/statistics/bootstrap.ts';

const units = (...numbers: readonly (readonly [number, number])[]) =>
  numbers.map(([numerator, denominator]) => ({ numerator, denominator }));

describe('bootstrapRatio', () => {
  // Efron & Tibshirani 1993, table 10.1: old minus placebo and new minus old patch of eight subjects.
  const patch = units(
    [-1200, 8406],
    [2601, 2342],
    [-2705, 8187],
    [1982, 8459],
    [-1290, 4795],
    [351, 3516],
    [-638, 4796],
    [-2719, 10238],
  );

  it('has the published standard error of the patch data', () => {
    // Shifted by the ratio 1, because a ratio of costs has no negative part: the error stays the same.
    const shifted = patch.map(({ denominator, numerator }) => ({
      numerator: numerator + denominator,
      denominator,
    }));
    const { lower, ratio, upper } = bootstrapRatio(shifted, 1);
    // Their ratio is -0.0713, and their standard error of 400 resamples 0.105.
    expect(ratio).toBeCloseTo(1 - 0.0713, 4);
    expect(((upper ?? 0) - (lower ?? 0)) / (2 * 1.96)).toBeGreaterThan(0.09);
    expect(((upper ?? 0) - (lower ?? 0)) / (2 * 1.96)).toBeLessThan(0.12);
  });

  it('is the same for the same seed, and another for another', () => {
    const some = units(...Array.from({ length: 30 }, (_, at) => [at % 7, 1 + (at % 4)] as const));
    expect(bootstrapRatio(some, 7)).toEqual(bootstrapRatio(some, 7));
    expect(bootstrapRatio(some, 7)).not.toEqual(bootstrapRatio(some, 8));
  });

  it('keeps the two sides of a unit together', () => {
    // Each costs half as much, however much that is.
    const halves = units([1, 2], [100, 200], [5, 10]);
    expect(bootstrapRatio(halves, 3)).toEqual({ ratio: 0.5, lower: 0.5, upper: 0.5, n: 3 });
  });

  it('is as wide for a great many units as their number says', () => {
    const many = Array.from({ length: 50_000 }, (_, at) => ({
      // Rises and falls with every thousandth unit.
      numerator: at % 1000,
      denominator: 1000,
    }));
    const { lower, n, upper } = bootstrapRatio(many, 5);
    expect(n).toBe(50_000);
    // The standard deviation of one is 0.2887.
    const expected = (2 * 1.96 * 0.2887) / Math.sqrt(50_000);
    expect(((upper ?? 0) - (lower ?? 0)) / expected).toBeGreaterThan(0.85);
    expect(((upper ?? 0) - (lower ?? 0)) / expected).toBeLessThan(1.15);
  });

  it('draws again what has no denominator', () => {
    const { lower, upper } = bootstrapRatio(units([1, 0], [1, 0], [1, 1]), 4);
    expect(lower).toBe(1);
    expect(upper).toBe(3);
  });

  it('is unknown without a denominator, and has no bounds for one unit', () => {
    expect(bootstrapRatio([], 1)).toEqual({ ratio: null, lower: null, upper: null, n: 0 });
    expect(bootstrapRatio(units([3, 0], [1, 0]), 1).ratio).toBeNull();
    expect(bootstrapRatio(units([3, 2]), 1)).toEqual({
      ratio: 1.5,
      lower: null,
      upper: null,
      n: 1,
    });
  });

  it('rejects what is no amount', () => {
    expect(() => bootstrapRatio(units([-1, 1]), 1)).toThrow(RangeError);
    expect(() => bootstrapRatio(units([1, Number.NaN]), 1)).toThrow(RangeError);
  });
});

describe('medianRatio', () => {
  it('is the median of the ratios, not the ratio of the medians', () => {
    expect(medianRatio([1, 2, 3]).ratio).toBe(2);
    expect(medianRatio([1, 2]).ratio).toBe(1.5);
  });

  it('has the interval of infinitely many resamples', () => {
    // The median of a resample of 13 is at most the j-th value with P(binomial(13, j / 13) ≥ 7).
    const values = Array.from({ length: 13 }, (_, at) => at + 1);
    // That is 0.0157 at 3, 0.0707 at 4, 0.9293 at 9, 0.9843 at 10 (scipy.stats.binom.sf 1.17.1).
    expect(medianRatio(values)).toEqual({ ratio: 7, lower: 4, upper: 10, n: 13 });
  });

  it('does not depend on the order, contains the ratio, and turns with the sides', () => {
    const side = integer({ min: 1, max: 1000 });
    assert(
      property(array(tuple(side, side), { minLength: 6, maxLength: 60 }), (pairs) => {
        const ratios = pairs.map(([one, other]) => one / other);
        const found = medianRatio(ratios);
        expect(found.lower).toBeLessThanOrEqual(found.ratio ?? 0);
        expect(found.upper).toBeGreaterThanOrEqual(found.ratio ?? 0);
        expect(medianRatio(ratios.toReversed())).toEqual(found);
        const turned = medianRatio(ratios.map((ratio) => 1 / ratio));
        expect(1 / (turned.upper ?? 0)).toBeCloseTo(found.lower ?? 0, 9);
        expect(1 / (turned.lower ?? 0)).toBeCloseTo(found.upper ?? 0, 9);
      }),
    );
  });

  it('has no bounds for fewer than six pairs', () => {
    expect(medianRatio(Array.from({ length: 5 }, () => 2))).toEqual({
      ratio: 2,
      lower: null,
      upper: null,
      n: 5,
    });
    expect(medianRatio(Array.from({ length: 6 }, () => 2)).lower).toBe(2);
    expect(medianRatio([]).ratio).toBeNull();
  });

  it('rejects what is no ratio', () => {
    expect(() => medianRatio([1 / 0])).toThrow(RangeError);
  });
});
