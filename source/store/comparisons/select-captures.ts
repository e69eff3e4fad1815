import { setImmediate as nextTurn } from 'node:timers/promises';
import { sql, type Transaction } from 'kysely';
import { parseJsonObject } from '../../text/json.ts';
import { captureFilter } from '../../traffic/selection/capture-filter.ts';
import { type LeftOutReason, type Selection } from '../../traffic/selection/selection.ts';
import type { SelectionChoice } from '../engine/engine.ts';
import type { Store } from '../open.ts';
import type { Tables } from '../tables.ts';
import { queuePosition } from './queue-order.ts';

/** The result of selecting from the offered captures. */
export type SelectionResult = {
  readonly offered: number;
  /** The captures that fit, including those that the comparison already had. */
  readonly selected: number;
  /** The captures of `selected` that are new to the comparison. */
  readonly added: number;
  /** The captures that the comparison had before. It keeps them. */
  readonly before: number;
  /**
   * The reasons why the others do not fit, most frequent first. They add up to `offered -
   * selected`.
   */
  readonly reasons: readonly CountedReason[];
};

type CountedReason = { readonly reason: string; readonly captures: number };

/** Starts an empty offer: a list of captures from which a comparison may select. */
export const offerNone = ({ engine }: Store): Promise<void> =>
  engine.temporaryTables.createOffered();

/** Adds captures to the offer; duplicates are ignored. */
export const offerCaptures = ({ engine }: Store, ids: readonly string[]): Promise<void> =>
  engine.temporaryTables.insertOffered(ids);

/** Offers every capture of the store. */
export const offerAll = async (store: Store): Promise<void> => {
  await offerNone(store);
  await sql`insert into offered (capture_id) select id from capture`.execute(store.db);
};

/** Lists at most `limit` endpoints of the offered captures, most captures first. */
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

/** Loads the latest selection of a comparison; null if it never had one. */
export const loadSelection = async (
  { db }: Store,
  comparisonId: string,
): Promise<Selection | null> => {
  const row = await db
    .selectFrom('comparison')
    .select('selection')
    .where('id', '=', comparisonId)
    .executeTakeFirst();
  if (!row?.selection) return null;
  const { parseSelection } = await import('../../traffic/selection/selection-schema.ts');
  return parseSelection(row.selection);
};

/** The offered captures that a comparison's selection left out. */
export type LeftOut = {
  /** The latest selection; null selects everything. */
  readonly selection: Selection | null;
  /** The reasons, one per capture, most frequent first. */
  readonly reasons: readonly CountedReason[];
};

/** Counts the captures that a comparison left out. */
export const countLeftOut = async (store: Store, comparisonId: string): Promise<LeftOut> => {
  const rows = await store.db
    .selectFrom('comparison_left_out')
    .select((e) => ['reason', e.fn.countAll<number>().as('captures')])
    .where('comparison_id', '=', comparisonId)
    .groupBy('reason')
    .orderBy('captures', 'desc')
    .orderBy('reason')
    .execute();
  return {
    selection: await loadSelection(store, comparisonId),
    reasons: rows.map(({ reason, captures }) => ({ reason, captures: Number(captures) })),
  };
};

/**
 * Selects the offered captures that fit, in one transaction, and ends the offer. The comparison
 * keeps its captures. A capture that does not fit is stored as left out with its reason, unless the
 * comparison has it. A null selection selects everything and is not stored. Memory use is constant,
 * and the store is locked only while the result is written.
 */
export const selectOffered = async (
  store: Store,
  comparisonId: string,
  selection: Selection | null,
): Promise<SelectionResult> => {
  if (selection !== null) {
    await judgeOffered(store, comparisonId, selection);
    await applyLimits(store, selection);
  }
  const result = await store.db.transaction().execute(async (transaction) => {
    const before = await countSelected(transaction, comparisonId);
    if (selection === null) await store.engine.temporaryTables.takeOffered(comparisonId);
    else await writeChoice(transaction, comparisonId);
    await keepSelection(transaction, comparisonId, selection);
    const { offered, selected, reasons } =
      selection === null ? await countOffered(transaction) : await countChoice(transaction);
    const added = (await countSelected(transaction, comparisonId)) - before;
    return { offered, selected, added, before, reasons };
  });
  await store.engine.temporaryTables.drop();
  return result;
};

/**
 * The number of captures per page: small enough that a page is garbage before the young generation
 * is collected.
 */
const pageSize = 250;

const judgeOffered = async (
  store: Store,
  comparisonId: string,
  selection: Selection,
): Promise<void> => {
  const { temporaryTables } = store.engine;
  await temporaryTables.createChoice();
  const nextPage = judgePages(store, selection);
  for (let last = ''; ;) {
    const page = await nextPage(last);
    await temporaryTables.insertChoices(
      page.map(({ id, reason, rank, stratum }): SelectionChoice => [
        id,
        queuePosition(comparisonId, id),
        reason,
        rank,
        stratum,
      ]),
    );
    const end = page.at(-1);
    if (end === undefined) return;
    last = end.id;
    // Queries never yield to the event loop; this allows signals to be handled.
    await nextTurn();
  }
};

/** An offered capture and the reason why it does not fit; null if it does. */
type Judged = {
  readonly id: string;
  readonly reason: string | null;
  readonly rank: string;
  readonly stratum: string;
};

/** Reads the page of offered captures after an id. */
type NextPage = (last: string) => Promise<readonly Judged[]>;

const judgePages = ({ db }: Store, selection: Selection): NextPage => {
  const judge = captureFilter(selection);
  return async (last) => {
    const rows = await db
      .selectFrom('offered')
      .innerJoin('capture', 'capture.id', 'offered.capture_id')
      .select(['id', 'endpoint', 'timestamp', 'metadata'])
      .where('offered.capture_id', '>', last)
      .orderBy('offered.capture_id')
      .limit(pageSize)
      .execute();
    return rows.map(({ endpoint, id, metadata, timestamp }) => ({
      id,
      ...judge({
        id,
        endpoint,
        timestamp,
        metadata: metadata === null ? null : parseJsonObject(metadata),
      }),
    }));
  };
};

/** Leaves out the captures beyond a limit, in order of rank. */
const applyLimits = async ({ db }: Store, { stratify, limit }: Selection): Promise<void> => {
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

const writeChoice = async (db: Transaction<Tables>, comparisonId: string): Promise<void> => {
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
};

const keepSelection = async (
  db: Transaction<Tables>,
  comparisonId: string,
  selection: Selection | null,
): Promise<void> => {
  await db
    .updateTable('comparison')
    .set({ selection: selection === null ? null : JSON.stringify(selection) })
    .where('id', '=', comparisonId)
    .execute();
};

const countSelected = async (db: Transaction<Tables>, comparisonId: string): Promise<number> => {
  const { count } = await db
    .selectFrom('comparison_capture')
    .select((e) => e.fn.countAll<number>().as('count'))
    .where('comparison_id', '=', comparisonId)
    .executeTakeFirstOrThrow();
  return Number(count);
};

const countOffered = async (db: Transaction<Tables>) => {
  const { count } = await db
    .selectFrom('offered')
    .select((e) => e.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return { offered: Number(count), selected: Number(count), reasons: [] };
};

const countChoice = async (db: Transaction<Tables>) => {
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

/**
 * Copies the selection of another comparison: its captures, its rejected records, the captures that
 * it left out and its criteria. The comparison keeps what it already has. `isWanted` chooses among the
 * captures, by default all.
 */
export const selectLike = async (
  store: Store,
  comparisonId: string,
  intoId: string,
  isWanted: (captureId: string) => boolean = () => true,
): Promise<void> => {
  await store.db.transaction().execute(async (transaction) => {
    await copyCaptures(transaction, comparisonId, intoId, isWanted);
    await copyRejected(transaction, comparisonId, intoId);
    await copyLeftOut(transaction, comparisonId, intoId);
    await transaction
      .updateTable('comparison')
      .set((e) => ({
        selection: e
          .selectFrom('comparison as own')
          .select('own.selection')
          .where('own.id', '=', comparisonId),
      }))
      .where('id', '=', intoId)
      .execute();
  });
};

const copyCaptures = async (
  transaction: Transaction<Tables>,
  comparisonId: string,
  intoId: string,
  isWanted: (captureId: string) => boolean,
): Promise<void> => {
  const captures = await transaction
    .selectFrom('comparison_capture as here')
    .leftJoin('comparison_capture as there', (join) =>
      join.onRef('there.capture_id', '=', 'here.capture_id').on('there.comparison_id', '=', intoId),
    )
    .select('here.capture_id')
    .where('here.comparison_id', '=', comparisonId)
    .where('there.capture_id', 'is', null)
    .execute();
  for (const { capture_id } of captures) {
    if (!isWanted(capture_id)) continue;
    const position = queuePosition(intoId, capture_id);
    await transaction
      .insertInto('comparison_capture')
      .values({ comparison_id: intoId, capture_id, position })
      .execute();
    await transaction
      .deleteFrom('comparison_left_out')
      .where('comparison_id', '=', intoId)
      .where('capture_id', '=', capture_id)
      .execute();
  }
};

const copyRejected = async (
  transaction: Transaction<Tables>,
  comparisonId: string,
  intoId: string,
): Promise<void> => {
  await transaction
    .insertInto('comparison_rejected')
    .columns(['comparison_id', 'rejected_id'])
    .expression((e) =>
      e
        .selectFrom('comparison_rejected')
        .select((s) => [s.val(intoId).as('comparison_id'), 'rejected_id'])
        .where('comparison_id', '=', comparisonId),
    )
    .onConflict((conflict) => conflict.doNothing())
    .execute();
};

const copyLeftOut = async (
  transaction: Transaction<Tables>,
  comparisonId: string,
  intoId: string,
): Promise<void> => {
  await transaction
    .insertInto('comparison_left_out')
    .columns(['comparison_id', 'capture_id', 'reason'])
    .expression((e) =>
      e
        .selectFrom('comparison_left_out')
        .select((s) => [s.val(intoId).as('comparison_id'), 'capture_id', 'reason'])
        .where('comparison_id', '=', comparisonId)
        .where('capture_id', 'not in', (s) =>
          s
            .selectFrom('comparison_capture')
            .select('capture_id')
            .where('comparison_id', '=', intoId),
        ),
    )
    .onConflict((conflict) => conflict.doNothing())
    .execute();
};
