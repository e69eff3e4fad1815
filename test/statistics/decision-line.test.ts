import { assert, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  confidenceSequence,
  decisionLine,
  listConfidenceSequence,
  listDecision,
  logEvidence,
  type Draws,
  type Tuning,
} from '../../source/statistics/decision-line.ts';

const production = (successes: number, n: number): Draws => ({
  successes,
  n,
  population: Infinity,
});

describe('confidenceSequence', () => {
  it.each([
    // confseq, uniform_boundaries_unittest.cpp and the values of its R reference.
    [700, 1000, 100, 0.651629, 0.745949],
    [15, 50, 50, 0.129556, 0.511896],
    [5, 50, 50, 0.013021, 0.269264],
    [1, 50, 50, 0, 0.13489],
    [100, 200, 1, 0.328923, 0.671076],
  ])(
    'gives the published interval of %i of %i, planned for %i',
    (successes, n, planned, lower, upper) => {
      const interval = confidenceSequence(production(successes, n), { planned });
      expect(interval.lower).toBeCloseTo(lower, 5);
      expect(interval.upper).toBeCloseTo(upper, 5);
      expect(interval).toMatchObject({ rate: successes / n, n });
    },
  );

  it('has the published mixture: v = 100, g = 0.2, h = 0.8', () => {
    // confseq: a sum of s above its mean is evidence of ln 20 at 31.4308, and of -0.6941012 at 10.
    const n = 100 / (0.2 * 0.8);
    const evidence = (s: number): number =>
      logEvidence(production(0.2 * n + s, n), 0.2, { planned: n });
    expect(evidence(31.4308)).toBeCloseTo(Math.log(20), 4);
    expect(evidence(10)).toBeCloseTo(-0.6941012, 5);
  });

  it.each([
    // Waudby-Smith & Ramdas 2020, Beta(1, 1) prior; computed from the formula of the prior-posterior ratio.
    [135, 150, 0.818, 0.949],
    [190, 200, 0.8981, 0.9757],
    [100, 100, 0.9369, 1],
  ])('gives the computed interval of %i of %i from a list of 412', (successes, n, lower, upper) => {
    const interval = confidenceSequence({ successes, n, population: 412 }, 'flat');
    expect(interval.lower).toBeCloseTo(lower, 4);
    expect(interval.upper).toBeCloseTo(upper, 4);
  });

  it('gives the computed interval with a flat prior for production', () => {
    const interval = confidenceSequence(production(135, 150), 'flat');
    expect(interval.lower).toBeCloseTo(0.797, 4);
    expect(interval.upper).toBeCloseTo(0.963, 4);
  });

  it('is unknown for no verdicts and certain of a list that is judged', () => {
    const nothing = { rate: null, lower: null, upper: null, n: 0 };
    expect(confidenceSequence(production(0, 0), 'flat')).toEqual(nothing);
    expect(confidenceSequence({ successes: 7, n: 9, population: 9 }, { planned: 9 })).toEqual({
      rate: 7 / 9,
      lower: 7 / 9,
      upper: 7 / 9,
      n: 9,
    });
  });

  it('rejects impossible counts', () => {
    expect(() => confidenceSequence(production(4, 3), 'flat')).toThrow(RangeError);
    expect(() => confidenceSequence({ successes: 1, n: 5, population: 4 }, 'flat')).toThrow(
      RangeError,
    );
  });
});

describe('flawless verdicts that show a rate', () => {
  const needed = (target: number, population: number, tuning: Tuning): number => {
    const isReached = (n: number): boolean =>
      decisionLine({ successes: n, n, population }, target, tuning).decision === 'reached';
    let n = 1;
    while (!isReached(n)) n++;
    return n;
  };
  // Waudby-Smith & Ramdas, confseq and Robbins 1970, computed from their formulas.
  it.each([
    [0.9, [53, 62, 67, 69]],
    [0.95, [91, 126, 149, 158]],
    [0.98, [193, 250, 389, 451]],
  ])('are the computed numbers for %d', (target, expected) => {
    expect([
      needed(target, Infinity, { planned: 150 }),
      needed(target, 412, 'flat'),
      needed(target, 2000, 'flat'),
      needed(target, Infinity, 'flat'),
    ]).toEqual(expected);
  });

  it('are fewer in a list if the plan is known', () => {
    expect(needed(0.95, 412, { planned: 150 })).toBe(79);
    expect(needed(0.95, 2000, { planned: 150 })).toBe(88);
  });
});

describe('decisionLine', () => {
  const plan = { planned: 150 };

  it('forecasts the verdicts that decide, and keeps to it', () => {
    expect(decisionLine(production(0, 0), 0.95, plan)).toEqual({ decision: 'open', more: 91 });
    expect(decisionLine(production(50, 50), 0.95, plan)).toEqual({ decision: 'open', more: 41 });
    expect(decisionLine(production(91, 91), 0.95, plan)).toEqual({ decision: 'reached', more: 0 });
  });

  it('rules out what the verdicts exclude', () => {
    expect(decisionLine(production(80, 100), 0.95, plan)).toEqual({
      decision: 'ruled_out',
      more: 0,
    });
  });

  it('has no forecast for a rate that is the target itself', () => {
    expect(decisionLine(production(95, 100), 0.95, plan)).toEqual({ decision: 'open', more: null });
  });

  it('decides in a list at the latest when everything is judged', () => {
    const draws = { successes: 95, n: 100, population: 200 };
    const { decision, more } = decisionLine(draws, 0.95, plan);
    expect(decision).toBe('open');
    expect(more).toBeLessThanOrEqual(100);
    expect(decisionLine({ successes: 190, n: 200, population: 200 }, 0.95, plan).decision).toBe(
      'reached',
    );
    expect(decisionLine({ successes: 189, n: 200, population: 200 }, 0.95, plan).decision).toBe(
      'ruled_out',
    );
  });

  it('needs no pair more than the target says, in spite of rounding', () => {
    // 0.07 × 100 is 7.000000000000001.
    expect(decisionLine({ successes: 7, n: 100, population: 100 }, 0.07, plan).decision).toBe(
      'reached',
    );
  });

  it('accepts the targets 0 and 1', () => {
    const list = { successes: 9, n: 10, population: 20 };
    expect(decisionLine(list, 0, plan).decision).toBe('reached');
    expect(decisionLine(list, 1, plan).decision).toBe('ruled_out');
    expect(decisionLine({ ...list, successes: 10 }, 1, plan).decision).toBe('open');
    expect(decisionLine(production(10, 10), 1, plan).more).toBeNull();
    expect(() => decisionLine(list, 1.01, plan)).toThrow(RangeError);
  });

  it('says what the interval says, and the forecast holds', () => {
    const tunings: readonly Tuning[] = ['flat', { planned: 10 }, { planned: 150 }];
    assert(
      property(
        integer({ min: 1, max: 300 }),
        integer({ min: 0, max: 300 }),
        integer({ min: 0, max: 300 }),
        integer({ min: 1, max: 99 }),
        integer({ min: 0, max: 2 }),
        (n, any, left, percent, which) => {
          const tuning = tunings[which] ?? 'flat';
          const target = percent / 100;
          for (const population of [Infinity, n + left]) {
            const draws = { successes: any % (n + 1), n, population };
            const { lower, rate, upper } = confidenceSequence(draws, tuning);
            const { decision, more } = decisionLine(draws, target, tuning);
            expect(lower).toBeGreaterThanOrEqual(0);
            expect(lower).toBeLessThanOrEqual((rate ?? 0) + 0.5 / population);
            expect(upper).toBeGreaterThanOrEqual((rate ?? 0) - 0.5 / population);
            expect(upper).toBeLessThanOrEqual(1);
            const near = Math.min(Math.abs((lower ?? 0) - target), Math.abs((upper ?? 0) - target));
            if (population !== Infinity || near > 1e-6) {
              const said =
                (lower ?? 0) >= target - 1e-9
                  ? 'reached'
                  : (upper ?? 0) < target - 1e-9
                    ? 'ruled_out'
                    : 'open';
              expect(decision).toBe(said);
            }
            expect(more === 0).toBe(decision !== 'open');
            if (more !== null) expect(n + more).toBeLessThanOrEqual(population);
          }
        },
      ),
    );
  });

  it('has a tighter interval for a better rate: monotone in the agreeing verdicts', () => {
    assert(
      property(integer({ min: 1, max: 200 }), integer({ min: 0, max: 199 }), (n, any) => {
        const successes = any % n;
        for (const population of [Infinity, n + 50]) {
          const less = confidenceSequence({ successes, n, population }, { planned: 150 });
          const more = confidenceSequence(
            { successes: successes + 1, n, population },
            { planned: 150 },
          );
          expect(more.lower).toBeGreaterThanOrEqual(less.lower ?? 1);
          expect(more.upper).toBeGreaterThanOrEqual(less.upper ?? 1);
        }
      }),
    );
  });
});

describe('a list of which the machine settled a part', () => {
  const list = { known: 300, knownAgreed: 300, rest: 112, judged: 60, agreed: 51 };
  const plan = { planned: 112 };

  it('has the rate of the whole list', () => {
    const { lower, n, rate, upper } = listConfidenceSequence(list, plan);
    expect(rate).toBeCloseTo(0.9592, 4);
    expect(n).toBe(60);
    // Nine pairs do not agree for certain.
    expect(lower).toBeGreaterThan(0.9);
    expect(upper).toBeLessThanOrEqual(403 / 412);
  });

  it('is decided by the rest alone, or without a verdict', () => {
    expect(listDecision({ ...list, judged: 0, agreed: 0 }, 0.72, plan).decision).toBe('reached');
    expect(
      listDecision({ ...list, knownAgreed: 200, judged: 0, agreed: 0 }, 0.8, plan).decision,
    ).toBe('ruled_out');
    expect(listDecision(list, 0.9, plan).decision).toBe('reached');
    expect(listDecision(list, 0.96, plan).decision).toBe('open');
    expect(listDecision(list, 0.99, plan).decision).toBe('ruled_out');
  });

  it('is unknown without a pair, between none and all without a verdict, and certain without a rest', () => {
    const unknown = { rate: null, lower: null, upper: null };
    expect(listConfidenceSequence({ ...list, judged: 0, agreed: 0 }, plan)).toEqual({
      rate: null,
      lower: 300 / 412,
      upper: 1,
      n: 0,
    });
    const settled = { known: 4, knownAgreed: 3, rest: 0, judged: 0, agreed: 0 };
    expect(listConfidenceSequence(settled, plan)).toMatchObject({
      rate: 0.75,
      lower: 0.75,
      upper: 0.75,
    });
    expect(listConfidenceSequence({ ...settled, known: 0, knownAgreed: 0 }, plan)).toMatchObject(
      unknown,
    );
  });
});
