import type { Transaction } from 'kysely';
import type { RecordFate } from '../../traffic/import-record.ts';
import { storable } from '../bodies.ts';
import { compiledOnce, insertOnce } from '../compiled-queries.ts';
import type { Store } from '../open.ts';
import type { Tables } from '../tables.ts';

/** The import that rejected records belong to. */
export type ImportSource = {
  /** The name of the records' file or recorder. */
  readonly source: string;
  /** The comparison that selects the records; null if none does. */
  readonly comparisonId: string | null;
  /** The time of the import, ISO 8601. */
  readonly at: string;
};

const insertRejected = insertOnce('rejected_record');
const insertSelected = insertOnce('comparison_rejected');

/** Stores and selects a record that cannot be replayed, unless the store already has it. */
export const rejectRecord = async (
  transaction: Transaction<Tables>,
  record: {
    readonly id: string;
    readonly recordId: string | null;
    readonly line: number;
    readonly reason: string;
  },
  { at, comparisonId, source }: ImportSource,
): Promise<RecordFate> => {
  const { id, line, reason, recordId } = record;
  const isNew = await insertRejected(transaction, {
    id,
    record_id: recordId === null ? null : storable(recordId),
    source: storable(source),
    line,
    reason,
    imported_at: at,
  });
  if (comparisonId !== null) {
    await insertSelected(transaction, { comparison_id: comparisonId, rejected_id: id });
  }
  return isNew ? { kind: 'rejected', reason } : { kind: 'had_rejected' };
};

/** Removes a rejected record that has since become replayable. */
export const forgetRejected = async (
  transaction: Transaction<Tables>,
  id: string,
): Promise<void> => {
  await unselectRejected(transaction, [id]);
  await deleteRejected(transaction, [id]);
};

const unselectRejected = compiledOnce((db) =>
  db.deleteFrom('comparison_rejected').where('rejected_id', '=', '').compile(),
);

const deleteRejected = compiledOnce((db) =>
  db.deleteFrom('rejected_record').where('id', '=', '').compile(),
);

/**
 * Removes the rejected records of one import that no comparison selects. `at` is the time passed to
 * `addRecords`. An import that found nothing else then leaves the store unchanged.
 */
export const discardRejected = async (store: Store, at: string): Promise<void> => {
  await store.db
    .deleteFrom('rejected_record')
    .where('imported_at', '=', at)
    .where('id', 'not in', (e) => e.selectFrom('comparison_rejected').select('rejected_id'))
    .execute();
};

/** Selects every rejected record of the store into a comparison. */
export const selectRejected = async (store: Store, comparisonId: string): Promise<void> => {
  await store.db
    .insertInto('comparison_rejected')
    .columns(['comparison_id', 'rejected_id'])
    .expression((e) =>
      e
        .selectFrom('rejected_record')
        .select((s) => [s.val(comparisonId).as('comparison_id'), 'id'])
        // SQLite reads "on conflict" after a bare "from" as a join condition.
        .where('id', 'is not', null),
    )
    .onConflict((conflict) => conflict.doNothing())
    .execute();
};
