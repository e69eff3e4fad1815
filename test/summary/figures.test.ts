import { describe, expect, it } from 'vitest';
import type { LatencyFact, TokenSum } from '../../source/store/comparisons/facts.ts';
import { addTimes, emptyTimes, figures, type Facts } from '../../source/summary/figures.ts';

const none: Facts = { pairs: [], failures: [], notSent: [], tokens: [], times: emptyTimes() };
const unpriced = { baseline: null, candidate: null };

const timed = (changes: Partial<LatencyFact>): Facts => {
  const times = emptyTimes();
  addTimes(times, {
    endpoint: 'a',
    baselineRecorded: false,
    baselineFirstMs: 100,
    baselineTotalMs: 200,
    candidateRecorded: false,
    candidateFirstMs: 150,
    candidateTotalMs: 100,
    ...changes,
  });
  return { ...none, times };
};

const sum = (answers: number, input: number, output: number): TokenSum => ({
  answers,
  input,
  output,
  cachedInput: null,
  reasoning: null,
});

describe('figures of latency', () => {
  it('are the candidate in terms of the baseline when both were measured alike', () => {
    const { latency } = figures(timed({}), 0, unpriced);
    expect(latency.ratio).toEqual({ timeToFirstToken: 1.5, total: 0.5 });
    expect([latency.baseline.source, latency.candidate.source]).toEqual(['replayed', 'replayed']);
  });

  it('never set a recorded time against a replayed one', () => {
    const { latency } = figures(timed({ baselineRecorded: true }), 0, unpriced);
    expect(latency.ratio).toEqual({ timeToFirstToken: null, total: null });
    expect([latency.baseline.source, latency.candidate.source]).toEqual(['recorded', 'replayed']);
    expect(latency.baseline.total.p95).toBe(200);
  });

  it('leave out what was not measured', () => {
    const { latency } = figures(timed({ baselineFirstMs: null }), 0, unpriced);
    expect(latency.baseline.timeToFirstToken).toMatchObject({ p50: null, n: 0 });
    expect(latency.ratio).toEqual({ timeToFirstToken: null, total: 0.5 });
  });
});

describe('figures of cost', () => {
  const price = { input: 10, output: 20, cachedInput: null, source: 'a list', date: '2026-11-01' };
  const cheap = { ...price, input: 1, output: 2, source: 'another list' };
  const tokens = [
    {
      endpoint: 'a',
      baseline: sum(3, 300_000, 30_000),
      candidate: sum(2, 200_000, 20_000),
      bothBaseline: sum(2, 200_000, 20_000),
      bothCandidate: sum(2, 200_000, 20_000),
    },
  ];

  it('compare the pairs that both sides counted, and name both prices', () => {
    const { cost, tokens: used } = figures({ ...none, tokens }, 0, {
      baseline: price,
      candidate: cheap,
    });
    expect(cost.baseline).toBeCloseTo(3.6, 12);
    expect(cost.candidate).toBeCloseTo(0.24, 12);
    expect(cost.ratio).toBeCloseTo(10, 12);
    expect(cost.prices).toBe('baseline: a list, 2026-11-01; candidate: another list, 2026-11-01');
    expect([used.baseline.answers, used.candidate.answers]).toEqual([3, 2]);
  });

  it('are unknown without a price or without a count, and never zero', () => {
    const { cost } = figures({ ...none, tokens }, 0, { baseline: price, candidate: null });
    expect([cost.candidate, cost.ratio]).toEqual([null, null]);
    const uncounted = [{ ...tokens[0], endpoint: 'a', baseline: sum(0, 0, 0) }].map((fact) => ({
      ...fact,
      candidate: sum(0, 0, 0),
      bothBaseline: sum(0, 0, 0),
      bothCandidate: sum(0, 0, 0),
    }));
    const unknown = figures({ ...none, tokens: uncounted }, 0, {
      baseline: price,
      candidate: cheap,
    });
    expect(unknown.cost).toMatchObject({ baseline: null, candidate: null, ratio: null });
    expect(unknown.tokens.baseline).toMatchObject({ input: null, output: null, answers: 0 });
  });
});
