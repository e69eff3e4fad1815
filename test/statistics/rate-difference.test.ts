import { assert, integer, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  independentDifference,
  pairedDifference,
} from '../../source/statistics/rate-difference.ts';
import { wilson } from '../../source/statistics/wilson.ts';

const count = integer({ min: 0, max: 300 });
const tables = record({
  bothPass: count,
  baselineOnly: count,
  candidateOnly: count,
  bothFail: count,
});

describe('pairedDifference', () => {
  it.each([
    // Newcombe 1998 (paired), as in the tests of R's propint.
    [36, 12, 2, 0, 0.2, 0.0569, 0.3404],
    [18, 12, 2, 18, 0.2, 0.0562, 0.329],
    [53, 0, 0, 1, 0, -0.0729, 0.0729],
    // Fagerland, Lydersen & Laake 2014: airway hyper-responsiveness, Bentur et al. 2009.
    [1, 1, 7, 12, -0.2857, -0.5069, -0.0256],
  ])('%i %i %i %i', (bothPass, candidateOnly, baselineOnly, bothFail, value, low, high) => {
    const found = pairedDifference({ bothPass, candidateOnly, baselineOnly, bothFail });
    expect(found.difference).toBeCloseTo(value, 4);
    expect(found.lower).toBeCloseTo(low, 4);
    expect(found.upper).toBeCloseTo(high, 4);
    expect(found.n).toBe(bothPass + candidateOnly + baselineOnly + bothFail);
  });

  it('contains the difference, stays between -1 and 1, and turns with the sides', () => {
    assert(
      property(tables, (table) => {
        const { difference, lower, upper } = pairedDifference(table);
        const turned = pairedDifference({
          ...table,
          baselineOnly: table.candidateOnly,
          candidateOnly: table.baselineOnly,
        });
        if (difference === null || lower === null || upper === null) {
          expect(Object.values(table).every((number) => number === 0)).toBe(true);
          return;
        }
        expect(lower).toBeGreaterThanOrEqual(-1);
        expect(upper).toBeLessThanOrEqual(1);
        expect(lower).toBeLessThanOrEqual(difference + 1e-12);
        expect(upper).toBeGreaterThanOrEqual(difference - 1e-12);
        expect(turned.lower).toBeCloseTo(-upper, 10);
        expect(turned.upper).toBeCloseTo(-lower, 10);
      }),
    );
  });

  it('rejects impossible counts', () => {
    expect(() =>
      pairedDifference({ bothPass: -1, baselineOnly: 2, candidateOnly: 0, bothFail: 0 }),
    ).toThrow(RangeError);
  });
});

describe('independentDifference', () => {
  it.each([
    // Newcombe 1998 (independent), table II.
    [56, 70, 48, 80, 0.0524, 0.3339],
    [9, 10, 3, 10, 0.1705, 0.809],
  ])('%i of %i against %i of %i', (a, m, b, n, low, high) => {
    const found = independentDifference(wilson(a, m), wilson(b, n));
    expect(found.difference).toBeCloseTo(a / m - b / n, 12);
    expect(found.lower).toBeCloseTo(low, 4);
    expect(found.upper).toBeCloseTo(high, 4);
    expect(found.n).toBe(Math.min(m, n));
  });

  it('is unknown if a rate is', () => {
    expect(independentDifference(wilson(3, 9), wilson(0, 0))).toEqual({
      difference: null,
      lower: null,
      upper: null,
      n: 0,
    });
  });
});
