import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addRecords } from '../../../source/store/captures/add-records.ts';
import { openComparison } from '../../../source/store/comparisons/comparisons.ts';
import {
  loadSelection,
  offerAll,
  offerCaptures,
  offeredEndpoints,
  offerNone,
  selectOffered,
} from '../../../source/store/comparisons/select-captures.ts';
import type { Store } from '../../../source/store/open.ts';
import type { Capture } from '../../../source/traffic/capture.ts';
import { captureFilter } from '../../../source/traffic/selection/capture-filter.ts';
import { everything, type Selection } from '../../../source/traffic/selection/selection.ts';
import { at, sampleCapture } from '../samples.ts';
import { temporaryStore } from '../temporary-store.ts';

const newComparison = async (store: Store, name: string): Promise<string> =>
  (await openComparison(store, { name, baseline: 'a', candidate: 'b', at })).id;

const importInto = async (
  store: Store,
  comparisonId: string | null,
  captures: readonly Capture[],
): Promise<void> => {
  await addRecords(
    store,
    captures.map((capture) => ({ kind: 'capture', capture })),
    { source: 'traffic.jsonl', comparisonId, offer: true, at },
  );
  if (comparisonId === null) return;
  await offerCaptures(
    store,
    captures.map(({ id }) => id),
  );
};

const selectedOf = async (store: Store, comparisonId: string): Promise<readonly string[]> => {
  const rows = await store.db
    .selectFrom('comparison_capture')
    .select('capture_id')
    .where('comparison_id', '=', comparisonId)
    .orderBy('capture_id')
    .execute();
  return rows.map(({ capture_id: id }) => id);
};

const countLeftOut = async (store: Store, comparisonId: string) => {
  const rows = await store.db
    .selectFrom('comparison_left_out')
    .select(['capture_id', 'reason'])
    .where('comparison_id', '=', comparisonId)
    .execute();
  return new Map(rows.map(({ capture_id: id, reason }) => [id, reason]));
};

/** The same selection, written down once more and as simply as it can be. */
const expected = (selection: Selection, captures: readonly Capture[]) => {
  const judge = captureFilter(selection);
  const judged = captures
    .map((capture) => ({ id: capture.id, ...judge(capture) }))
    .sort((a, b) => (a.rank < b.rank ? -1 : a.rank > b.rank ? 1 : a.id < b.id ? -1 : 1));
  const taken: string[] = [];
  const strata = new Map<string, number>();
  const leftOut = new Map<string, string>();
  for (const { id, reason, stratum } of judged) {
    const inStratum = (strata.get(stratum) ?? 0) + 1;
    if (reason !== null) leftOut.set(id, reason);
    else if (inStratum > (selection.stratify?.most ?? Infinity)) {
      leftOut.set(id, 'over the number per stratum');
    } else {
      strata.set(stratum, inStratum);
      if (taken.length >= (selection.limit ?? Infinity)) leftOut.set(id, 'over the limit');
      else taken.push(id);
    }
  }
  return { taken: taken.sort(), leftOut };
};

const captures = fc.uniqueArray(
  fc.record({
    id: fc.string({ minLength: 1, maxLength: 4, unit: 'grapheme-ascii' }),
    endpoint: fc.constantFrom('classify', 'reply', 'summarise'),
    timestamp: fc.constantFrom(null, '2026-11-18T00:00:00.000Z', '2026-11-20T23:59:59.999Z'),
    metadata: fc.constantFrom(null, { tier: 'gold' }, { tier: 2, session: 's' }, { session: 't' }),
  }),
  { selector: ({ id }) => id, maxLength: 25 },
);

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null, freq: 1 });

const selections: fc.Arbitrary<Selection> = fc.record({
  sample: maybe(fc.constantFrom(0.2, 0.5, 0.8, 1)),
  endpoints: fc.constantFrom<string[]>([], ['classify', 're*']),
  since: maybe(fc.constant('2026-11-19T00:00:00.000Z')),
  until: maybe(fc.constant('2026-11-21T00:00:00.000Z')),
  where: fc.constantFrom<Selection['where']>([], [{ path: 'tier', operator: '!=', value: 'gold' }]),
  stratify: maybe(
    fc.record({
      by: fc.constantFrom('endpoint', 'metadata.tier'),
      most: fc.integer({ min: 1, max: 5 }),
    }),
  ),
  limit: maybe(fc.integer({ min: 1, max: 12 })),
});

describe('a selection in the store', () => {
  it('selects every capture or leaves it out for one reason, in any order of import', async () => {
    const store = await temporaryStore();
    let run = 0;
    await fc.assert(
      fc.asyncProperty(captures, selections, fc.nat(), async (drawn, selection, turn) => {
        run += 1;
        // Each run has ids of its own in one store, which is quicker than a store for each.
        const all = drawn.map((one) =>
          sampleCapture(`${run} ${one.id}`, { ...one, id: `${run} ${one.id}` }),
        );
        const part = all.length === 0 ? 0 : turn % all.length;
        const shuffled = [...all.slice(part), ...all.slice(0, part)].reverse();
        const id = await newComparison(store, `run ${run}`);
        await offerNone(store);
        await importInto(store, id, shuffled.slice(0, part));
        await importInto(store, id, shuffled);
        const result = await selectOffered(store, id, selection);
        const { taken, leftOut } = expected(selection, all);
        expect(await selectedOf(store, id)).toEqual(taken);
        expect(await countLeftOut(store, id)).toEqual(leftOut);
        expect(result).toMatchObject({
          offered: all.length,
          selected: taken.length,
          added: taken.length,
          before: 0,
        });
        const counted = result.reasons.reduce((sum, { captures: number }) => sum + number, 0);
        expect(counted).toBe(leftOut.size);
        expect(await loadSelection(store, id)).toEqual(selection);
      }),
      { numRuns: 60 },
    );
  });

  it('selects with a larger limit everything that a smaller one selects', async () => {
    const store = await temporaryStore();
    const all = Array.from({ length: 40 }, (_, index) =>
      sampleCapture(`c${index}`, { endpoint: `e${index % 3}` }),
    );
    await importInto(store, null, all);
    const taken = async (selection: Partial<Selection>): Promise<readonly string[]> => {
      const id = await newComparison(store, JSON.stringify(selection));
      await offerAll(store);
      await selectOffered(store, id, { ...everything, ...selection });
      return selectedOf(store, id);
    };
    for (const make of [
      (number: number) => ({ limit: number }),
      (number: number) => ({ stratify: { by: 'endpoint', most: number } }),
      (number: number) => ({ sample: number / 40 }),
    ]) {
      let before: readonly string[] = [];
      for (const number of [1, 2, 5, 13, 40]) {
        const now = await taken(make(number));
        expect(now).toEqual(expect.arrayContaining([...before]));
        expect(now.length).toBeGreaterThanOrEqual(before.length);
        before = now;
      }
      expect(before).toHaveLength(40);
    }
  });

  it('keeps its captures when repeated, and counts each left-out capture once', async () => {
    const store = await temporaryStore();
    const all = Array.from({ length: 20 }, (_, index) =>
      sampleCapture(`c${index}`, { endpoint: `e${index % 2}` }),
    );
    const id = await newComparison(store, 'spring');
    await offerNone(store);
    await importInto(store, id, all);
    await selectOffered(store, id, { ...everything, endpoints: ['e0'] });
    expect(await countLeftOut(store, id)).toHaveProperty('size', 10);

    await offerAll(store);
    const again = await selectOffered(store, id, { ...everything, endpoints: ['e1'], limit: 4 });
    expect(again).toEqual({
      offered: 20,
      selected: 4,
      added: 4,
      before: 10,
      reasons: [
        { reason: 'another endpoint', captures: 10 },
        { reason: 'over the limit', captures: 6 },
      ],
    });
    expect(await selectedOf(store, id)).toHaveLength(14);
    expect([...(await countLeftOut(store, id)).values()]).toEqual(Array(6).fill('over the limit'));

    await offerAll(store);
    await selectOffered(store, id, null);
    expect(await selectedOf(store, id)).toHaveLength(20);
    expect(await countLeftOut(store, id)).toHaveProperty('size', 0);
    expect(await loadSelection(store, id)).toBeNull();
  });

  it('selects nothing if the import does not finish', async () => {
    const store = await temporaryStore();
    const id = await newComparison(store, 'spring');
    await offerNone(store);
    await importInto(store, id, [sampleCapture('c1')]);
    expect(await selectedOf(store, id)).toEqual([]);
    await offerNone(store);
    expect(await selectOffered(store, id, everything)).toMatchObject({ offered: 0, added: 0 });
  });

  it('lists the endpoints of offered captures, most frequent first', async () => {
    const store = await temporaryStore();
    await importInto(store, null, [
      sampleCapture('c1', { endpoint: 'a' }),
      sampleCapture('c2', { endpoint: 'b' }),
      sampleCapture('c3', { endpoint: 'b' }),
    ]);
    await offerAll(store);
    expect(await offeredEndpoints(store, 10)).toEqual(['b', 'a']);
    expect(await offeredEndpoints(store, 1)).toEqual(['b']);
  });
});
