import { assert, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  judgedAgreement,
  stratifiedAgreement,
  type Stratum,
} from '../../source/statistics/stratified.ts';
import { wilson } from '../../source/statistics/wilson.ts';

/** A stratum that stands for its own pairs, unless it is said to stand for more. */
const stratum = (counts: Partial<Stratum>): Stratum => {
  const all = { known: 0, knownAgreed: 0, rest: 0, judged: 0, agreed: 0, ...counts };
  return { size: all.known + all.rest, ...all };
};

const unknown = { rate: null, lower: null, upper: null };

describe('stratifiedAgreement', () => {
  it('combines the judged rate of the rest with the pairs that are known', () => {
    const { rate, lower, upper, n } = stratifiedAgreement([
      stratum({ known: 60, knownAgreed: 60, rest: 4_000_000, judged: 20, agreed: 17 }),
    ]);
    // figures: 17 of 20 is 64.0 to 94.8 %.
    expect(rate).toBeCloseTo(0.85, 4);
    expect(lower).toBeCloseTo(0.64, 3);
    expect(upper).toBeCloseTo(0.948, 3);
    expect(n).toBe(4_000_060);
  });

  it('gives the computed rate and error of 300 settled pairs and 51 of 60 among 112 others', () => {
    const { rate, lower, upper } = stratifiedAgreement([
      stratum({ known: 300, knownAgreed: 300, rest: 112, judged: 60, agreed: 51 }),
    ]);
    expect(rate).toBeCloseTo(0.9592, 4);
    // The standard error is 0.00861 with the finite correction, and 0.0126 without it.
    const half = ((upper ?? 0) - (lower ?? 0)) / 2;
    expect(half / 1.96).toBeGreaterThan(0.008);
    expect(half / 1.96).toBeLessThan(0.0092);
  });

  it('counts a known pair as it is, not as a sample of the rest', () => {
    const { rate } = stratifiedAgreement([
      stratum({ known: 10, knownAgreed: 9, rest: 10, judged: 10, agreed: 10 }),
    ]);
    expect(rate).toBeCloseTo(19 / 20, 12);
  });

  it('has no sampling error if everything is known', () => {
    expect(stratifiedAgreement([stratum({ known: 5, knownAgreed: 5 })])).toEqual({
      rate: 1,
      lower: 1,
      upper: 1,
      n: 5,
    });
  });

  it('is certain once every pair is judged, and wider the fewer are', () => {
    const width = (judged: number): number => {
      const found = stratifiedAgreement([stratum({ rest: 100, judged, agreed: judged * 0.9 })]);
      expect(found.rate).toBeCloseTo(0.9, 12);
      return (found.upper ?? 1) - (found.lower ?? 0);
    };
    expect(width(100)).toBe(0);
    expect(width(50)).toBeGreaterThan(0);
    expect(width(10)).toBeGreaterThan(width(50));
  });

  it('is about production if it is asked to be: the requests themselves are a sample then', () => {
    const all = stratum({ known: 150, knownAgreed: 140, rest: 50, judged: 50, agreed: 45 });
    expect(stratifiedAgreement([all], 'infinite')).toEqual(wilson(185, 200));
    expect(stratifiedAgreement([all])).toMatchObject({ lower: 0.925, upper: 0.925 });
    const some = stratum({ ...all, judged: 20, agreed: 18 });
    const [these, production] = [
      stratifiedAgreement([some]),
      stratifiedAgreement([some], 'infinite'),
    ];
    expect(production.rate).toBe(these.rate);
    expect(production.lower).toBeLessThan(these.lower ?? 0);
    expect(production.upper).toBeGreaterThan(these.upper ?? 1);
    expect(production.lower).toBeLessThan(wilson(185, 200).lower ?? 0);
  });

  it('is unknown if nobody judged the rest, and for no pairs', () => {
    expect(stratifiedAgreement([stratum({ known: 5, knownAgreed: 5, rest: 1 })])).toEqual({
      ...unknown,
      n: 6,
    });
    expect(stratifiedAgreement([stratum({})])).toEqual({ ...unknown, n: 0 });
    expect(stratifiedAgreement([])).toEqual({ ...unknown, n: 0 });
  });
});

describe('several strata', () => {
  it('weigh by the requests that they stand for', () => {
    const agreeing = stratum({ size: 950, rest: 20, judged: 20, agreed: 20 });
    const other = stratum({ size: 50, rest: 20, judged: 20, agreed: 0 });
    for (const rate of [
      stratifiedAgreement([agreeing, other]),
      judgedAgreement([agreeing, other]),
    ]) {
      expect(rate.rate).toBeCloseTo(0.95, 12);
      expect(rate.n).toBe(40);
      // 20 of 20 is 83.9 to 100 %, and 0 of 20 is 0 to 16.1 %.
      expect(rate.lower).toBeCloseTo(0.95 * 0.839, 2);
      expect(rate.upper).toBeLessThanOrEqual(0.95 + 0.05 * 0.1612);
    }
  });

  it('give the published interval of a difference of two rates', () => {
    // Newcombe 1998, example (a), method 10: 56/70 - 48/80 is 0.2 with 0.0524 to 0.3339. With 32 of 80
    // instead of 48, half the sum of both rates is half the difference and one half.
    const { rate, lower, upper } = judgedAgreement([
      stratum({ size: 1000, rest: 70, judged: 70, agreed: 56 }),
      stratum({ size: 1000, rest: 80, judged: 80, agreed: 32 }),
    ]);
    expect(rate).toBeCloseTo((1 + 0.2) / 2, 12);
    expect(2 * (lower ?? 0) - 1).toBeCloseTo(0.0524, 4);
    expect(2 * (upper ?? 0) - 1).toBeCloseTo(0.3339, 4);
  });

  it('add the error of drawing some of the requests, which ends when all are drawn', () => {
    const drawn = (size: number) =>
      stratifiedAgreement([stratum({ size, known: 20, knownAgreed: 20 })]);
    expect(drawn(20)).toMatchObject({ rate: 1, lower: 1, upper: 1 });
    expect(drawn(1_000_000_000).lower).toBeCloseTo(wilson(20, 20).lower ?? 0, 6);
    expect(drawn(40).lower).toBeGreaterThan(wilson(20, 20).lower ?? 0);
  });

  it('are unknown while one has no verdict or no pair', () => {
    const judged = stratum({ rest: 5, judged: 5, agreed: 5 });
    const open = stratum({ rest: 5 });
    expect(judgedAgreement([judged, open])).toEqual({ ...unknown, n: 5 });
    expect(stratifiedAgreement([judged, open])).toEqual({ ...unknown, n: 10 });
    expect(stratifiedAgreement([judged, { ...open, rest: 0, size: 7 }])).toEqual({
      ...unknown,
      n: 5,
    });
  });

  it('never leave the range from 0 to 1, and contain the rate', () => {
    const size = integer({ min: 0, max: 300 });
    assert(
      property(size, size, size, size, size, (known, rest, judged, agreed, more) => {
        const seen = Math.min(judged, rest);
        const one = stratum({ known, knownAgreed: Math.floor(known / 2), rest, judged: seen });
        const counts = { ...one, size: one.size + more, agreed: Math.min(agreed, seen) };
        for (const rate of [
          stratifiedAgreement([counts, counts]),
          judgedAgreement([counts, counts]),
        ]) {
          if (rate.rate === null) continue;
          expect(rate.lower).toBeGreaterThanOrEqual(0);
          expect(rate.lower).toBeLessThanOrEqual(rate.rate);
          expect(rate.upper).toBeGreaterThanOrEqual(rate.rate);
          expect(rate.upper).toBeLessThanOrEqual(1);
        }
      }),
    );
  });
});
