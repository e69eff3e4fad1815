import { assert, integer, property, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fisherExact, type Trials } from '../../source/statistics/significance-tests.ts';

describe('fisherExact', () => {
  it.each([
    // The examples of R's fisher.test: the lady tasting tea, and the twins of convicts.
    [{ successes: 3, n: 4 }, { successes: 1, n: 4 }, 0.4857142857],
    [{ successes: 2, n: 17 }, { successes: 10, n: 13 }, 0.0005367241],
  ])('of %o and %o is %d', (first, second, expected) => {
    expect(fisherExact(first, second)).toBeCloseTo(expected, 9);
  });

  it('is 1 where nothing can differ', () => {
    expect(fisherExact({ successes: 0, n: 0 }, { successes: 3, n: 5 })).toBeCloseTo(1, 12);
    expect(fisherExact({ successes: 0, n: 4 }, { successes: 0, n: 5 })).toBeCloseTo(1, 12);
  });

  it('is a probability, whichever group and whichever result comes first', () => {
    const trials = tuple(integer({ min: 0, max: 40 }), integer({ min: 0, max: 40 })).map(
      ([successes, others]): Trials => ({ successes, n: successes + others }),
    );
    const reversed = ({ n, successes }: Trials): Trials => ({ successes: n - successes, n });
    assert(
      property(trials, trials, (first, second) => {
        const p = fisherExact(first, second);
        expect(p).toBeGreaterThan(0);
        expect(p).toBeLessThanOrEqual(1);
        expect(fisherExact(second, first)).toBeCloseTo(p, 9);
        expect(fisherExact(reversed(first), reversed(second))).toBeCloseTo(p, 9);
      }),
    );
  });

  it('rejects impossible counts', () => {
    expect(() => fisherExact({ successes: 5, n: 4 }, { successes: 0, n: 1 })).toThrow(RangeError);
  });
});
