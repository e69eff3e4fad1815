import { assert, double, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binomialUpperTail } from '../../source/statistics/binomial.ts';
import { logBeta, logChoose, logGamma } from '../../source/statistics/log-gamma.ts';

describe('logGamma', () => {
  it.each([
    // scipy.special.gammaln 1.17.1
    [1e-10, 23.025850929882733],
    [0.5, 0.5723649429247],
    [1.5, -0.12078223763524526],
    [9.999, 12.799575780077413],
    [100.25, 360.28455963776423],
    [1e6, 12815504.569147611],
  ])('of %d is that of scipy', (x, expected) => {
    expect(Math.abs(logGamma(x) - expected)).toBeLessThanOrEqual(1e-14 * Math.max(1, expected));
  });

  it('is the logarithm of the factorial', () => {
    let factorial = 1;
    for (let n = 1; n <= 20; n++) {
      expect(logGamma(n)).toBeCloseTo(Math.log(factorial), 12);
      factorial *= n;
    }
  });

  it('follows the recurrence and the reflection', () => {
    assert(
      property(double({ min: 1e-3, max: 1e3, noNaN: true }), (x) => {
        expect(logGamma(x + 1) - logGamma(x)).toBeCloseTo(Math.log(x), 10);
      }),
    );
    assert(
      property(double({ min: 1e-3, max: 0.999, noNaN: true }), (x) => {
        expect(logBeta(x, 1 - x)).toBeCloseTo(Math.log(Math.PI / Math.sin(Math.PI * x)), 10);
      }),
    );
  });
});

describe('binomialUpperTail', () => {
  it('sums the terms on either side of the mean', () => {
    // Four tosses of a coin: 1, 4, 6, 4, 1 of 16.
    expect([0, 1, 2, 3, 4, 5].map((k) => binomialUpperTail(4, k, 0.5) * 16)).toEqual([
      16,
      expect.closeTo(15, 12),
      expect.closeTo(11, 12),
      expect.closeTo(5, 12),
      expect.closeTo(1, 12),
      0,
    ]);
    // scipy.stats.binom.sf(k - 1, n, p) 1.17.1
    expect(binomialUpperTail(1000, 280, 0.25)).toBeCloseTo(0.0164366603642, 12);
    expect(binomialUpperTail(1000, 240, 0.25)).toBeCloseTo(0.7776521016978, 12);
    expect(logChoose(5, 2)).toBeCloseTo(Math.log(10), 12);
  });

  it('is certain at the ends', () => {
    expect(binomialUpperTail(3, 1, 0)).toBe(0);
    expect(binomialUpperTail(3, 3, 1)).toBe(1);
    expect(binomialUpperTail(3, 0, 0)).toBe(1);
  });
});
