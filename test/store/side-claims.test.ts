import { describe, expect, it } from 'vitest';
import {
  listClaimants,
  releaseClaims,
  removeClaimants,
  takeClaims,
  touchClaimant,
  type Claimant,
  type SharedSide,
} from '../../source/store/side-claims.ts';
import { openComparison } from '../../source/store/comparisons/comparisons.ts';
import { reuseAnswer, saveResponse } from '../../source/store/responses.ts';
import { selectLike } from '../../source/store/comparisons/select-captures.ts';
import type { Store } from '../../source/store/open.ts';
import { at, sampleCapture, sampleComparison, sampleResponse } from './samples.ts';
import { temporaryStore } from './temporary-store.ts';

const run = (id: string): Claimant => ({ id, host: 'here', pid: 1, startedAt: at });

const one = run('one');
const two = run('two');

const side = (change: Partial<SharedSide> & Pick<SharedSide, 'comparisonIds'>): SharedSide => ({
  captureId: 'c1',
  side: 'candidate',
  sample: 0,
  ...change,
});

const take = async (store: Store, claimant: Claimant, wanted: SharedSide) => {
  const [result] = await takeClaims(store, claimant, [wanted], at);
  return result;
};

const nothing = { claimed: [], answered: [], ordered: [], taken: [] };

/** A store with a comparison of one capture, `c1`. */
const open = async () => {
  const store = await temporaryStore();
  const comparisonId = await sampleComparison(store, [sampleCapture('c1')], 'first');
  return { store, comparisonId, comparisonIds: [comparisonId] };
};

/** Another comparison of the same capture and baseline. */
const another = async (store: Store, like: string, name: string): Promise<string> => {
  const { id } = await openComparison(store, { name, baseline: 'a', candidate: 'c', at });
  await selectLike(store, like, id);
  return id;
};

const claims = async (store: Store) =>
  store.db.selectFrom('claim').select(['claimant_id', 'comparison_id', 'side']).execute();

describe('a claim', () => {
  it('is of one run, each side and each sample by itself', async () => {
    const { store, comparisonIds } = await open();
    expect(await take(store, one, side({ comparisonIds }))).toEqual({
      ...nothing,
      claimed: comparisonIds,
    });
    expect(await take(store, two, side({ comparisonIds }))).toEqual({
      ...nothing,
      taken: comparisonIds,
    });
    expect(await take(store, one, side({ comparisonIds }))).toMatchObject({
      claimed: comparisonIds,
    });
    for (const other of [{ side: 'baseline' as const }, { sample: 1 }]) {
      expect(await take(store, two, side({ comparisonIds, ...other }))).toMatchObject({
        claimed: comparisonIds,
      });
    }
  });

  it('goes to one of many that ask at once', async () => {
    const { store, comparisonIds } = await open();
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        take(store, run(`run ${index}`), side({ comparisonIds })),
      ),
    );
    expect(results.filter((result) => result?.claimed.length === 1)).toHaveLength(1);
    expect(results.filter((result) => result?.taken.length === 1)).toHaveLength(19);
  });

  it('is free again when it is released, and only its own run can release it', async () => {
    const { store, comparisonIds } = await open();
    const wanted = side({ comparisonIds });
    await take(store, one, wanted);
    await releaseClaims(store, 'two', [wanted]);
    expect(await take(store, two, wanted)).toMatchObject({ taken: comparisonIds });
    await releaseClaims(store, 'one', [wanted]);
    expect(await take(store, two, wanted)).toMatchObject({ claimed: comparisonIds });
  });

  it('ends with its run', async () => {
    const { store, comparisonIds } = await open();
    await take(store, one, side({ comparisonIds }));
    await removeClaimants(store, ['one']);
    expect(await claims(store)).toEqual([]);
    expect(await take(store, two, side({ comparisonIds }))).toMatchObject({
      claimed: comparisonIds,
    });
  });

  it('ends with the answer, after which there is nothing to claim', async () => {
    const { store, comparisonId, comparisonIds } = await open();
    await take(store, one, side({ comparisonIds }));
    await saveResponse(store, sampleResponse(comparisonId, 'c1', 'candidate'));
    expect(await claims(store)).toEqual([]);
    expect(await take(store, two, side({ comparisonIds }))).toEqual({
      ...nothing,
      answered: comparisonIds,
    });
  });

  it('is refused if the answer is ordered in a batch', async () => {
    const { store, comparisonId, comparisonIds } = await open();
    const job = { id: 'j', comparison_id: comparisonId, side: 'candidate', lines: 1, bytes: 1 };
    const times = { created_at: at, updated_at: at };
    await store.db
      .insertInto('batch_job')
      .values({ ...job, ...times, side: 'candidate', state: 'planned' })
      .execute();
    const { number } = await store.db
      .insertInto('body')
      .values({ text: '[]', bytes: 2 })
      .returning('number')
      .executeTakeFirstOrThrow();
    await store.db
      .insertInto('batch_line')
      .values({
        job_id: 'j',
        line: 1,
        custom_id: 'x',
        comparison_id: comparisonId,
        capture_id: 'c1',
        side: 'candidate',
        sample: 0,
        adaptations_body: number,
        settled: 0,
      })
      .execute();
    // While a job is planned nothing has been ordered.
    expect(await take(store, one, side({ comparisonIds }))).toMatchObject({
      claimed: comparisonIds,
    });
    await removeClaimants(store, ['one']);
    await store.db.updateTable('batch_job').set({ state: 'uploaded' }).execute();
    expect(await take(store, one, side({ comparisonIds }))).toEqual({
      ...nothing,
      ordered: comparisonIds,
    });
  });
});

describe('a claim on an answer of the baseline', () => {
  it('counts in every comparison of the same name and baseline', async () => {
    const { store, comparisonId, comparisonIds } = await open();
    const sibling = [await another(store, comparisonId, 'first')];
    const stranger = [await another(store, comparisonId, 'second')];
    const baseline = { side: 'baseline' as const };
    await take(store, one, side({ ...baseline, comparisonIds }));
    expect(await take(store, two, side({ ...baseline, comparisonIds: sibling }))).toEqual({
      ...nothing,
      taken: sibling,
    });
    expect(await take(store, two, side({ ...baseline, comparisonIds: stranger }))).toMatchObject({
      claimed: stranger,
    });
    // A candidate answers for its own comparison only.
    await take(store, one, side({ comparisonIds }));
    expect(await take(store, two, side({ comparisonIds: sibling }))).toMatchObject({
      claimed: sibling,
    });
  });

  it('is granted for all comparisons that it serves or for none', async () => {
    const { store, comparisonId } = await open();
    const other = await another(store, comparisonId, 'second');
    const third = await another(store, comparisonId, 'third');
    const baseline = { side: 'baseline' as const };
    await take(store, one, side({ ...baseline, comparisonIds: [comparisonId, other] }));
    expect(await take(store, two, side({ ...baseline, comparisonIds: [other, third] }))).toEqual({
      ...nothing,
      taken: [other, third],
    });
    expect((await claims(store)).map((row) => row.comparison_id).sort()).toEqual(
      [comparisonId, other].sort(),
    );
    await removeClaimants(store, ['one']);
    const free = await take(store, two, side({ ...baseline, comparisonIds: [other, third] }));
    expect(free).toMatchObject({ claimed: [other, third] });
  });

  it('ends where the answer is reused', async () => {
    const { store, comparisonId } = await open();
    const other = await another(store, comparisonId, 'second');
    await saveResponse(store, sampleResponse(comparisonId, 'c1', 'baseline'));
    await take(store, one, side({ side: 'baseline', comparisonIds: [other] }));
    await reuseAnswer(store, {
      captureId: 'c1',
      side: 'baseline',
      sample: 0,
      sources: [{ comparisonId, adaptations: null }],
      targets: [other],
    });
    expect(await claims(store)).toEqual([]);
  });
});

describe('a run that claims', () => {
  it('is listed with its last report until it is removed', async () => {
    const { store, comparisonIds } = await open();
    await touchClaimant(store, one, '2026-11-20T08:00:00.000Z');
    await take(store, two, side({ comparisonIds }));
    await touchClaimant(store, one, '2026-11-20T08:00:15.000Z');
    expect(await listClaimants(store)).toEqual([
      { ...one, touchedAt: '2026-11-20T08:00:15.000Z' },
      { ...two, touchedAt: at },
    ]);
    await removeClaimants(store, ['one', 'two']);
    expect(await listClaimants(store)).toEqual([]);
  });

  it('may claim again after it was considered ended', async () => {
    const { store, comparisonIds } = await open();
    await take(store, one, side({ comparisonIds }));
    await removeClaimants(store, ['one']);
    expect(await take(store, one, side({ comparisonIds }))).toMatchObject({
      claimed: comparisonIds,
    });
  });
});
