import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assert, asyncProperty } from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listPairs } from '../../source/store/comparisons/pairs.ts';
import { openStore } from '../../source/store/open.ts';
import { appendEvent } from '../../source/store/verdicts.ts';
import type { Figures } from '../../source/summary/figures.ts';
import { gatherSummary, type Summary } from '../../source/summary/gather-summary.ts';
import { sentence } from '../../source/summary/sentence.ts';
import { summaryJson, summarySchema } from '../../source/summary/summary-json.ts';
import { summaryText } from '../../source/summary/summary-text.ts';
import {
  buildStore,
  isAnswered,
  isFailed,
  storePlans,
  type PairPlan,
  type RulePlan,
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

const summaryOf = async (plan: StorePlan, reviewer?: string): Promise<Summary> => {
  const store = await openStore(join(directory, `${stores++}.db`));
  try {
    const comparison = await buildStore(store, plan);
    return await gatherSummary(store, comparison, { ...options, reviewer: reviewer ?? null });
  } finally {
    await store.close();
  }
};

const sum = (counts: readonly { readonly pairs: number }[]): number =>
  counts.reduce((all, one) => all + one.pairs, 0);

const sumOf = ({ agree, worse, better, bothBad, conflict }: Figures['verdicts']): number =>
  agree + worse + better + bothBad + conflict;

/** Invariants of every comparison and every endpoint at every moment. */
const expectToAddUp = ({
  counts,
  failedBy,
  failures,
  notSentReasons,
  ...figures
}: Figures): void => {
  const { aheadVerdicts, verdicts } = figures;
  expect(counts.imported).toBe(counts.replayable + counts.notReplayable);
  expect(counts.replayable).toBe(counts.answered + counts.failed + counts.notSent);
  expect(counts.answered).toBe(
    counts.settledByMachine +
      counts.settledByRule +
      counts.judged +
      counts.unjudged +
      counts.notCompared,
  );
  expect(counts.settledByMachine).toBe(counts.identical + counts.equivalent);
  expect(counts.failed).toBe(failedBy.baseline + failedBy.candidate + failedBy.both);
  expect(counts.judged - counts.judgedAhead).toBe(sumOf(verdicts));
  expect(counts.judgedAhead).toBe(sumOf(aheadVerdicts));
  expect(counts.skipped).toBeLessThanOrEqual(counts.unjudged);
  expect(
    counts.identical + counts.equivalent + counts.different + counts.settledByRule,
  ).toBeLessThanOrEqual(counts.answered);
  expect(sum(failures)).toBe(counts.failed);
  expect(sum(notSentReasons)).toBe(counts.notSent);
  const drawn = counts.judged - counts.judgedAhead;
  expect([figures.judgedRates.agreement.n, figures.judgedRates.noWorse.n]).toEqual([drawn, drawn]);
  expect(figures.agreement.n).toBe(
    counts.answered - counts.notCompared + failedBy.candidate + failedBy.both,
  );
  expect(figures.latency.baseline.total.n).toBe(counts.answered);
  expect(figures.tokens.candidate.answers).toBe(counts.answered);
};

/** The verdict or `skip` that is left after one reviewer's events, computed in another way. */
const standingOf = (
  events: PairPlan['events'],
): { readonly verdict: string | null; readonly skipped: boolean } => {
  const done: string[] = [];
  for (const event of events) {
    if (event === 'undo') done.pop();
    else done.push(event);
  }
  const verdict = done.findLast((event) => event !== 'skip' && event !== 'tag') ?? null;
  return { verdict, skipped: done.includes('skip') };
};

/** What all reviewers of a pair have left standing. */
const standing = ({ events, others = [], resolved = null }: PairPlan) => {
  const all = [events, ...others].map(standingOf);
  const given = all.flatMap(({ verdict }) => (verdict === null ? [] : [verdict]));
  const resolving = resolved === null || resolved.undone ? null : resolved.verdict;
  const most = given.find(
    (one) => given.filter((other) => other === one).length * 2 > given.length,
  );
  return {
    verdict: given.length === 0 ? null : (resolving ?? most ?? 'conflict'),
    resolved: resolving !== null,
    differ: new Set(given).size > 1,
    several: given.length > 1,
    skipped: all.some(({ skipped }) => skipped),
  };
};

/** Whether a rule in force covers the only difference of a pair. */
const isRuled = ({ answers, compared, endpoint }: PairPlan, rules: readonly RulePlan[]): boolean =>
  compared &&
  answers === 'different' &&
  rules.some(
    (rule) =>
      !rule.takenBack &&
      rule.path === 'a' &&
      (rule.endpoint === null || rule.endpoint === endpoint),
  );

const expectedCounts = ({ pairs, rules = [] }: Pick<StorePlan, 'pairs' | 'rules'>) => {
  const answered = pairs.filter(isAnswered);
  const settled = answered.filter((pair) => pair.compared && pair.answers !== 'different');
  const ruled = answered.filter((pair) => isRuled(pair, rules));
  const rest = answered.filter((pair) => !settled.includes(pair) && !ruled.includes(pair));
  const judged = rest.filter((pair) => standing(pair).verdict !== null);
  const open = rest.filter((pair) => pair.compared && !judged.includes(pair));
  return {
    replayable: pairs.length,
    answered: answered.length,
    failed: pairs.filter(isFailed).length,
    judged: judged.length,
    judgedBySeveral: judged.filter((pair) => standing(pair).several).length,
    disagreeing: judged.filter((pair) => standing(pair).differ).length,
    resolved: judged.filter((pair) => standing(pair).differ && standing(pair).resolved).length,
    unjudged: open.length,
    skipped: open.filter((pair) => standing(pair).skipped).length,
    settledByMachine: settled.length,
    settledByRule: ruled.length,
    bothUnusable: settled.filter((pair) => pair.answers === 'broken').length,
    notCompared: rest.filter((pair) => !pair.compared && !judged.includes(pair)).length,
    different: rest.filter((pair) => pair.compared).length,
  };
};

const openPair: PairPlan = {
  endpoint: 'a',
  baseline: 'answered',
  candidate: 'answered',
  answers: 'different',
  compared: true,
  events: [],
};

const repeat = (pairs: number, make: (index: number) => PairPlan): readonly PairPlan[] =>
  Array.from({ length: pairs }, (_, index) => make(index));

describe('a gathered summary', () => {
  it('keeps the denominators complete at every moment, in total and by endpoint', async () => {
    await assert(
      asyncProperty(storePlans, async (plan) => {
        const summary = await summaryOf(plan);
        expectToAddUp(summary);
        for (const endpoint of summary.byEndpoint) expectToAddUp(endpoint);
        expect(summary.counts).toMatchObject({
          ...expectedCounts(plan),
          notReplayable: plan.rejected,
        });
        for (const { endpoint, counts } of summary.byEndpoint) {
          const pairs = plan.pairs.filter((pair) => pair.endpoint === endpoint);
          expect(counts).toMatchObject(expectedCounts({ pairs, rules: plan.rules ?? [] }));
        }
        const conflicts = plan.pairs.filter(
          (pair) =>
            isAnswered(pair) &&
            !(pair.compared && pair.answers !== 'different') &&
            !isRuled(pair, plan.rules ?? []) &&
            standing(pair).verdict === 'conflict',
        );
        const { aheadVerdicts, verdicts } = summary;
        expect(verdicts.conflict + aheadVerdicts.conflict).toBe(conflicts.length);
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
    expect(verdicts).toEqual({ agree: 0, worse: 1, better: 0, bothBad: 0, conflict: 0 });
  });

  it('counts a failure of the candidate against it, and names whose failures there are', async () => {
    const pairs = repeat(300, (index) => ({
      ...openPair,
      candidate: index < 143 ? 'failed' : 'answered',
      events: index >= 143 && index < 163 ? ['agree'] : [],
    }));
    const summary = await summaryOf({ pairs, rejected: 0 });
    expect(summary.failedBy).toEqual({ baseline: 0, candidate: 143, both: 0 });
    expect(summary.judgedRates.agreement).toMatchObject({ rate: 1, n: 20 });
    expect(summary.agreement.rate).toBeCloseTo(157 / 300, 12);
    expect(summary.agreement.upper).toBeCloseTo(157 / 300, 12);
    expect(summary.agreement.n).toBe(300);
    expect(summary.noWorse).toEqual(summary.agreement);
    expect(sentence(summary)).toContain(
      'Of 300 requests the candidate answers 52.3 % (44.8–52.3) as well as the baseline; the candidate fails 47.7 % (143) of 300, the baseline none; of 20 judged pairs 100.0 % agree',
    );
  });

  it('leaves failures of the baseline alone out, and counts those of both against the candidate', async () => {
    const summary = await summaryOf({
      rejected: 0,
      pairs: [
        ...repeat(6, () => ({ ...openPair, events: ['agree'] as const })),
        ...repeat(3, () => ({ ...openPair, baseline: 'failed' as const })),
        ...repeat(4, () => ({ ...openPair, baseline: 'failed', candidate: 'failed' }) as const),
      ],
    });
    expect(summary.failedBy).toEqual({ baseline: 3, candidate: 0, both: 4 });
    expect(summary.agreement).toMatchObject({ n: 10 });
    expect(summary.agreement.rate).toBeCloseTo(0.6, 12);
    expect(sentence(summary)).toContain(
      'the candidate fails 30.8 % (4) of 13, the baseline 53.8 % (7);',
    );
  });

  it('keeps verdicts on settled pairs out of the rate of the judged', async () => {
    const judged = repeat(45, (index) => ({
      ...openPair,
      events: [index < 31 ? ('agree' as const) : ('worse' as const)],
    }));
    const settled = repeat(12, (index) => ({
      ...openPair,
      answers: 'identical' as const,
      events: [index < 11 ? ('agree' as const) : ('worse' as const)],
    }));
    const before = await summaryOf({ pairs: judged, rejected: 0 });
    const after = await summaryOf({ pairs: [...judged, ...settled], rejected: 0 });
    expect(before.judgedRates.agreement.rate).toBeCloseTo(0.689, 3);
    expect(after.judgedRates.agreement).toEqual(before.judgedRates.agreement);
    expect(after.judgedRates.noWorse).toEqual(before.judgedRates.noWorse);
    expect(after.verdicts).toEqual(before.verdicts);
    expect(after.settledVerdicts).toEqual({
      agree: 11,
      worse: 1,
      better: 0,
      bothBad: 0,
      conflict: 0,
    });
    // A settled pair that a person found worse is not agreed.
    expect(after.agreement.rate).toBeCloseTo((31 + 11) / 57, 12);
  });

  it('never counts the same broken answer on both sides as agreed', async () => {
    const pairs = repeat(10, (index) => ({
      ...openPair,
      answers: index < 4 ? 'broken' : 'identical',
      events: index === 0 ? ['agree'] : [],
    }));
    const summary = await summaryOf({ pairs, rejected: 0 });
    expect(summary.counts).toMatchObject({ identical: 10, settledByMachine: 10, bothUnusable: 4 });
    expect(summary.agreement).toMatchObject({ n: 10 });
    expect(summary.agreement.rate).toBeCloseTo(0.6, 12);
    const text = summaryText(summary);
    expect(text).toContain('of these, both unusable in the same way: 4');
    // They are no worse, and the sentence says what that is worth.
    expect(summary.noWorse.rate).toBe(1);
    expect(sentence(summary)).toContain(
      'the answers of 4 pairs are unusable on both sides in the same way',
    );
  });

  it('counts what a person says of two broken answers, but that they agree', async () => {
    const verdicts = ['agree', 'worse', 'both_bad', 'better'] as const;
    const broken = verdicts.map((verdict) => ({
      ...openPair,
      answers: 'broken' as const,
      events: [verdict],
    }));
    const { agreement, better, noWorse } = await summaryOf({ pairs: broken, rejected: 0 });
    expect([agreement.rate, noWorse.rate, better.rate]).toEqual([0, 0.75, 0.25]);
  });

  it('lets the rates with all skipped pairs judged reach up to where conflicts agree', async () => {
    const pairs = [
      ...repeat(6, () => ({ ...openPair, events: ['agree' as const] })),
      ...repeat(2, () => ({
        ...openPair,
        events: ['agree' as const],
        others: [['worse' as const]],
      })),
    ];
    const { noWorse, skips } = await summaryOf({ pairs, rejected: 0 });
    expect(noWorse).toMatchObject({ rate: 0.75, lower: 0.75, upper: 1 });
    // No pair was skipped.
    expect(skips).toEqual({ pairs: 0, ifWorse: noWorse, ifAgreed: noWorse });
  });

  it('never lets one reviewer replace another, and settles a pair by more than half', async () => {
    const disagree = repeat(10, () => ({ ...openPair, events: ['agree'], others: [['worse']] }));
    const summary = await summaryOf({ pairs: disagree, rejected: 0 });
    const none = { agree: 0, worse: 0, better: 0, bothBad: 0 };
    expect(summary.verdicts).toEqual({ ...none, conflict: 10 });
    expect(summary.counts).toMatchObject({ judged: 10, judgedBySeveral: 10, disagreeing: 10 });
    // Resolved one way or the other, the rate may be anything.
    expect(summary.judgedRates.agreement).toMatchObject({ rate: 0, lower: 0, upper: 1, n: 10 });
    expect(summary.agreement).toMatchObject({ rate: 0, lower: 0, upper: 1 });
    expect(summary.reviewers).toMatchObject([
      { reviewer: 'ann', judged: 10, verdicts: { ...none, agree: 10 }, settled: 0 },
      { reviewer: 'bo', judged: 10, verdicts: { ...none, worse: 10 }, settled: 0 },
    ]);
    expect(sentence(summary)).toContain('are no worse, 10 are in conflict;');
    const text = summaryText(summary);
    expect(text).toContain('both bad 0 · conflict 10');
    expect(text).toMatch(/ann +agree 10 · worse 0/);
    expect(text).toMatch(/bo +agree 0 · worse 10/);
    expect(text.replaceAll(/\s+/g, ' ')).toContain('10 with verdicts that disagree');
    // Chance alone would let two who say two things differ on half of the pairs.
    expect(summary.reviewerAgreement).toMatchObject({
      pairs: 10,
      kappa: { reviewers: ['ann', 'bo'], kappa: 0, n: 10 },
    });
    expect(summary.reviewerAgreement.alpha).toBeCloseTo(-0.9, 12);
    expect(text.replaceAll(/\s+/g, ' ')).toContain(
      "on the 10 pairs that several judged, a small sample: Krippendorff's alpha −0.90, Cohen's kappa 0.00",
    );
    const third = repeat(10, () => ({
      ...openPair,
      events: ['agree'],
      others: [['worse'], ['agree']],
    }));
    const settled = await summaryOf({ pairs: third, rejected: 0 });
    expect(settled.verdicts).toEqual({ ...none, agree: 10, conflict: 0 });
    expect(settled.counts).toMatchObject({ disagreeing: 10 });
    const resolved = repeat(10, () => ({
      ...openPair,
      events: ['agree'],
      others: [['worse'], ['agree']],
      resolved: { verdict: 'better', undone: false },
    }));
    const better = await summaryOf({ pairs: resolved, rejected: 0 });
    expect(better.verdicts).toEqual({ ...none, better: 10, conflict: 0 });
    expect(better.counts).toMatchObject({ disagreeing: 10, resolved: 10 });
    expect(better.reviewers).toMatchObject([
      { judged: 10, verdicts: { agree: 10, better: 0 } },
      {},
      {},
    ]);
    expect(summaryText(better).replaceAll(/\s+/g, ' ')).toContain('10 of them resolved');
  });

  it('keeps verdicts ahead of the random order apart until the order has come to them', async () => {
    const store = await openStore(join(directory, `${stores++}.db`));
    const pairs = repeat(10, () => openPair);
    const comparison = await buildStore(store, { pairs, rejected: 0 });
    const order = await listPairs(store, comparison.id);
    const judge = (index: number, verdict: 'agree' | 'worse', ahead?: boolean): Promise<void> =>
      appendEvent(store, {
        id: `0${index}`,
        comparisonId: comparison.id,
        captureId: order[index]?.captureId ?? '',
        reviewer: 'ann',
        at: options.at,
        kind: 'verdict',
        verdict,
        ...(ahead === undefined ? {} : { ahead }),
      });
    for (const index of [0, 1, 2]) await judge(index, 'worse', false);
    for (const index of [4, 5, 6]) await judge(index, 'agree', true);
    const waiting = await gatherSummary(store, comparison, options);
    expect(waiting.counts).toMatchObject({ judged: 6, judgedAhead: 3, unjudged: 4 });
    expect(waiting.verdicts).toMatchObject({ agree: 0, worse: 3 });
    expect(waiting.aheadVerdicts).toMatchObject({ agree: 3, worse: 0 });
    expect(waiting.judgedRates.agreement).toMatchObject({ rate: 0, n: 3 });
    expect(waiting.agreement.rate).toBe(0);
    expect(sentence(waiting)).toContain('are no worse, 3 more judged out of order');
    expect(summaryText(waiting)).toContain('3 more judged ahead of the random order');
    await judge(3, 'worse', false);
    const caughtUp = await gatherSummary(store, comparison, options);
    expect(caughtUp.counts).toMatchObject({ judged: 7, judgedAhead: 0 });
    expect(caughtUp.judgedRates.agreement).toMatchObject({ rate: 3 / 7, n: 7 });
    // An earlier version did not record the order.
    await judge(9, 'agree');
    const old = await gatherSummary(store, comparison, options);
    expect(old.counts).toMatchObject({ judged: 8, judgedAhead: 0, judgedInUnknownOrder: 1 });
    expect(summaryText(old)).toContain('1 judged by an earlier version');
    await store.close();
  });

  it('counts the verdicts and skips of one reviewer alone', async () => {
    const pairs: readonly PairPlan[] = [
      { ...openPair, events: ['agree'], others: [['worse']] },
      { ...openPair, events: ['skip'], others: [['better']] },
      { ...openPair, others: [['skip']] },
    ];
    const ann = await summaryOf({ pairs, rejected: 0 }, 'ann');
    expect(ann.reviewer).toBe('ann');
    const apart = [
      { ...openPair, events: ['agree' as const] },
      { ...openPair, others: [['worse' as const]] },
    ];
    expect(summaryText(await summaryOf({ pairs: apart, rejected: 0 }))).toContain(
      'No pair that needs a person was judged by several reviewers.',
    );
    expect(ann.counts).toMatchObject({ judged: 1, unjudged: 2, skipped: 1, disagreeing: 0 });
    expect(ann.judgedRates.agreement).toMatchObject({ rate: 1, n: 1 });
    const bo = await summaryOf({ pairs, rejected: 0 }, 'bo');
    expect(bo.counts).toMatchObject({ judged: 2, unjudged: 1, skipped: 1 });
    expect(bo.judgedRates.noWorse).toMatchObject({ rate: 0.5 });
    expect(bo.reviewers.map(({ reviewer }) => reviewer)).toEqual(['ann', 'bo']);
  });

  it('says which answered pairs are not compared yet', async () => {
    const pairs = repeat(10, (index) => ({ ...openPair, compared: index >= 4 }));
    const summary = await summaryOf({ pairs, rejected: 0 });
    expect(summary.counts).toMatchObject({ answered: 10, unjudged: 6, notCompared: 4 });
    expect(summary.agreement.n).toBe(6);
    const text = summaryText(summary);
    expect(text).toContain('6 pairs wait for a verdict, 4 pairs wait to be compared');
    expect(text).toMatch(/0 judged \+ 6 unjudged \+\n +4 not yet compared/);
  });

  it('has only zeros and unknowns for an empty comparison', async () => {
    const summary = await summaryOf({ pairs: [], rejected: 0 });
    expectToAddUp(summary);
    expect(summary.judgedRates.agreement).toEqual({ rate: null, lower: null, upper: null, n: 0 });
    expect(summary.cost).toMatchObject({ baseline: null, candidate: null, ratio: null });
    expect(summary.latency.total).toEqual({
      paired: null,
      lower: null,
      upper: null,
      n: 0,
      p95: null,
    });
    expect(summary.byEndpoint).toEqual([]);
  });
});
