import { array, assert, integer, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clusteredRate } from '../../source/statistics/clusters.ts';
import { wilson } from '../../source/statistics/wilson.ts';

const clusters = (length: number, of: (at: number) => readonly [number, number]) =>
  Array.from({ length }, (_, at) => {
    const [successes, n] = of(at);
    return { successes, n };
  });

describe('clusteredRate', () => {
  it('counts a conversation whose turns are all alike once', () => {
    // 80 of 100 conversations agree in all their ten turns.
    const found = clusteredRate(clusters(100, (at) => [at < 80 ? 10 : 0, 10]));
    expect(found.rate).toBe(0.8);
    expect(found).toMatchObject({ n: 1000, clusters: 100 });
    expect(found.designEffect).toBeCloseTo(10, 0);
    // Wilson of 80 of 100, wider by what the estimated effect costs.
    expect(found.lower).toBeCloseTo(wilson(80, 100).lower ?? 0, 2);
    expect(found.lower).toBeLessThan(wilson(80, 100).lower ?? 0);
  });

  it('counts flawless conversations about once each, and one flaw changes little', () => {
    const flawless = clusteredRate(clusters(10, () => [10, 10]));
    const flawed = clusteredRate(clusters(10, (at) => [at === 0 ? 9 : 10, 10]));
    expect(flawless.upper).toBe(1);
    expect(flawless.lower).toBeLessThan(wilson(10, 10).lower ?? 0);
    expect(flawless.designEffect).toBeCloseTo(11, 0);
    expect(flawed.designEffect).toBeGreaterThan(8);
    expect(flawed.designEffect).toBeLessThan(flawless.designEffect ?? 0);
  });

  it('has the t of the degrees of freedom', () => {
    // All conversations have the same rate: only t / z widens the interval. scipy.stats.t.ppf(0.975, 9) is 2.262157.
    const found = clusteredRate(clusters(10, () => [5, 10]));
    const effective = 100 * (1.959964 / 2.262157) ** 2;
    const z2 = 1.959964 ** 2;
    const half = (1.959964 * Math.sqrt(0.25 * effective + z2 / 4)) / (effective + z2);
    expect(found.designEffect).toBeCloseTo(1, 12);
    expect(found.lower).toBeCloseTo(0.5 - half, 4);
  });

  it('is unknown without turns, and has no bounds for one conversation', () => {
    expect(clusteredRate([{ successes: 0, n: 0 }])).toEqual({
      rate: null,
      lower: null,
      upper: null,
      designEffect: null,
      n: 0,
      clusters: 0,
    });
    expect(clusteredRate([{ successes: 3, n: 4 }])).toMatchObject({ rate: 0.75, lower: null });
    expect(() => clusteredRate([{ successes: 5, n: 4 }])).toThrow(RangeError);
  });

  it('contains the rate, does not depend on the order, and is never narrower than without conversations', () => {
    const cluster = record({ n: integer({ min: 1, max: 20 }), any: integer({ min: 0, max: 20 }) });
    assert(
      property(array(cluster, { minLength: 2, maxLength: 30 }), (all) => {
        const given = all.map(({ any, n }) => ({ successes: any % (n + 1), n }));
        const found = clusteredRate(given);
        expect(found.lower).toBeGreaterThanOrEqual(0);
        expect(found.lower).toBeLessThanOrEqual(found.rate ?? 0);
        expect(found.upper).toBeGreaterThanOrEqual(found.rate ?? 1);
        expect(found.upper).toBeLessThanOrEqual(1);
        const successes = given.reduce((sum, one) => sum + one.successes, 0);
        const plain = wilson(successes, found.n);
        expect((found.upper ?? 0) - (found.lower ?? 0)).toBeGreaterThanOrEqual(
          (plain.upper ?? 1) - (plain.lower ?? 0) - 1e-12,
        );
        const turned = clusteredRate(given.toReversed());
        expect(turned.lower).toBeCloseTo(found.lower ?? 0, 9);
      }),
    );
  });
});
