import type { Transaction } from 'kysely';
import type { RedactionCounts } from '../../traffic/redaction-counts.ts';
import type { Schema } from '../database/schema.ts';
import type { Store } from '../open.ts';

/** Adds findings to those of the store. */
export const addRedactions = async (
  transaction: Transaction<Schema>,
  counts: RedactionCounts,
): Promise<void> => {
  for (const [rule, findings] of Object.entries(counts)) {
    await transaction
      .insertInto('redaction')
      .values({ rule, findings })
      .onConflict((conflict) =>
        conflict
          .column('rule')
          .doUpdateSet((e) => ({ findings: e('redaction.findings', '+', findings) })),
      )
      .execute();
  }
};

/** How many values of each rule were replaced in the store, by rule. */
export const listRedactions = async (store: Store): Promise<RedactionCounts> => {
  const rows = await store.db.selectFrom('redaction').selectAll().orderBy('rule').execute();
  return Object.fromEntries(rows.map(({ rule, findings }) => [rule, findings]));
};

/** How many captures of a comparison have placeholders in their requests. */
export const countRedacted = async (store: Store, comparisonId: string): Promise<number> => {
  const { count } = await store.db
    .selectFrom('comparison_capture')
    .innerJoin('capture', 'capture.id', 'comparison_capture.capture_id')
    .select((e) => e.fn.countAll<number>().as('count'))
    .where('comparison_id', '=', comparisonId)
    .where('redacted', '=', 1)
    .executeTakeFirstOrThrow();
  return Number(count);
};
