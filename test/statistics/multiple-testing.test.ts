import { array, assert, double, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { benjaminiHochberg } from '../../source/statistics/significance-tests.ts';

describe('benjaminiHochberg', () => {
  it('rejects the four hypotheses of the published example', () => {
    // Benjamini & Hochberg 1995, section 4.1 (thrombolysis): Bonferroni rejects three of these.
    const published = [
      0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719,
      0.6528, 0.759, 1,
    ];
    const adjusted = benjaminiHochberg(published);
    expect(adjusted.filter((value) => value <= 0.05)).toHaveLength(4);
    // The fourth is 0.0095 × 15 / 4; the sixth has to wait for the seventh: 0.0298 × 15 / 7.
    expect(adjusted[3]).toBeCloseTo(0.035625, 12);
    expect(adjusted[5]).toBeCloseTo(0.0638571, 7);
    expect(adjusted.at(-1)).toBe(1);
  });

  it('leaves one test as it is and takes none', () => {
    expect(benjaminiHochberg([0.03])).toEqual([0.03]);
    expect(benjaminiHochberg([])).toEqual([]);
  });

  it('keeps the order of the tests, is no smaller than they, and does not depend on their order', () => {
    const probability = double({ min: 0, max: 1, noNaN: true });
    assert(
      property(array(probability, { maxLength: 40 }), (values) => {
        const adjusted = benjaminiHochberg(values);
        const rows = values.map((value, index) => [value, adjusted[index] ?? -1] as const);
        for (const [value, own] of rows) {
          expect(own).toBeGreaterThanOrEqual(value);
          expect(own).toBeLessThanOrEqual(1);
          for (const [other, others] of rows)
            if (other <= value) expect(others).toBeLessThanOrEqual(own);
        }
        expect(benjaminiHochberg(values.toReversed())).toEqual(adjusted.toReversed());
      }),
    );
  });

  it('rejects what is no probability', () => {
    expect(() => benjaminiHochberg([0.5, 1.1])).toThrow(RangeError);
    expect(() => benjaminiHochberg([Number.NaN])).toThrow(RangeError);
  });
});
