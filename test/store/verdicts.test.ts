import fc from 'fast-check';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../source/comparison/outcome.ts';
import { timeOrderedId } from '../../source/text/time-ordered-id.ts';
import type { Store } from '../../source/store/open.ts';
import { listPairTraits } from '../../source/store/comparisons/pair-traits.ts';
import { appendEvent, listEvents, type VerdictEvent } from '../../source/store/verdicts.ts';
import { at, sampleCapture, sampleComparison } from './samples.ts';
import { temporaryStore } from './temporary-store.ts';

const verdicts: readonly Verdict[] = ['agree', 'worse', 'better', 'both_bad'];
const captures = ['c1', 'c2', 'c3'];
const reviewers = ['ann', 'bo'];

/** What a reviewer does; `undo` names an earlier event by its place, counted from the last. */
type Step =
  | { readonly kind: 'verdict'; readonly verdict: Verdict }
  | { readonly kind: 'skip' }
  | { readonly kind: 'tag' }
  | { readonly kind: 'undo'; readonly back: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('verdict' as const), verdict: fc.constantFrom(...verdicts) }),
  fc.record({ kind: fc.constant('skip' as const) }),
  fc.record({ kind: fc.constant('tag' as const) }),
  fc.record({ kind: fc.constant('undo' as const), back: fc.nat({ max: 6 }) }),
);

const action = fc.record({
  captureId: fc.constantFrom(...captures),
  reviewer: fc.constantFrom(...reviewers),
  step,
});

const toEvents = (
  comparisonId: string,
  actions: readonly { captureId: string; reviewer: string; step: Step }[],
  startMs: number,
): readonly VerdictEvent[] => {
  const events: VerdictEvent[] = [];
  let previous: string | null = null;
  for (const { captureId, reviewer, step: taken } of actions) {
    const id: string = timeOrderedId(previous, startMs, new Uint8Array(10));
    const common = { id, comparisonId, captureId, reviewer, at };
    if (taken.kind === 'tag') events.push({ ...common, kind: 'tag', tag: 'tone' });
    else if (taken.kind !== 'undo') events.push({ ...common, ...taken });
    else {
      const own = events.filter((event) => event.reviewer === reviewer);
      const target = own.at(-1 - taken.back);
      if (target === undefined) continue;
      events.push({ ...common, captureId: target.captureId, kind: 'undo', undoes: target.id });
    }
    previous = id;
  }
  return events;
};

/** The verdict in force by the plain rule: the latest that was not undone. */
const standing = (events: readonly VerdictEvent[], captureId: string, reviewer: string) => {
  const own = events.filter((event) => event.reviewer === reviewer);
  const undone = new Set(own.flatMap((event) => (event.kind === 'undo' ? [event.undoes] : [])));
  const live = own.filter((event) => event.captureId === captureId && !undone.has(event.id));
  const verdict = live.findLast((event) => event.kind === 'verdict');
  return {
    verdict: verdict?.kind === 'verdict' ? verdict.verdict : null,
    skipped: verdict === undefined && live.some((event) => event.kind === 'skip'),
  };
};

const clear = async (store: Store): Promise<void> => {
  await store.db.deleteFrom('verdict_event').execute();
};

describe('verdict events', () => {
  it('fold to the latest verdict that no undo has taken back, for any history', async () => {
    const store = await temporaryStore();
    const comparisonId = await sampleComparison(
      store,
      captures.map((id) => sampleCapture(id)),
    );
    await fc.assert(
      fc
        .asyncProperty(fc.array(action, { maxLength: 25 }), async (actions) => {
          const events = toEvents(comparisonId, actions, Date.parse(at));
          for (const event of events) await appendEvent(store, event);
          for (const reviewer of reviewers) {
            expect(await listEvents(store, comparisonId, reviewer)).toEqual(
              events.filter((event) => event.reviewer === reviewer),
            );
            const rows = await store.db
              .selectFrom('current_verdict')
              .select(['capture_id', 'verdict'])
              .where('comparison_id', '=', comparisonId)
              .where('reviewer', '=', reviewer)
              .execute();
            const inForce = new Map(rows.map((row) => [row.capture_id, row.verdict]));
            const traits = await listPairTraits(store, comparisonId, {
              reviewer,
              cost: () => null,
            });
            for (const { captureId, skipped } of traits) {
              const verdict = inForce.get(captureId) ?? null;
              expect({ verdict, skipped: skipped && verdict === null }).toEqual(
                standing(events, captureId, reviewer),
              );
            }
          }
        })
        .afterEach(() => clear(store)),
      { numRuns: 60 },
    );
  });

  it('are committed at synchronous = EXTRA, which is NORMAL again afterwards', async () => {
    const store = await temporaryStore();
    const comparisonId = await sampleComparison(store, [sampleCapture('c1')]);
    await sql`create temp table seen (level integer)`.execute(store.db);
    await sql`
      create temp trigger watch after insert on verdict_event begin
        insert into seen select synchronous from pragma_synchronous;
      end
    `.execute(store.db);
    for (const id of ['1', '2']) {
      await appendEvent(store, {
        id,
        comparisonId,
        captureId: 'c1',
        reviewer: 'ann',
        at,
        kind: 'skip',
      });
    }
    const extra = 3;
    const normal = 1;
    expect((await sql`select level from seen`.execute(store.db)).rows).toEqual([
      { level: extra },
      { level: extra },
    ]);
    expect((await sql`pragma synchronous`.execute(store.db)).rows).toEqual([
      { synchronous: normal },
    ]);
  });

  it('keep a comment as text, with NUL and lone surrogates replaced', async () => {
    const store = await temporaryStore();
    const comparisonId = await sampleComparison(store, [sampleCapture('c1')]);
    const event = { id: '1', comparisonId, captureId: 'c1', reviewer: 'ann', at } as const;
    await appendEvent(store, { ...event, kind: 'comment', comment: 'a\0b\ud800 好' });
    expect(await listEvents(store, comparisonId, 'ann')).toEqual([
      { ...event, kind: 'comment', comment: 'a\uFFFDb\uFFFD 好' },
    ]);
  });

  it('of a pair that the comparison does not select are refused and not stored', async () => {
    const store = await temporaryStore();
    const comparisonId = await sampleComparison(store, [sampleCapture('c1')]);
    await expect(
      appendEvent(store, {
        id: '1',
        comparisonId,
        captureId: 'c9',
        reviewer: 'ann',
        at,
        kind: 'skip',
      }),
    ).rejects.toThrow(/FOREIGN KEY/);
    expect(await listEvents(store, comparisonId, 'ann')).toEqual([]);
  });

  it('make the view agreement_by_endpoint', async () => {
    const store = await temporaryStore();
    const comparisonId = await sampleComparison(store, [
      sampleCapture('c1', { endpoint: 'a' }),
      sampleCapture('c2', { endpoint: 'a' }),
      sampleCapture('c3', { endpoint: 'b' }),
    ]);
    const give = (id: string, captureId: string, verdict: Verdict) =>
      appendEvent(store, {
        id,
        comparisonId,
        captureId,
        reviewer: 'ann',
        at,
        kind: 'verdict',
        verdict,
      });
    await give('1', 'c1', 'worse');
    await give('2', 'c1', 'agree');
    await give('3', 'c2', 'better');
    await give('4', 'c3', 'both_bad');
    const { rows } = await sql`
      select endpoint, verdicts, agree, worse, better, both_bad, agreement_rate
      from agreement_by_endpoint where reviewer = 'ann' order by endpoint
    `.execute(store.db);
    expect(rows).toEqual([
      {
        endpoint: 'a',
        verdicts: 2,
        agree: 1,
        worse: 0,
        better: 1,
        both_bad: 0,
        agreement_rate: 0.5,
      },
      { endpoint: 'b', verdicts: 1, agree: 0, worse: 0, better: 0, both_bad: 1, agreement_rate: 0 },
    ]);
  });
});
