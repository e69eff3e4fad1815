import { describe, expect, it } from 'vitest';
import type { Price } from '../../source/models/model.ts';
import type { DurationFact } from '../../source/store/comparisons/duration-facts.ts';
import type { CostFact, TokenSum } from '../../source/store/comparisons/token-facts.ts';
import { computeFigures, type Facts } from '../../source/summary/figures.ts';

const none: Facts = {
  pairs: [],
  turns: null,
  sizes: null,
  failures: [],
  notSent: [],
  tokens: [],
  partial: [],
  durations: [],
};
const unpriced = { baseline: null, candidate: null };

const timed = (changes: Partial<DurationFact>): Facts => ({
  ...none,
  durations: [
    {
      endpoint: 'a',
      pairs: 1,
      baselineRecorded: false,
      baselineBatch: false,
      baselineFirst: Float64Array.of(100),
      baselineTotal: Float64Array.of(200),
      candidateRecorded: false,
      candidateBatch: false,
      candidateFirst: Float64Array.of(150),
      candidateTotal: Float64Array.of(100),
      ...changes,
    },
  ],
});

const sum = (answers: number, input: number, output: number): TokenSum => ({
  answers,
  input,
  output,
  cachedInput: null,
  cacheWrite: null,
  hourCacheWrite: null,
  reasoning: null,
});

const counted = (answers: number, input: number, output: number): CostFact => ({
  said: 0,
  saidAnswers: 0,
  counted: sum(answers, input, output),
  promptTokens: input,
  batch: false,
  at: null,
  model: null,
});

describe('flips', () => {
  it('have no p-value where nothing flipped', () => {
    expect(computeFigures(none, 0, unpriced).flips).toEqual({ better: 0, worse: 0, pValue: null });
  });
});

describe('latency figures', () => {
  it('compare the candidate with the baseline if both were measured the same way', () => {
    const { latency } = computeFigures(timed({}), 0, unpriced);
    expect([latency.timeToFirstToken.paired, latency.total.paired]).toEqual([1.5, 0.5]);
    expect(latency.total).toEqual({ paired: 0.5, lower: null, upper: null, n: 1, p95: null });
    expect([latency.baseline.source, latency.candidate.source]).toEqual(['replayed', 'replayed']);
  });

  it('never compare recorded with replayed times', () => {
    const { latency } = computeFigures(timed({ baselineRecorded: true }), 0, unpriced);
    expect([latency.timeToFirstToken.paired, latency.total.paired]).toEqual([null, null]);
    expect([latency.baseline.source, latency.candidate.source]).toEqual(['recorded', 'replayed']);
    expect(latency.baseline.total.p50).toBe(200);
  });

  it('say that nothing was measured for a side that came in batches', () => {
    const batch = {
      baselineBatch: true,
      baselineFirst: Float64Array.of(NaN),
      baselineTotal: Float64Array.of(NaN),
    };
    const { latency } = computeFigures(timed(batch), 0, unpriced);
    expect(latency.baseline).toMatchObject({ source: 'batch', batchAnswers: 1, total: { n: 0 } });
    expect(latency.candidate).toMatchObject({ source: 'replayed', batchAnswers: 0 });
    expect([latency.timeToFirstToken.paired, latency.total.paired]).toEqual([null, null]);
  });

  it('leave out unknown times', () => {
    const { latency } = computeFigures(timed({ baselineFirst: Float64Array.of(NaN) }), 0, unpriced);
    expect(latency.baseline.timeToFirstToken).toMatchObject({ p50: null, n: 0 });
    expect([latency.timeToFirstToken.paired, latency.total.paired]).toEqual([null, 0.5]);
  });
});

describe('cost figures', () => {
  const price: Price = {
    input: 10,
    output: 20,
    cachedInput: null,
    source: 'a list',
    date: '2026-11-01',
  };
  const cheap = { ...price, input: 1, output: 2, source: 'another list' };
  const tokens = [
    {
      endpoint: 'a',
      baseline: sum(3, 300_000, 30_000),
      candidate: sum(2, 200_000, 20_000),
      baselineCost: counted(3, 300_000, 30_000),
      candidateCost: counted(2, 200_000, 20_000),
      bothBaselineCost: counted(2, 200_000, 20_000),
      bothCandidateCost: counted(2, 200_000, 20_000),
    },
  ] as const;

  it('compare the pairs in which both sides have tokens, and name both prices', () => {
    const { cost, tokens: used } = computeFigures({ ...none, tokens }, 0, {
      baseline: price,
      candidate: cheap,
    });
    expect(cost.baseline).toBeCloseTo(3.6, 12);
    expect(cost.candidate).toBeCloseTo(0.24, 12);
    expect(cost.ratio).toBeCloseTo(0.1, 12);
    expect(cost.pairs).toBe(2);
    expect(cost.perRequest.baseline).toBeCloseTo(1.2, 12);
    expect(cost.perRequest.candidate).toBeCloseTo(0.12, 12);
    expect(cost.prices).toBe('baseline: a list, 2026-11-01; candidate: another list, 2026-11-01');
    expect([used.baseline.answers, used.candidate.answers]).toEqual([3, 2]);
  });

  it('are unknown without a price or tokens, and never zero', () => {
    const { cost } = computeFigures({ ...none, tokens }, 0, { baseline: price, candidate: null });
    expect([cost.candidate, cost.ratio]).toEqual([null, null]);
    const nothing = {
      endpoint: 'a',
      baseline: sum(0, 0, 0),
      candidate: sum(0, 0, 0),
      baselineCost: counted(0, 0, 0),
      candidateCost: counted(0, 0, 0),
      bothBaselineCost: counted(0, 0, 0),
      bothCandidateCost: counted(0, 0, 0),
    };
    const unknown = computeFigures({ ...none, tokens: [nothing] }, 0, {
      baseline: price,
      candidate: cheap,
    });
    expect(unknown.cost).toMatchObject({ baseline: null, candidate: null, ratio: null });
    expect(unknown.tokens.baseline).toMatchObject({ input: null, output: null, answers: 0 });
  });

  it('use reported costs, batch discounts and the price of each tier', () => {
    const [fact] = tokens;
    const tiered = { ...price, tiers: [{ above: 1000, input: 20, output: 40, cachedInput: null }] };
    const said = { ...counted(1, 100_000, 0), said: 0.25, saidAnswers: 2 };
    const of = (baselineCost: CostFact) => [
      { ...fact, baselineCost, bothBaselineCost: baselineCost },
    ];
    const cost = (costFact: CostFact, of2: typeof price | null = price) =>
      computeFigures({ ...none, tokens: of(costFact) }, 0, { baseline: of2, candidate: cheap })
        .cost;
    expect(cost(said).baseline).toBeCloseTo(1.25, 12);
    expect(cost(said).prices).toBe(
      'baseline: reported by the provider for 2 of 3 answers, else a list, 2026-11-01; candidate: another list, 2026-11-01',
    );
    expect(cost(said, null).baseline).toBeNull();
    const all = { ...said, counted: sum(0, 0, 0) };
    expect(cost(all, null)).toMatchObject({ baseline: 0.25, ratio: expect.closeTo(0.24 / 0.25) });
    expect(cost(all, null).prices).toMatch(
      /^baseline: reported by the provider; candidate: another/,
    );
    const inBatch = { ...counted(1, 100_000, 0), batch: true };
    expect(cost(inBatch, { ...price, batchShare: 0.5 }).baseline).toBeCloseTo(0.5, 12);
    expect(cost(inBatch).baseline).toBeCloseTo(1, 12);
    expect(cost(counted(1, 100_000, 0), tiered).baseline).toBeCloseTo(2, 12);
    expect(cost({ ...counted(200, 100_000, 0), promptTokens: 500 }, tiered).baseline).toBeCloseTo(
      1,
      12,
    );
  });
});
