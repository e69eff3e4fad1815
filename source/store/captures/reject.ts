import type { Transaction } from 'kysely';
import type { RecordFate } from '../../traffic/import-record.ts';
import type { AddOptions } from './add-records.ts';
import { storable } from '../database/bodies.ts';
import type { Schema } from '../database/schema.ts';

/** Stores a record that cannot be replayed, unless the store has it, and selects it. */
export const reject = async (
  transaction: Transaction<Schema>,
  record: {
    readonly id: string;
    readonly recordId: string | null;
    readonly line: number;
    readonly reason: string;
  },
  options: AddOptions,
): Promise<RecordFate> => {
  const { numInsertedOrUpdatedRows } = await transaction
    .insertInto('rejected_record')
    .values({
      id: record.id,
      record_id: record.recordId === null ? null : storable(record.recordId),
      source: storable(options.source),
      line: record.line,
      reason: record.reason,
      imported_at: options.at,
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow();
  if (options.comparisonId !== null) {
    await transaction
      .insertInto('comparison_rejected')
      .values({ comparison_id: options.comparisonId, rejected_id: record.id })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
  return (numInsertedOrUpdatedRows ?? 0n) > 0n
    ? { kind: 'rejected', reason: record.reason }
    : { kind: 'had_rejected' };
};

/** Removes a rejected record that can be replayed after all. */
export const forgetRejected = async (
  transaction: Transaction<Schema>,
  id: string,
): Promise<void> => {
  await transaction.deleteFrom('comparison_rejected').where('rejected_id', '=', id).execute();
  await transaction.deleteFrom('rejected_record').where('id', '=', id).execute();
};
