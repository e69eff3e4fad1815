import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assert, asyncProperty } from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore } from '../../source/store/open.ts';
import type { Figures } from '../../source/summary/figures.ts';
import { gatherSummary, type Summary } from '../../source/summary/gather-summary.ts';
import { summaryJson, summarySchema } from '../../source/summary/summary-json.ts';
import {
  buildStore,
  isAnswered,
  isFailed,
  storePlans,
  type PairPlan,
  type StorePlan,
} from './random-store.ts';

let directory = '';
let stores = 0;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'understudy-summary-'));
});

afterAll(() => rm(directory, { recursive: true }));

const price = { input: 3, output: 15, cachedInput: null, source: 'a list', date: '2026-11-01' };
const options = {
  prices: { baseline: price, candidate: { ...price, input: 0.3, output: 1.5 } },
  at: '2026-11-24T00:00:00.000Z',
};

const summaryOf = async (plan: StorePlan): Promise<Summary> => {
  const store = await openStore(join(directory, `${stores++}.db`));
  try {
    return await gatherSummary(store, await buildStore(store, plan), options);
  } finally {
    await store.close();
  }
};

const sum = (counts: readonly { readonly pairs: number }[]): number =>
  counts.reduce((all, one) => all + one.pairs, 0);

/** Invariants of every comparison and every endpoint at every moment. */
const expectToAddUp = ({ counts, failures, notSentReasons, ...figures }: Figures): void => {
  const { verdicts } = figures;
  expect(counts.imported).toBe(counts.replayable + counts.notReplayable);
  expect(counts.replayable).toBe(counts.answered + counts.failed + counts.notSent);
  expect(counts.answered).toBe(counts.settledByMachine + counts.judged + counts.unjudged);
  expect(counts.judged).toBe(verdicts.agree + verdicts.worse + verdicts.better + verdicts.bothBad);
  expect(counts.skipped).toBeLessThanOrEqual(counts.unjudged);
  expect(counts.identical + counts.equivalent + counts.different).toBeLessThanOrEqual(
    counts.answered,
  );
  expect(sum(failures)).toBe(counts.failed);
  expect(sum(notSentReasons)).toBe(counts.notSent);
  expect([figures.agreement.n, figures.noRegression.n]).toEqual([counts.judged, counts.judged]);
  expect(figures.overall.n).toBe(counts.answered);
  expect(figures.latency.baseline.total.n).toBe(counts.answered);
  expect(figures.tokens.candidate.answers).toBe(counts.answered);
};

/** The verdict or `skip` that is left after the events of a pair, computed in another way. */
const standing = ({
  events,
}: PairPlan): { readonly verdict: string | null; readonly skipped: boolean } => {
  const done: string[] = [];
  for (const event of events) {
    if (event === 'undo') done.pop();
    else done.push(event);
  }
  const verdict = done.findLast((event) => event !== 'skip' && event !== 'tag') ?? null;
  return { verdict, skipped: done.includes('skip') };
};

const expectedCounts = (pairs: readonly PairPlan[]) => {
  const answered = pairs.filter(isAnswered);
  const settled = answered.filter((pair) => pair.compared && pair.answers !== 'different');
  const judged = answered.filter((pair) => standing(pair).verdict !== null);
  const open = answered.filter((pair) => !settled.includes(pair) && !judged.includes(pair));
  return {
    replayable: pairs.length,
    answered: answered.length,
    failed: pairs.filter(isFailed).length,
    judged: judged.length,
    unjudged: open.length,
    skipped: open.filter((pair) => standing(pair).skipped).length,
    settledByMachine: settled.filter((pair) => !judged.includes(pair)).length,
    different: answered.filter((pair) => pair.compared && pair.answers === 'different').length,
  };
};

describe('a gathered summary', () => {
  it('keeps the denominators complete at every moment, in total and by endpoint', async () => {
    await assert(
      asyncProperty(storePlans, async (plan) => {
        const summary = await summaryOf(plan);
        expectToAddUp(summary);
        for (const endpoint of summary.byEndpoint) expectToAddUp(endpoint);
        expect(summary.counts).toMatchObject({
          ...expectedCounts(plan.pairs),
          notReplayable: plan.rejected,
        });
        for (const { endpoint, counts } of summary.byEndpoint) {
          const pairs = plan.pairs.filter((pair) => pair.endpoint === endpoint);
          expect(counts).toMatchObject(expectedCounts(pairs));
        }
        const replayable = summary.byEndpoint.map((endpoint) => endpoint.counts.replayable);
        expect(replayable.reduce((all, one) => all + one, 0)).toBe(summary.counts.replayable);
        expect(summarySchema.strict().parse(JSON.parse(summaryJson(summary)))).toEqual(summary);
      }),
      { numRuns: 60 },
    );
  });

  it('ignores an undone skip and an undone verdict', async () => {
    const pair = {
      endpoint: 'a',
      baseline: 'answered',
      candidate: 'answered',
      answers: 'different',
      compared: true,
    } as const;
    const { counts, verdicts } = await summaryOf({
      rejected: 0,
      pairs: [
        { ...pair, events: ['skip'] },
        { ...pair, events: ['skip', 'undo'] },
        { ...pair, events: ['worse', 'agree', 'undo'] },
        { ...pair, events: ['agree', 'undo'] },
      ],
    });
    expect(counts).toMatchObject({ judged: 1, unjudged: 3, skipped: 1 });
    expect(verdicts).toEqual({ agree: 0, worse: 1, better: 0, bothBad: 0 });
  });

  it('has only zeros and unknowns for an empty comparison', async () => {
    const summary = await summaryOf({ pairs: [], rejected: 0 });
    expectToAddUp(summary);
    expect(summary.agreement).toEqual({ rate: null, lower: null, upper: null, n: 0 });
    expect(summary.cost).toMatchObject({ baseline: null, candidate: null, ratio: null });
    expect(summary.latency.ratio).toEqual({ timeToFirstToken: null, total: null });
    expect(summary.byEndpoint).toEqual([]);
  });
});
