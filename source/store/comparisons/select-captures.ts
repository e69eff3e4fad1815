import { setImmediate as nextTurn } from 'node:timers/promises';
import { sql } from 'kysely';
import type { JsonObject } from '../../text/json.ts';
import { captureFilter } from '../../traffic/selection/capture-filter.ts';
import {
  everything,
  parseSelection,
  type LeftOutReason,
  type Selection,
} from '../../traffic/selection/selection.ts';
import type { Store } from '../open.ts';
import { queuePosition } from './comparisons.ts';

/** What a selection made of the captures that were offered. */
export type SelectionResult = {
  readonly offered: number;
  /** Those that fit, whether the comparison had them or not. */
  readonly selected: number;
  /** Those of them that are new to the comparison. */
  readonly added: number;
  /** What the comparison had before, which it keeps. */
  readonly before: number;
  /** Why the others do not fit; sums to `offered - selected`; most frequent first. */
  readonly reasons: readonly { readonly reason: string; readonly captures: number }[];
};

/**
 * Begins an offer: a list of captures from which a comparison may choose. It lives in this connection
 * alone, so that an import that is killed leaves no half selection behind.
 */
export const offerNone = async ({ db }: Store): Promise<void> => {
  await sql`pragma temp.cache_size = -4000`.execute(db);
  await sql`drop table if exists temp.offered`.execute(db);
  await sql`create temp table offered (capture_id text not null primary key)`.execute(db);
};

/** Adds captures to an offer; those that it has already stay. */
export const offerCaptures = async ({ db }: Store, ids: readonly string[]): Promise<void> => {
  await sql`
    insert into offered (capture_id) select value from json_each(${JSON.stringify(ids)}) where true
    on conflict do nothing
  `.execute(db);
};

/** Offers every capture of the store. */
export const offerAll = async (store: Store): Promise<void> => {
  await offerNone(store);
  await sql`insert into offered (capture_id) select id from capture`.execute(store.db);
};

/** The endpoints of the offered captures, those with the most captures first; at most `limit`. */
export const offeredEndpoints = async (
  { db }: Store,
  limit: number,
): Promise<readonly string[]> => {
  const rows = await db
    .selectFrom('offered')
    .innerJoin('capture', 'capture.id', 'offered.capture_id')
    .select('endpoint')
    .groupBy('endpoint')
    .orderBy((e) => e.fn.countAll(), 'desc')
    .orderBy('endpoint')
    .limit(limit)
    .execute();
  return rows.map(({ endpoint }) => endpoint);
};

/** The latest selection of a comparison; null when it never had one. */
export const selectionOf = async (
  { db }: Store,
  comparisonId: string,
): Promise<Selection | null> => {
  const row = await db
    .selectFrom('comparison')
    .select('selection')
    .where('id', '=', comparisonId)
    .executeTakeFirst();
  return row?.selection ? parseSelection(row.selection) : null;
};

/**
 * Selects what fits of the captures that were offered, in one transaction, and ends the offer. What
 * the comparison has already stays; what does not fit is kept as left out with its reason, unless the
 * comparison has it. Null selects everything, and the comparison remembers no selection. Memory does
 * not grow with the captures, and the store is locked only while the result is written.
 */
export const selectOffered = async (
  store: Store,
  comparisonId: string,
  selection: Selection | null,
): Promise<SelectionResult> => {
  await judgeOffered(store, comparisonId, selection);
  await cut(store, selection ?? everything);
  const result = await store.db.transaction().execute(async (transaction) => {
    const writing = { ...store, db: transaction };
    const before = await countSelected(writing, comparisonId);
    await writeChoice(writing, comparisonId, selection);
    const { offered, selected, reasons } = await countChoice(writing);
    const added = (await countSelected(writing, comparisonId)) - before;
    return { offered, selected, added, before, reasons };
  });
  for (const table of ['offered', 'choice']) {
    await sql`drop table temp.${sql.ref(table)}`.execute(store.db);
  }
  return result;
};

/** Few enough to be gone before the garbage of young objects is collected. */
const page = 250;

const judgeOffered = async (
  store: Store,
  comparisonId: string,
  selection: Selection | null,
): Promise<void> => {
  const { db } = store;
  await sql`drop table if exists temp.choice`.execute(db);
  await sql`
    create temp table choice (
      capture_id text not null primary key,
      position text not null,
      reason text,
      place text not null,
      stratum text not null
    )
  `.execute(db);
  const nextPage = selection === null ? takePage(store) : judgedPage(store, selection);
  for (let last = ''; ;) {
    const judged = await nextPage(last);
    const rows = judged.map(({ id, reason, rank, stratum }) => [
      id,
      queuePosition(comparisonId, id),
      reason,
      rank,
      stratum,
    ]);
    // One text for a page: values by themselves are garbage by the hundred megabytes.
    await sql`
      insert into choice (capture_id, position, reason, place, stratum)
      select value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4
      from json_each(${JSON.stringify(rows)})
    `.execute(db);
    const end = judged.at(-1);
    if (end === undefined) return;
    last = end.id;
    // The queries themselves never wait, and a signal must be heard meanwhile.
    await nextTurn();
  }
};

/** An offered capture, and whether it fits: its reason is null. */
type Judged = {
  readonly id: string;
  readonly reason: string | null;
  readonly rank: string;
  readonly stratum: string;
};

/** The next offered captures after an id. */
type NextPage = (last: string) => Promise<readonly Judged[]>;

/** Takes all captures, without a look at them. */
const takePage =
  ({ db }: Store): NextPage =>
  async (last) => {
    const rows = await db
      .selectFrom('offered')
      .select('capture_id')
      .where('capture_id', '>', last)
      .orderBy('capture_id')
      .limit(page)
      .execute();
    return rows.map(({ capture_id: id }) => ({ id, reason: null, rank: '', stratum: '' }));
  };

const judgedPage = ({ db }: Store, selection: Selection): NextPage => {
  const judge = captureFilter(selection);
  return async (last) => {
    const rows = await db
      .selectFrom('offered')
      .innerJoin('capture', 'capture.id', 'offered.capture_id')
      .select(['id', 'endpoint', 'timestamp', 'metadata'])
      .where('offered.capture_id', '>', last)
      .orderBy('offered.capture_id')
      .limit(page)
      .execute();
    return rows.map(({ endpoint, id, metadata, timestamp }) => ({
      id,
      ...judge({
        id,
        endpoint,
        timestamp,
        metadata: metadata === null ? null : (JSON.parse(metadata) as JsonObject),
      }),
    }));
  };
};

/** Leaves out what is over a number, in the order of rank. */
const cut = async ({ db }: Store, { stratify, limit }: Selection): Promise<void> => {
  if (stratify !== null) {
    await sql`
      update choice set reason = ${'over the number per stratum' satisfies LeftOutReason}
      where capture_id in (
        select capture_id from (
          select capture_id,
            row_number() over (partition by stratum order by place, capture_id) as number
          from choice where reason is null
        ) numbered
        where number > ${stratify.most}
      )
    `.execute(db);
  }
  if (limit !== null) {
    await sql`
      update choice set reason = ${'over the limit' satisfies LeftOutReason}
      where capture_id in (
        select capture_id from (
          select capture_id, row_number() over (order by place, capture_id) as number
          from choice where reason is null
        ) numbered
        where number > ${limit}
      )
    `.execute(db);
  }
};

const writeChoice = async (
  { db }: Store,
  comparisonId: string,
  selection: Selection | null,
): Promise<void> => {
  await sql`
    insert into comparison_capture (comparison_id, capture_id, position)
    select ${comparisonId}, capture_id, position from choice where reason is null
    on conflict do nothing
  `.execute(db);
  await sql`
    delete from comparison_left_out
    where comparison_id = ${comparisonId} and capture_id in (select capture_id from choice)
  `.execute(db);
  await sql`
    insert into comparison_left_out (comparison_id, capture_id, reason)
    select ${comparisonId}, capture_id, reason from choice
    where reason is not null and capture_id not in (
      select capture_id from comparison_capture where comparison_id = ${comparisonId}
    )
  `.execute(db);
  await db
    .updateTable('comparison')
    .set({ selection: selection === null ? null : JSON.stringify(selection) })
    .where('id', '=', comparisonId)
    .execute();
};

const countSelected = async ({ db }: Store, comparisonId: string): Promise<number> => {
  const { count } = await db
    .selectFrom('comparison_capture')
    .select((e) => e.fn.countAll<number>().as('count'))
    .where('comparison_id', '=', comparisonId)
    .executeTakeFirstOrThrow();
  return Number(count);
};

const countChoice = async ({ db }: Store) => {
  const rows = await db
    .selectFrom('choice')
    .select((e) => ['reason', e.fn.countAll<number>().as('captures')])
    .groupBy('reason')
    .orderBy('captures', 'desc')
    .orderBy('reason')
    .execute();
  const counts = rows.map(({ reason, captures }) => ({ reason, captures: Number(captures) }));
  return {
    offered: counts.reduce((sum, { captures }) => sum + captures, 0),
    selected: counts.find(({ reason }) => reason === null)?.captures ?? 0,
    reasons: counts.flatMap(({ reason, captures }) =>
      reason === null ? [] : [{ reason, captures }],
    ),
  };
};
