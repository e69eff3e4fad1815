import { assert, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mcNemar, signTest } from '../../source/statistics/significance-tests.ts';

describe('signTest', () => {
  it('gives the published value of 41 against 25', () => {
    // FairEval.
    expect(signTest(41, 25)).toBeCloseTo(0.064, 4);
  });

  it('gives the values that can be counted', () => {
    // 2 of 2^5 sequences are as one-sided as 5 to 0; 2 (1 + 5) as 4 to 1.
    expect(signTest(5, 0)).toBeCloseTo(2 / 32, 12);
    expect(signTest(1, 4)).toBeCloseTo(12 / 32, 12);
    expect(signTest(0, 0)).toBe(1);
  });

  it('does not care which side wins, and falls as one side wins more', () => {
    const count = integer({ min: 0, max: 2000 });
    assert(
      property(count, count, (better, worse) => {
        const p = signTest(better, worse);
        expect(p).toBeGreaterThanOrEqual(0);
        expect(p).toBeLessThanOrEqual(1);
        expect(signTest(worse, better)).toBe(p);
        if (better >= worse) expect(signTest(better + 1, worse)).toBeLessThanOrEqual(p);
      }),
    );
  });

  it('rejects impossible counts', () => {
    expect(() => signTest(-1, 3)).toThrow(RangeError);
    expect(() => signTest(1.5, 3)).toThrow(RangeError);
  });
});

describe('mcNemar', () => {
  it.each([
    // statsmodels test_nonparametric.py, from VassarStats.
    [121, 59, 4.434e-6, 9],
    [70, 59, 0.378688, 6],
    [80, 59, 0.089452, 6],
    [30, 60, 0.00206, 6],
    [10, 30, 0.002221, 6],
    [10, 10, 1, 12],
  ])('gives the published value of %i flips against %i', (worse, better, expected, digits) => {
    const flips = mcNemar({
      bothPass: 500,
      baselineOnly: worse,
      candidateOnly: better,
      bothFail: 20,
    });
    expect(flips.pValue).toBeCloseTo(expected, digits);
    expect(flips).toMatchObject({ worse, better, n: 520 + worse + better });
  });

  it('rejects impossible counts', () => {
    const table = { bothPass: 5, baselineOnly: 1, candidateOnly: 1, bothFail: 5 };
    expect(() => mcNemar({ ...table, bothFail: -1 })).toThrow(RangeError);
    expect(() => mcNemar({ ...table, bothPass: 0.5 })).toThrow(RangeError);
  });
});
