import { describe, expect, it } from 'vitest';
import { stratifiedAgreement } from '../../source/statistics/stratified.ts';
import { wilson } from '../../source/statistics/wilson.ts';

const none = { settled: 0, settledJudged: 0, settledAgreed: 0, rest: 0, judged: 0, agreed: 0 };

describe('stratifiedAgreement', () => {
  it('combines the judged rate of the rest with the pairs that the machine settled', () => {
    const { rate, lower, upper, n } = stratifiedAgreement({
      ...none,
      settled: 60,
      rest: 40,
      judged: 20,
      agreed: 17,
    });
    expect(rate).toBeCloseTo(0.6 + 0.4 * 0.85, 12);
    // figures: 17 of 20 is 64.0 to 94.8 %.
    expect(lower).toBeCloseTo(0.6 + 0.4 * 0.64, 3);
    expect(upper).toBeCloseTo(0.6 + 0.4 * 0.948, 3);
    expect(n).toBe(100);
  });

  it('counts a verdict on a settled pair by itself, not as a sample of the rest', () => {
    const { rate } = stratifiedAgreement({
      settled: 8,
      settledJudged: 2,
      settledAgreed: 1,
      rest: 10,
      judged: 10,
      agreed: 10,
    });
    expect(rate).toBeCloseTo(19 / 20, 12);
  });

  it('has no sampling error if the machine settled everything', () => {
    expect(stratifiedAgreement({ ...none, settled: 5 })).toEqual({
      rate: 1,
      lower: 1,
      upper: 1,
      n: 5,
    });
  });

  it('is the Wilson interval if the machine settled nothing', () => {
    const { n, ...bounds } = stratifiedAgreement({ ...none, rest: 500, judged: 50, agreed: 45 });
    const { n: judged, ...expected } = wilson(45, 50);
    expect([n, judged]).toEqual([500, 50]);
    expect(bounds).toEqual(expected);
  });

  it('is unknown if nobody judged the rest, and for no pairs', () => {
    const unknown = { rate: null, lower: null, upper: null };
    expect(stratifiedAgreement({ ...none, settled: 5, rest: 1 })).toEqual({ ...unknown, n: 6 });
    expect(stratifiedAgreement(none)).toEqual({ ...unknown, n: 0 });
  });
});
