import { describe, expect, it } from 'vitest';
import { addRecords } from '../../../source/store/captures/add-records.ts';
import { countRecords } from '../../../source/store/captures/captures.ts';
import { selectRejected } from '../../../source/store/captures/rejected-records.ts';
import {
  dropEmptyComparison,
  findCandidates,
  findComparison,
  listComparisons,
  listJudgedComparisons,
  openComparison,
} from '../../../source/store/comparisons/comparisons.ts';
import { listPairs } from '../../../source/store/comparisons/pairs.ts';
import { offerAll, selectOffered } from '../../../source/store/comparisons/select-captures.ts';
import type { Store } from '../../../source/store/open.ts';
import { appendEvent } from '../../../source/store/verdicts.ts';
import { UserError } from '../../../source/text/user-error.ts';
import { at, sampleCapture, sampleComparison } from '../samples.ts';
import { temporaryStore } from '../temporary-store.ts';

const models = { baseline: 'openai/gpt-4o', candidate: 'deepseek/deepseek-v4-flash' };

describe('openComparison', () => {
  it('returns the comparison of the same name and models', async () => {
    const store = await temporaryStore();
    const first = await openComparison(store, { ...models, name: 'spring', at });
    const again = await openComparison(store, { ...models, name: 'spring', at: '2027-01-01' });
    expect(first.created).toBe(true);
    expect(again).toEqual({ ...first, created: false });
    expect(first.id).toMatch(/^[0-9a-hjkmnp-tv-z]{8}$/);
    const other = await openComparison(store, { ...models, name: 'summer', at });
    expect(other.id).not.toBe(first.id);
  });

  it('is named after its models by default', async () => {
    const store = await temporaryStore();
    const { name } = await openComparison(store, { ...models, name: null, at });
    expect(name).toBe('openai/gpt-4o → deepseek/deepseek-v4-flash');
  });
});

describe('findComparison', () => {
  it('finds by id, by name, and the newest', async () => {
    const store = await temporaryStore();
    const old = await openComparison(store, { ...models, name: 'old', at: '2026-01-01' });
    const young = await openComparison(store, { ...models, name: 'young', at: '2026-02-01' });
    expect((await findComparison(store, old.id)).name).toBe('old');
    expect((await findComparison(store, 'old')).id).toBe(old.id);
    expect((await findComparison(store, null)).id).toBe(young.id);
    expect((await listComparisons(store)).map(({ name }) => name)).toEqual(['young', 'old']);
  });

  it('lists the comparisons if none matches', async () => {
    const store = await temporaryStore();
    await expect(findComparison(store, null)).rejects.toThrow(/contains no comparison\. Start one/);
    const { id } = await openComparison(store, { ...models, name: 'spring', at });
    const missing = findComparison(store, 'sping\u001b[2J');
    await expect(missing).rejects.toThrow(UserError);
    await expect(missing).rejects.toThrow(`Available: ${id} (spring)`);
    await expect(missing).rejects.not.toThrow('\u001b');
  });

  it('asks for the id if two have the name', async () => {
    const store = await temporaryStore();
    await openComparison(store, { ...models, name: 'spring', at });
    await openComparison(store, { ...models, baseline: 'recorded', name: 'spring', at });
    await expect(findComparison(store, 'spring')).rejects.toThrow(/More than one .* Use an id/);
  });
});

describe('findCandidates', () => {
  const open = (
    store: Store,
    candidate: string,
    change: { name?: string; baseline?: string } = {},
  ) =>
    openComparison(store, {
      name: change.name ?? null,
      baseline: change.baseline ?? 'openai/gpt-4o',
      candidate,
      at,
    });

  it('finds those of one baseline and name, in the order asked for, by whole names or their ends', async () => {
    const store = await temporaryStore();
    const mini = await open(store, 'openai/gpt-4o-mini');
    const flash = await open(store, 'http://127.0.0.1:1/v1#flash');
    await open(store, 'openai/gpt-4o-mini', { name: 'spring' });
    const other = await open(store, 'openai/nano', { baseline: 'openai/gpt-5' });
    const ids = async (asked: string | null, ...candidates: readonly string[]) =>
      (await findCandidates(store, asked, candidates)).map(({ id }) => id);
    expect(await ids(mini.id, 'flash', 'openai/gpt-4o-mini')).toEqual([flash.id, mini.id]);
    expect(await ids(null, 'flash', 'gpt-4o-mini')).toEqual([flash.id, mini.id]);
    expect(await ids(null, 'nano')).toEqual([other.id]);
    expect(await ids(other.id)).toEqual([other.id]);
    await expect(ids('spring', 'flash')).rejects.toThrow(
      'There is no comparison of "flash" with the baseline openai/gpt-4o. Its candidates: openai/gpt-4o-mini.',
    );
    await expect(ids(null, 'flash', 'nano')).rejects.toThrow(/no comparison of "nano"/);
    await expect(ids(null, 'mini')).rejects.toThrow(/no comparison of "mini"/);
    await expect(ids('winter', 'flash')).rejects.toThrow(/no comparison "winter"/);
    await expect(ids(null, 'flash', 'http://127.0.0.1:1/v1#flash')).rejects.toThrow(/twice/);
    await open(store, 'azure/gpt-4o-mini');
    await expect(ids(mini.id, 'gpt-4o-mini')).rejects.toThrow(/More than one candidate is/);
  });
});

describe('listJudgedComparisons', () => {
  it('counts the pairs and the verdicts of one reviewer', async () => {
    const store = await temporaryStore();
    const { id } = await openComparison(store, { ...models, name: 'spring', at });
    for (const captureId of ['one', 'two', 'three']) {
      const capture = {
        id: captureId,
        endpoint: 'a',
        timestamp: null,
        dialect: 'chat' as const,
        model: null,
        request: { messages: [] },
        recorded: [],
        metadata: null,
        partial: [],
      };
      await addRecords(store, [{ kind: 'capture', capture }], {
        source: 'test',
        comparisonId: id,
        at,
      });
    }
    const event = { comparisonId: id, at, kind: 'verdict', verdict: 'agree' } as const;
    await appendEvent(store, { ...event, id: 'e1', captureId: 'one', reviewer: 'ada' });
    await appendEvent(store, { ...event, id: 'e2', captureId: 'one', reviewer: 'ada' });
    await appendEvent(store, { ...event, id: 'e3', captureId: 'two', reviewer: 'bo' });
    expect(await listJudgedComparisons(store, 'ada')).toMatchObject([{ id, pairs: 3, judged: 1 }]);
    expect(await listJudgedComparisons(store, 'cleo')).toMatchObject([{ pairs: 3, judged: 0 }]);
  });
});

describe('the selection of a comparison', () => {
  it('contains every record of the store once, including those that cannot be replayed', async () => {
    const store = await temporaryStore();
    await addRecords(
      store,
      [
        { kind: 'capture', capture: sampleCapture('c1') },
        { kind: 'capture', capture: sampleCapture('c2') },
        { kind: 'rejected', id: 'r1', line: 3, reason: 'not JSON' },
      ],
      { source: 'traffic.jsonl', comparisonId: null, at },
    );
    const { id } = await openComparison(store, { ...models, name: null, at });
    for (let turn = 0; turn < 2; turn += 1) {
      await selectRejected(store, id);
      await offerAll(store);
      await selectOffered(store, id, null);
    }
    expect(await countRecords(store, id)).toEqual({
      replayable: 2,
      notReplayable: 1,
      reasons: [{ reason: 'not JSON', count: 1 }],
    });
  });

  it('keeps its order when it grows', async () => {
    const store = await temporaryStore();
    const captures = Array.from({ length: 12 }, (_, index) => sampleCapture(`c${index}`));
    const id = await sampleComparison(store, captures.slice(0, 6));
    const before = (await listPairs(store, id)).map(({ captureId }) => captureId);
    await sampleComparison(store, captures);
    const after = (await listPairs(store, id)).map(({ captureId }) => captureId);
    expect(after).toHaveLength(12);
    expect(after.filter((captureId) => before.includes(captureId))).toEqual(before);
    expect(after).not.toEqual(captures.map((capture) => capture.id));
  });

  it('survives dropEmptyComparison unless it is empty', async () => {
    const store = await temporaryStore();
    const id = await sampleComparison(store, [sampleCapture('c1')]);
    expect(await dropEmptyComparison(store, id)).toBe(false);
    const empty = await openComparison(store, { ...models, name: 'empty', at });
    expect(await dropEmptyComparison(store, empty.id)).toBe(true);
    expect((await listComparisons(store)).map((comparison) => comparison.id)).toEqual([id]);
  });
});
