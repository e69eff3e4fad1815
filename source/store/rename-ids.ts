import { sql, type Kysely } from 'kysely';
import { queuePosition } from './comparisons/queue-order.ts';
import type { Tables } from './tables.ts';

/** The tables whose rows belong to a pair of a comparison. */
const ofPairs = [
  'comparison_capture',
  'comparison_left_out',
  'response',
  'attempt',
  'not_sent',
  'outcome',
  'verdict_event',
  'control_event',
  'batch_line',
  'surplus_answer',
  'claim',
  'judge_call',
  'judge_claim',
  'reservation',
] as const satisfies readonly (keyof Tables)[];

/** The tables whose rows belong to a comparison and to no pair. */
const ofComparisons = [
  'comparison_rejected',
  'batch_job',
  'batch_run',
  'remedy',
  'rule',
] as const satisfies readonly (keyof Tables)[];

/**
 * Gives a capture another id, in every row that names it. Foreign keys must be deferred. The places of its
 * pairs in their queues stay; see `moveToPlace`.
 */
export const renameCapture = async (
  db: Kysely<Tables>,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<void> => {
  await db.updateTable('capture').set({ id: to }).where('id', '=', from).execute();
  for (const table of ofPairs) {
    await sql`
      update ${sql.table(table)} set capture_id = ${to} where capture_id = ${from}
    `.execute(db);
  }
};

/** The same for a comparison. */
export const renameComparison = async (
  db: Kysely<Tables>,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<void> => {
  await db.updateTable('comparison').set({ id: to }).where('id', '=', from).execute();
  for (const table of [...ofPairs, ...ofComparisons]) {
    await sql`
      update ${sql.table(table)} set comparison_id = ${to} where comparison_id = ${from}
    `.execute(db);
  }
};

/** Moves pairs to the places in the random order that follow from the ids of comparison and capture. */
export const moveToPlace = async (
  db: Kysely<Tables>,
  pairs: { readonly comparisonId: string } | { readonly captureId: string },
): Promise<void> => {
  const [column, id] =
    'comparisonId' in pairs
      ? (['comparison_id', pairs.comparisonId] as const)
      : (['capture_id', pairs.captureId] as const);
  const rows = await db
    .selectFrom('comparison_capture')
    .select(['comparison_id', 'capture_id'])
    .where(column, '=', id)
    .execute();
  for (const { capture_id, comparison_id } of rows) {
    await db
      .updateTable('comparison_capture')
      .set({ position: queuePosition(comparison_id, capture_id) })
      .where('comparison_id', '=', comparison_id)
      .where('capture_id', '=', capture_id)
      .execute();
  }
};
