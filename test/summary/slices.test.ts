import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assert, asyncProperty, constantFrom } from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openComparison } from '../../source/store/comparisons/comparisons.ts';
import { addRecords } from '../../source/store/captures/add-records.ts';
import type { PairFact, Votes } from '../../source/store/comparisons/pair-facts.ts';
import { openStore, type Store } from '../../source/store/open.ts';
import { appendEvent } from '../../source/store/verdicts.ts';
import { gatherSummary, type Summary } from '../../source/summary/gather-summary.ts';
import { summaryJson, summarySchema } from '../../source/summary/summary-json.ts';
import { summaryText } from '../../source/summary/summary-text.ts';
import { SliceCounter, type SliceContent } from '../../source/summary/slice-counter.ts';
import type { SliceDimension } from '../../source/summary/slice-dimensions.ts';
import { computeSlices, type Slices } from '../../source/summary/slices.ts';
import { slicesLines } from '../../source/summary/slices-text.ts';
import { wilson } from '../../source/statistics/wilson.ts';
import { cellWidth } from '../../source/text/width.ts';
import { buildStore, storePlans, type PairPlan, type StorePlan } from './random-store.ts';

let directory = '';
let stores = 0;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'understudy-slices-'));
});

afterAll(() => rm(directory, { recursive: true }));

const at = '2026-11-24T00:00:00.000Z';
const options = { prices: { baseline: null, candidate: null }, at };

const withStore = async <Result>(use: (store: Store) => Promise<Result>): Promise<Result> => {
  const store = await openStore(join(directory, `${stores++}.db`));
  try {
    return await use(store);
  } finally {
    await store.close();
  }
};

const summaryBy = (by: SliceDimension, plan: StorePlan): Promise<Summary> =>
  withStore(async (store) =>
    gatherSummary(store, await buildStore(store, plan), { ...options, by }),
  );

const openPair: PairPlan = {
  endpoint: 'a',
  baseline: 'answered',
  candidate: 'answered',
  answers: 'different',
  compared: true,
  events: [],
};

const repeat = (times: number, pair: PairPlan): readonly PairPlan[] =>
  Array.from({ length: times }, () => pair);

const noVotes = { agree: 0, worse: 0, better: 0, both_bad: 0 };

const fact = (votes: Partial<Votes>, pairs: number): PairFact => ({
  endpoint: 'a',
  stratum: '',
  baseline: 'answered',
  candidate: 'answered',
  outcome: 'different',
  byRule: false,
  unusable: false,
  votes: { ...noVotes, ...votes },
  resolved: null,
  order: 'drawn',
  chosen: false,
  unseen: false,
  skipped: false,
  pairs,
});

const verdictsOf = (name: string, agree: number, worse: number): SliceContent => ({
  name,
  pairs: [fact({ agree: 1 }, agree), fact({ worse: 1 }, worse)],
  comments: [],
});

describe('slices', () => {
  const slicesOf = (contents: readonly SliceContent[]): Slices => {
    const counter = new SliceCounter();
    for (const { name, pairs } of contents) for (const pair of pairs) counter.add(name, pair);
    const all = contents.flatMap(({ pairs }) => pairs);
    return computeSlices('model', counter, all);
  };

  it('mark one that differs from the rest, and come in the order of their size', () => {
    const contents = [
      verdictsOf('small', 3, 1),
      verdictsOf('bad', 20, 20),
      verdictsOf('large', 95, 5),
    ];
    const { slices } = slicesOf(contents);
    expect(slices.map(({ name }) => name)).toEqual(['large', 'bad', 'small']);
    expect(slices.map(({ difference }) => difference?.differs)).toEqual([true, true, false]);
    expect(slices[1]?.worse).toMatchObject({ rate: 0.5, n: 40 });
  });

  it('do not mark what only one of many tests would find', () => {
    // Alone 12 of 40 against 4 of 40 would be found; among twenty slices it is what chance brings.
    const pair = [verdictsOf('odd', 28, 12), verdictsOf('rest', 36, 4)];
    const alone = slicesOf(pair).slices;
    expect(alone.every(({ difference }) => difference?.differs)).toBe(true);
    const many = [
      verdictsOf('odd', 28, 12),
      ...Array.from({ length: 19 }, (_, index) => verdictsOf(`other ${index}`, 34, 6)),
    ];
    const { slices } = slicesOf(many);
    const odd = slices.find(({ name }) => name === 'odd');
    expect(odd?.difference?.pValue).toBeLessThan(0.05);
    expect(slices.some(({ difference }) => difference?.differs)).toBe(false);
  });

  it('leave open whether a conflict is worse', () => {
    const conflicts = (name: string, pairs: number): SliceContent => ({
      name,
      pairs: [...verdictsOf('', 40, 4).pairs, fact({ agree: 1, worse: 1 }, pairs)],
      comments: [],
    });
    const { slices } = slicesOf([conflicts('many', 40), conflicts('few', 1)]);
    const [many] = slices;
    expect(many?.worse).toMatchObject({ rate: 4 / 84, n: 84 });
    expect(many?.worse.lower).toBe(wilson(4, 84).lower);
    expect(many?.worse.upper).toBe(wilson(44, 84).upper);
    // 4 of 44 in both, whatever becomes of the conflicts.
    expect(many?.difference?.pValue).toBeCloseTo(1, 9);
    const text = slicesLines({ dimension: 'tag', slices, more: 0 });
    expect(text[0]?.trimEnd()).toMatch(/both bad +conflict$/);
    expect(text[1]).toMatch(/ 84 +40 +4 +0 +0 +40$/);
  });

  it('show at most 30 and count the others', () => {
    const many = Array.from({ length: 33 }, (_, index) => verdictsOf(`${index}`, index + 1, 0));
    const { more, slices } = slicesOf(many);
    expect(slices).toHaveLength(30);
    expect(slices[0]?.name).toBe('32');
    expect(more).toBe(3);
  });

  it('are not compared where there is nothing to compare with', () => {
    const only = [verdictsOf('only', 9, 1)];
    expect(slicesOf(only).slices[0]?.difference).toBeNull();
    expect(slicesOf([])).toEqual({ dimension: 'model', slices: [], more: 0 });
  });

  it('add up to the whole where a pair is in one of them', { timeout: 120_000 }, async () => {
    const dimensions = constantFrom<SliceDimension>(
      'endpoint',
      'model',
      'language',
      'length',
      'month',
    );
    await assert(
      asyncProperty(storePlans, dimensions, async (plan, dimension) => {
        const summary = await summaryBy(dimension, plan);
        const slices = summary.by?.slices ?? [];
        for (const key of ['replayable', 'answered', 'judged', 'unjudged', 'notSent'] as const) {
          const sum = slices.reduce((all, { counts }) => all + counts[key], 0);
          expect(sum).toBe(summary.counts[key]);
        }
        for (const { name, noWorse, verdicts } of slices) {
          if (dimension !== 'endpoint') break;
          const same = summary.byEndpoint.find(({ endpoint }) => endpoint === name);
          expect({ noWorse, verdicts }).toEqual({
            noWorse: same?.noWorse,
            verdicts: same?.verdicts,
          });
        }
        expect(summarySchema.parse(JSON.parse(summaryJson(summary)))).toBeTruthy();
        for (const line of summaryText(summary).split('\n')) {
          expect(cellWidth(line)).toBeLessThanOrEqual(80);
        }
      }),
      { numRuns: 12 },
    );
  });

  it('by path do not take a failed call for a native one', async () => {
    const { by } = await summaryBy('path', {
      pairs: [openPair, { ...openPair, candidate: 'failed' }, { ...openPair, baseline: 'failed' }],
      rejected: 0,
    });
    expect(by?.slices.map(({ counts, name }) => [name, counts.replayable])).toEqual([
      [null, 2],
      ['native', 1],
    ]);
  });

  it('by field are of the pairs that differ there', async () => {
    const pairs = [
      ...repeat(3, { ...openPair, events: ['worse'] }),
      ...repeat(5, { ...openPair, answers: 'identical' }),
    ];
    const { by } = await summaryBy('field', { pairs, rejected: 0 });
    expect(by?.slices).toMatchObject([
      { name: 'a', counts: { replayable: 3, judged: 3 }, verdicts: { worse: 3 } },
    ]);
  });

  it("by reviewer have each one's own verdicts", async () => {
    const pairs = [
      ...repeat(30, { ...openPair, events: ['agree'], others: [['worse']] }),
      ...repeat(10, { ...openPair, events: ['agree'] }),
    ];
    const summary = await summaryBy('reviewer', { pairs, rejected: 0 });
    expect(summary.by?.slices).toMatchObject([
      { name: 'ann', counts: { judged: 40 }, worse: { rate: 0 }, difference: { differs: true } },
      { name: 'bo', counts: { judged: 30 }, worse: { rate: 1 }, difference: { differs: true } },
    ]);
    expect(summaryText(summary)).toMatch(/By reviewer[^]*bo +30 +30 +0 +30 +0 +0 \*/);
  });

  it('by tag count verdicts and list what reviewers wrote', async () => {
    const text = await withStore(async (store) => {
      const pairs = [
        ...repeat(2, { ...openPair, events: ['worse', 'tag'] }),
        { ...openPair, events: ['agree'] },
      ] as const;
      const comparison = await buildStore(store, { pairs, rejected: 0 });
      for (const [captureId, comment] of [
        ['capture-0', 'too \u001b[31mformal\nfor us'],
        ['capture-2', 'no reason to complain'],
      ] as const) {
        await appendEvent(store, {
          id: `z-${captureId}`,
          comparisonId: comparison.id,
          captureId,
          reviewer: 'ann',
          at,
          kind: 'comment',
          comment,
        });
      }
      const summary = await gatherSummary(store, comparison, { ...options, by: 'tag' });
      expect(summary.by?.slices).toMatchObject([
        { name: 'tone', verdicts: { worse: 2 }, difference: null },
        { name: null, verdicts: { agree: 1 }, comments: ['no reason to complain'] },
      ]);
      return summaryText(summary);
    });
    expect(text).toMatch(/By tag[^]*tone +2 +2~ +0 +2 +0 +0\n +too .*formal/);
    expect(text).toMatch(/commented, no tag +1[^]*no reason to complain/);
    expect(text).not.toContain('\u001b');
  });

  it('by month, language and model are read from the requests', async () => {
    const names = await withStore(async (store) => {
      const comparison = await openComparison(store, {
        name: null,
        baseline: 'openai/one',
        candidate: 'openai/two',
        at,
      });
      const ask = (id: string, timestamp: string | null, content: string, model?: string) => ({
        kind: 'capture' as const,
        capture: {
          id,
          endpoint: 'a',
          timestamp,
          dialect: 'chat' as const,
          model: null,
          request: {
            ...(model === undefined ? {} : { model }),
            messages: [{ role: 'user', content: [{ type: 'text', text: content }] }],
          },
          recorded: [],
          metadata: null,
          partial: [],
        },
      });
      await addRecords(
        store,
        [
          ask('1', '2026-09-30T23:59:59.000Z', 'Please write an answer to this letter.', 'old'),
          ask('2', '2026-10-01T00:00:00.000Z', '请帮我回复这封信,说明我们下周会发货,谢谢。', 'old'),
          ask('3', '2026-10-05T00:00:00.000Z', '请帮我回复这封信,说明我们下周会发货,谢谢。', 'new'),
          ask('4', null, 'short'),
        ],
        { source: 'test', comparisonId: comparison.id, at },
      );
      const found: Partial<Record<SliceDimension, readonly (string | null)[]>> = {};
      for (const by of ['month', 'language', 'model'] as const) {
        const summary = await gatherSummary(store, comparison, { ...options, by });
        found[by] = (summary.by?.slices ?? []).map(
          ({ counts, name }) => `${counts.replayable} ${name}`,
        );
      }
      return found;
    });
    expect(names).toEqual({
      month: ['1 2026-09', '2 2026-10', '1 null'],
      language: ['2 chinese', '1 latin', '1 null'],
      model: ['2 old', '1 new', '1 null'],
    });
  });
});
