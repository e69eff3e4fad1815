import { afterEach, describe, expect, it } from 'vitest';
import { statusFault } from '../../source/demo/faults.ts';
import { loadPair } from '../../source/store/comparisons/pairs.ts';
import { captureOf, openStand, say, type Stand } from './stand.ts';

let stand: Stand | null = null;

afterEach(async () => {
  await stand?.close();
  stand = null;
});

const open = async (options: Parameters<typeof openStand>[0]): Promise<Stand> => {
  stand = await openStand(options);
  return stand;
};

const captures = (count: number) => Array.from({ length: count }, (_, index) => captureOf(index));

const same = () => say('an answer');

const responses = (stood: Stand) =>
  stood.store.db
    .selectFrom('response')
    .select(['comparison_id', 'side', 'sample', 'reused', 'answer_body']);

const price = {
  input: 1000,
  output: 2000,
  cachedInput: null,
  source: 'test',
  date: '2026-11-01',
};

describe('several candidates', () => {
  it('share one baseline answer, which is paid for once', async () => {
    const stood = await open({
      captures: captures(10),
      more: { third: same, fourth: same },
      price,
    });
    const { comparisons, ended, progress } = await stood.run();
    expect(ended).toBe('done');
    expect(stood.counts()).toEqual({ incumbent: 10, newcomer: 10, third: 10, fourth: 10 });
    expect(comparisons.map((one) => one.progress.done)).toEqual([10, 10, 10]);
    expect(progress).toMatchObject({ total: 30, done: 30 });
    const rows = await responses(stood).execute();
    expect(rows).toHaveLength(60);
    const paid = rows.filter(({ reused }) => reused === 0);
    expect(paid).toHaveLength(40);
    expect(new Set(rows.filter(({ reused }) => reused === 1).map(({ side }) => side))).toEqual(
      new Set(['baseline']),
    );
    // Its text is also stored once.
    expect(new Set(rows.map((row) => row.answer_body)).size).toBe(40);
    for (const comparisonId of stood.comparisonIds) {
      const pair = await loadPair(stood.store, comparisonId, 'capture-3');
      expect(pair.comparison?.outcome).toBe('identical');
    }
    // The cost is that of the 40 calls, each a few tokens of input and output.
    const single = await openStand({ captures: captures(10), price });
    const alone = await single.run();
    expect(progress.cost).toBeCloseTo((alone.progress.cost ?? 0) * 2, 2);
    await single.close();
  });

  it('are called once for a capture that an earlier candidate also lacks', async () => {
    let broken = true;
    let asked = 0;
    const stood = await open({
      captures: captures(60),
      more: {
        third: () => (broken && asked++ % 10 === 7 ? statusFault(400) : same()),
        fourth: same,
      },
    });
    const [first, second] = stood.comparisons;
    if (first === undefined || second === undefined) throw new Error('few');
    await stood.run({ comparisons: [first, second] });
    const before = stood.counts();
    broken = false;
    await stood.run();
    expect(before).toEqual({ incumbent: 60, newcomer: 60, third: 60, fourth: 0 });
    expect(stood.counts()).toEqual({ ...before, third: 66, fourth: 60 });
  });

  it('resume where they were, even when one is added', async () => {
    let broken = true;
    const stood = await open({
      captures: captures(6),
      more: { third: () => (broken ? statusFault(400) : say('an answer')), fourth: same },
    });
    const [first, second, fourth] = stood.comparisons;
    if (first === undefined || second === undefined || fourth === undefined) throw new Error('few');
    const two = { comparisons: [first, second] };
    const { comparisons } = await stood.run(two);
    expect(comparisons.map(({ progress }) => progress.failures.candidate)).toEqual([
      {},
      { rejected: 6 },
    ]);
    broken = false;
    await stood.run(two);
    expect(stood.counts()).toEqual({ incumbent: 6, newcomer: 6, third: 12, fourth: 0 });

    // Adding a candidate to the first does not call the baseline again.
    const { comparisons: both } = await stood.run({ comparisons: [first, fourth] });
    expect(both.map(({ progress }) => [progress.total, progress.done])).toEqual([
      [6, 6],
      [6, 6],
    ]);
    expect(stood.counts()).toEqual({ incumbent: 6, newcomer: 6, third: 12, fourth: 6 });
  });

  it('reuse the baseline only from an earlier comparison of the same name', async () => {
    const stood = await open({
      captures: captures(4),
      name: 'big',
      more: { third: same, fourth: same },
    });
    const [first, third, fourth] = stood.comparisons;
    if (first === undefined || third === undefined || fourth === undefined) throw new Error('few');
    await stood.run({ comparisons: [first] });
    await stood.run({ comparisons: [third] });
    expect(stood.counts()).toEqual({ incumbent: 4, newcomer: 4, third: 4, fourth: 0 });
    await stood.store.db
      .updateTable('comparison')
      .set({ name: 'another' })
      .where('id', '=', fourth.comparisonId)
      .execute();
    await stood.run({ comparisons: [fourth] });
    expect(stood.counts()).toEqual({ incumbent: 8, newcomer: 4, third: 4, fourth: 4 });
  });

  it('are not blocked by a failing one, and each has its own result', async () => {
    const stood = await open({
      captures: captures(20),
      more: { third: same },
      answer: (request) =>
        request.model === 'newcomer' ? statusFault(401, 'no such key') : say('an answer'),
    });
    const { comparisons, stopped } = await stood.run();
    expect(stopped).toEqual({ baseline: null, candidate: 'unauthorized' });
    expect(comparisons.map((one) => one.stopped.candidate?.reason ?? null)).toEqual([
      'unauthorized',
      null,
    ]);
    expect(comparisons[1]?.progress).toMatchObject({ done: 20, answered: 40, notSent: {} });
    expect(stood.counts()).toMatchObject({ incumbent: 20, third: 20 });
  });

  it('are counted separately when one has to catch up', async () => {
    let down = true;
    const stood = await open({
      captures: captures(80),
      more: { third: same },
      answer: (request) =>
        request.model === 'newcomer' && down ? statusFault(503, 'Down.') : say('an answer'),
    });
    const { comparisons } = await stood.run({
      onEvent: (event) => {
        if (event.kind === 'answered' && stood.counts()['third'] === 80) down = false;
      },
      patience: { totalMs: 1e12, probes: 1e6 },
    });
    expect(comparisons.map(({ progress }) => progress.done)).toEqual([80, 80]);
    expect(stood.counts()).toMatchObject({ incumbent: 80, third: 80 });
  });

  it('each store the failed attempts of a shared baseline, which count once', async () => {
    const stood = await open({
      captures: captures(1),
      more: { third: same },
      answer: (request) => (request.model === 'incumbent' ? statusFault(400) : say('an answer')),
    });
    const { comparisons, progress } = await stood.run();
    expect(progress.failures).toEqual({ baseline: { rejected: 1 }, candidate: {} });
    for (const { progress: own } of comparisons) {
      expect(own.failures.baseline).toEqual({ rejected: 1 });
    }
    const tries = await stood.store.db
      .selectFrom('attempt')
      .select(['comparison_id', 'reused', 'final'])
      .execute();
    expect(tries.map(({ final, reused }) => [reused, final]).toSorted()).toEqual([
      [0, 1],
      [1, 1],
    ]);
  });
});

describe('repeated answers', () => {
  it('are requested on both sides, stored by number, and only gaps are filled', async () => {
    const stood = await open({ captures: captures(5) });
    const first = await stood.run();
    expect(first.progress.answered).toBe(10);
    const second = await stood.run({ samples: 3 });
    expect(second.progress).toMatchObject({ total: 5, done: 5, doneInRun: 5, answered: 20 });
    expect(stood.counts()).toEqual({ incumbent: 15, newcomer: 15 });
    const rows = await responses(stood).execute();
    expect(rows.map(({ sample, side }) => `${side} ${sample}`).toSorted()).toEqual(
      ['baseline', 'candidate']
        .flatMap((side) => [0, 1, 2].map((sample) => `${side} ${sample}`))
        .flatMap((one) => Array.from({ length: 5 }, () => one))
        .toSorted(),
    );
    const third = await stood.run({ samples: 3 });
    expect(third.progress).toMatchObject({ done: 5, doneInRun: 0, answered: 0 });
  });

  it('count toward the budget, and the reviewed one is sent first', async () => {
    const stood = await open({ captures: captures(10), price });
    const limit = 1;
    const { ended, progress, events } = await stood.run({ samples: 4, budget: limit });
    expect(ended).toBe('budget');
    expect(progress.spentAtMost).toBeLessThanOrEqual(limit);
    const sent = events.filter((event) => event.kind === 'sent');
    expect(sent.slice(0, 2).map((event) => event.sample)).toEqual([0, 0]);
    const notSent = events.filter((event) => event.kind === 'not_sent').length;
    expect(sent.length + notSent).toBe(80);
  });

  it('fail on their own: the pair is still reviewed', async () => {
    const stood = await open({
      captures: captures(1),
      answer: (request) => (request.attempt > 1 ? statusFault(400) : say('an answer')),
    });
    await stood.run({ samples: 2 });
    const { sides, comparison } = await loadPair(stood.store, stood.comparisonId, 'capture-0');
    expect([sides.baseline.kind, sides.candidate.kind]).toEqual(['answered', 'answered']);
    expect(comparison?.outcome).toBe('identical');
  });
});
