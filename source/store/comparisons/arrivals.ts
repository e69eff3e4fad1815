import { sql } from 'kysely';
import { parseJsonObject } from '../../text/json.ts';
import type { FilterFacts } from '../../traffic/selection/capture-filter.ts';
import type { Selection } from '../../traffic/selection/selection.ts';
import type { Store } from '../open.ts';
import { queuePosition } from './queue-order.ts';

/** A capture that came into the store, and its number: a later one has a greater number. */
export type ArrivedCapture = FilterFacts & { readonly number: number };

/** A capture and why a comparison leaves it out; null if it takes it. */
export type JudgedArrival = { readonly captureId: string; readonly reason: string | null };

/** Returns the number of the latest capture; 0 if there is none. */
export const latestCapture = async ({ db }: Store): Promise<number> => {
  const { latest } = await db
    .selectFrom('capture')
    .select((e) => e.fn.max('number').as('latest'))
    .executeTakeFirstOrThrow();
  return Number(latest ?? 0);
};

/**
 * Lists the captures that came after one number and up to another, in their order, at most `limit`. Those
 * from before `since` (ISO 8601) and, for `unknownTo`, those that this comparison has taken or left out are
 * not among them.
 */
export const arrivedCaptures = async (
  { db }: Store,
  options: {
    readonly after: number;
    readonly upTo: number;
    readonly limit: number;
    readonly since: string;
    /** The id of a comparison; null lists the captures that it knows, too. */
    readonly unknownTo: string | null;
  },
): Promise<readonly ArrivedCapture[]> => {
  const { after, limit, since, unknownTo, upTo } = options;
  const unknown =
    unknownTo === null
      ? sql``
      : sql`
        and not exists (select 1 from comparison_capture s
          where s.comparison_id = ${unknownTo} and s.capture_id = c.id)
        and not exists (select 1 from comparison_left_out l
          where l.comparison_id = ${unknownTo} and l.capture_id = c.id)`;
  const { rows } = await sql<
    Omit<ArrivedCapture, 'metadata'> & { readonly metadata: string | null }
  >`
    select c.number, c.id, c.endpoint, c.timestamp, c.metadata
    from capture c
    where c.number > ${after} and c.number <= ${upTo} and c.timestamp >= ${since} ${unknown}
    order by c.number
    limit ${limit}
  `.execute(db);
  return rows.map(({ metadata, ...row }) => ({
    ...row,
    number: Number(row.number),
    metadata: metadata === null ? null : parseJsonObject(metadata),
  }));
};

/** Adds captures to a comparison, or to those that it left out, in one transaction. */
export const takeArrivals = async (
  store: Store,
  comparisonId: string,
  judged: readonly JudgedArrival[],
): Promise<void> => {
  if (judged.length === 0) return;
  await store.db.transaction().execute(async (transaction) => {
    for (const { captureId, reason } of judged) {
      const key = { comparison_id: comparisonId, capture_id: captureId };
      if (reason === null) {
        await transaction
          .insertInto('comparison_capture')
          .values({ ...key, position: queuePosition(comparisonId, captureId) })
          .onConflict((conflict) => conflict.doNothing())
          .execute();
      } else {
        await transaction
          .insertInto('comparison_left_out')
          .values({ ...key, reason })
          .onConflict((conflict) => conflict.doNothing())
          .execute();
      }
    }
  });
};

/**
 * Gives a comparison another selection. What it left out by the one before is forgotten, so that it is
 * judged again.
 */
export const changeSelection = async (
  store: Store,
  comparisonId: string,
  selection: Selection,
): Promise<void> => {
  await store.db.transaction().execute(async (transaction) => {
    await transaction
      .updateTable('comparison')
      .set({ selection: JSON.stringify(selection) })
      .where('id', '=', comparisonId)
      .execute();
    await transaction
      .deleteFrom('comparison_left_out')
      .where('comparison_id', '=', comparisonId)
      .execute();
  });
};

/** Lists the captures in any of these comparisons that came after one number and up to another. */
export const takenAfter = async (
  { db }: Store,
  comparisonIds: readonly string[],
  options: { readonly after: number; readonly upTo: number; readonly limit: number },
): Promise<readonly { readonly number: number; readonly id: string }[]> => {
  const rows = await db
    .selectFrom('capture')
    .select(['number', 'id'])
    .where('number', '>', options.after)
    .where('number', '<=', options.upTo)
    .where((e) =>
      e.exists(
        e
          .selectFrom('comparison_capture as taken')
          .select('taken.capture_id')
          .where('taken.comparison_id', 'in', comparisonIds)
          .whereRef('taken.capture_id', '=', 'capture.id'),
      ),
    )
    .orderBy('number')
    .limit(options.limit)
    .execute();
  return rows.map(({ id, number }) => ({ id, number: Number(number) }));
};
