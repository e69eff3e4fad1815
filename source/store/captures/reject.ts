import type { Transaction } from 'kysely';
import type { RecordFate } from '../../traffic/import-record.ts';
import type { AddOptions } from './add-records.ts';
import { storable } from '../database/bodies.ts';
import { compiledOnce } from '../database/compiled-once.ts';
import { insertOnce } from '../database/insert-once.ts';
import type { Schema } from '../database/schema.ts';

const insertRejected = insertOnce('rejected_record');
const insertSelected = insertOnce('comparison_rejected');

/** Stores a record that cannot be replayed, unless the store has it, and selects it. */
export const reject = async (
  transaction: Transaction<Schema>,
  record: {
    readonly id: string;
    readonly recordId: string | null;
    readonly line: number;
    readonly reason: string;
  },
  { at, comparisonId, source }: AddOptions,
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

/** Removes a rejected record that can be replayed after all. */
export const forgetRejected = async (
  transaction: Transaction<Schema>,
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
