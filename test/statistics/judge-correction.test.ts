import { assert, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  judgeFloors,
  predictionPoweredRate,
  roganGladen,
} from '../../source/statistics/judge-correction.ts';
import { verdictsForHalfWidth, wilson } from '../../source/statistics/wilson.ts';

describe('predictionPoweredRate', () => {
  const first = [
    { both: 126, personOnly: 6, judgeOnly: 8, neither: 10 },
    { successes: 1640, n: 2000 },
  ] as const;
  const second = [
    { both: 70, personOnly: 5, judgeOnly: 10, neither: 15 },
    { successes: 700, n: 1000 },
  ] as const;

  it.each([
    // ppi_py of 2026-02, ppi_mean_ci.
    [first, 0, 0.88, 0.827996, 0.932004],
    [first, 1, 0.806667, 0.755002, 0.858331],
    [first, 'tuned', 0.854547, 0.808996, 0.900098],
    [second, 1, 0.65, 0.569546, 0.730454],
    [second, 'tuned', 0.70597, 0.634082, 0.777858],
  ] as const)(
    'gives the values of ppi_py: %j, lambda %s',
    ([labelled, others], lambda, rate, lower, upper) => {
      const found = predictionPoweredRate(labelled, others, lambda);
      // The lower bound of the third is 0.80899550, which its last printed digit rounds up.
      expect(Math.abs((found.rate ?? 0) - rate)).toBeLessThan(6e-7);
      expect(Math.abs((found.lower ?? 0) - lower)).toBeLessThan(6e-7);
      expect(Math.abs((found.upper ?? 0) - upper)).toBeLessThan(6e-7);
    },
  );

  it('ignores a judge who knows nothing, and is unknown without items', () => {
    const coin = { both: 40, personOnly: 40, judgeOnly: 10, neither: 10 };
    expect(predictionPoweredRate(coin, { successes: 500, n: 1000 })).toMatchObject({
      lambda: 0,
      rate: 0.8,
    });
    const nobody = { both: 0, personOnly: 0, judgeOnly: 0, neither: 0 };
    expect(predictionPoweredRate(nobody, { successes: 1, n: 2 }).rate).toBeNull();
    expect(predictionPoweredRate(coin, { successes: 0, n: 0 }).rate).toBeNull();
    // A judge who always says yes has no variance to use.
    const yes = { both: 9, personOnly: 0, judgeOnly: 1, neither: 0 };
    expect(predictionPoweredRate(yes, { successes: 5, n: 5 })).toMatchObject({
      lambda: 0,
      rate: 0.9,
    });
  });

  it('is never wider with the tuned weight than without a judge, and says the reverse of the reverse', () => {
    const count = integer({ min: 1, max: 200 });
    assert(
      property(
        count,
        count,
        count,
        count,
        count,
        count,
        (both, personOnly, judgeOnly, neither, yes, no) => {
          const counts = { both, personOnly, judgeOnly, neither };
          const others = { successes: yes, n: yes + no };
          const width = ({
            lower,
            upper,
          }: {
            lower: number | null;
            upper: number | null;
          }): number => (upper ?? 1) - (lower ?? 0);
          const tuned = predictionPoweredRate(counts, others);
          expect(tuned.lower).toBeGreaterThanOrEqual(0);
          expect(tuned.upper).toBeLessThanOrEqual(1);
          expect(tuned.lower).toBeLessThanOrEqual(tuned.rate ?? 0);
          expect(tuned.upper).toBeGreaterThanOrEqual(tuned.rate ?? 1);
          // The weight is that of the variance over all items, not of each kind: nearly the narrowest.
          const plain = predictionPoweredRate(counts, others, 0);
          // An interval that was cut at 0 or 1 is narrower than its weight makes it.
          const areInside = [tuned, plain].every(
            ({ lower, upper }) => (lower ?? 0) > 0 && (upper ?? 1) < 1,
          );
          if (areInside && both + personOnly + judgeOnly + neither > 100) {
            expect(width(tuned)).toBeLessThan(width(plain) * 1.1);
          }
          const mirror = predictionPoweredRate(
            { both: neither, personOnly: judgeOnly, judgeOnly: personOnly, neither: both },
            { successes: no, n: yes + no },
          );
          expect(1 - (mirror.upper ?? 0)).toBeCloseTo(tuned.lower ?? 0, 9);
        },
      ),
    );
  });

  it('rejects impossible counts and weights', () => {
    const [counts, others] = first;
    expect(() => predictionPoweredRate({ ...counts, both: -1 }, others)).toThrow(RangeError);
    expect(() => predictionPoweredRate(counts, { successes: 3, n: 2 })).toThrow(RangeError);
    expect(() => predictionPoweredRate(counts, others, 1.5)).toThrow(RangeError);
  });
});

describe('roganGladen', () => {
  it.each([
    // Computed with the formulas of prevSeSp in R's asht (Lang & Reiczigel 2014).
    [[16, 160], [56, 60], [95, 100], 0.0566, 0, 0.1302],
    [[120, 200], [90, 100], [80, 100], 0.5714, 0.4499, 0.691],
    [[190, 200], [65, 70], [60, 65], 1, 0.9502, 1],
  ] as const)('gives the values of %j, %j, %j', (sample, yes, no, rate, lower, upper) => {
    const share = ([successes, n]: readonly [number, number]) => ({ successes, n });
    const found = roganGladen(share(sample), share(yes), share(no));
    expect(found.rate).toBeCloseTo(rate, 4);
    expect(found.lower).toBeCloseTo(lower, 4);
    expect(found.upper).toBeCloseTo(upper, 4);
    expect(found.n).toBe(sample[1]);
  });

  it('is nearly the interval of the sample for a judge who is known to be right', () => {
    const right = { successes: 1e6, n: 1e6 };
    const { lower, rate, upper } = roganGladen({ successes: 90, n: 100 }, right, right);
    expect(rate).toBeCloseTo(0.9, 12);
    expect(lower).toBeCloseTo(wilson(90, 100).lower ?? 0, 1);
    expect(upper).toBeCloseTo(wilson(90, 100).upper ?? 0, 1);
  });

  it('is unknown for a judge who is no better than chance, and without items', () => {
    const sample = { successes: 9, n: 10 };
    const half = { successes: 5, n: 10 };
    const none = { successes: 0, n: 0 };
    expect(roganGladen(sample, half, half)).toEqual({
      rate: null,
      lower: null,
      upper: null,
      n: 10,
    });
    expect(roganGladen(none, sample, sample).rate).toBeNull();
    // Better than chance by one item of one, which says nothing.
    const one = { successes: 1, n: 1 };
    expect(roganGladen(sample, one, { successes: 4, n: 100 }).rate).toBeNull();
    expect(roganGladen(sample, none, sample).rate).toBeNull();
    expect(() => roganGladen({ successes: 11, n: 10 }, sample, sample)).toThrow(RangeError);
  });

  it('contains the estimate and stays between 0 and 1', () => {
    const n = integer({ min: 1, max: 300 });
    const any = integer({ min: 0, max: 300 });
    assert(
      property(n, any, n, any, n, any, (a, b, c, d, e, f) => {
        const found = roganGladen(
          { successes: b % (a + 1), n: a },
          { successes: d % (c + 1), n: c },
          { successes: f % (e + 1), n: e },
        );
        if (found.rate === null) return;
        expect(found.lower).toBeGreaterThanOrEqual(0);
        expect(found.lower).toBeLessThanOrEqual(found.rate);
        expect(found.upper).toBeGreaterThanOrEqual(found.rate);
        expect(found.upper).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('has floors that keep what they say', () => {
    expect(verdictsForHalfWidth(9, 10, 0.075)).toBeLessThanOrEqual(judgeFloors.perClass - 10);
    expect(verdictsForHalfWidth(5, 10, 0.08)).toBeLessThanOrEqual(judgeFloors.sample - 10);
  });
});
