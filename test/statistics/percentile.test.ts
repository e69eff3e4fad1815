import { array, assert, double, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { percentiles, quantile } from '../../source/statistics/percentile.ts';

describe('percentiles', () => {
  it('interpolates between the closest ranks, like R quantile type 7', () => {
    // R: quantile(c(15, 20, 35, 40, 50), c(.5, .9, .95, .99), type = 7)
    const values = Float64Array.from([15, 20, 35, 40, 50]);
    expect([quantile(values, 0.5), quantile(values, 0.9)]).toEqual([35, 46]);
    expect(quantile(values, 0.95)).toBeCloseTo(48, 12);
    expect(quantile(values, 0.99)).toBeCloseTo(49.6, 12);
  });

  it('has only the percentiles that the number of values carries', () => {
    const known = (n: number): readonly string[] =>
      Object.entries(percentiles(Array.from({ length: n }, (_, index) => index)))
        .filter(([name, value]) => name !== 'n' && value !== null)
        .map(([name]) => name);
    expect(known(9)).toEqual(['p50']);
    expect(known(10)).toEqual(['p50', 'p90']);
    expect(known(19)).toEqual(['p50', 'p90']);
    expect(known(20)).toEqual(['p50', 'p90', 'p95']);
    expect(known(99)).toEqual(['p50', 'p90', 'p95']);
    expect(known(100)).toEqual(['p50', 'p90', 'p95', 'p99']);
  });

  it('returns the value itself for one value and null for none', () => {
    expect(percentiles([7])).toEqual({ p50: 7, p90: null, p95: null, p99: null, n: 1 });
    expect(percentiles([])).toEqual({ p50: null, p90: null, p95: null, p99: null, n: 0 });
  });

  it('sorts numerically and does not change its input', () => {
    const values = [100, 9, 20];
    expect(percentiles(values).p50).toBe(20);
    expect(values).toEqual([100, 9, 20]);
  });

  it('rises with the percentile and stays within the values', () => {
    const finite = double({ noNaN: true, noDefaultInfinity: true, min: 0, max: 1e9 });
    assert(
      property(array(finite, { minLength: 100, maxLength: 150 }), (values) => {
        const { p50, p90, p95, p99 } = percentiles(values);
        const steps = [Math.min(...values), p50, p90, p95, p99, Math.max(...values)];
        for (let index = 1; index < steps.length; index++) {
          // Interpolation may be off by the last bit.
          expect((steps[index] ?? 0) - (steps[index - 1] ?? 0)).toBeGreaterThanOrEqual(-1e-6);
        }
      }),
    );
  });
});
