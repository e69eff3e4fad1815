import { sql, type Transaction } from 'kysely';
import type { Side } from '../../comparison/outcome.ts';
import { storable } from '../database/bodies.ts';
import type { Schema } from '../database/schema.ts';
import type { Store } from '../open.ts';

/** An answer that was not asked for, and why. */
export type NotSent = {
  readonly captureId: string;
  readonly side: Side;
  readonly sample: number;
  readonly reason: string;
};

/** Keeps why an answer was not asked for, within a transaction; the latest reason stands. */
export const insertNotSent = async (
  transaction: Transaction<Schema>,
  comparisonId: string,
  { captureId, side, sample, reason }: NotSent,
  at: string,
): Promise<void> => {
  const changing = { reason: storable(reason), created_at: at };
  await transaction
    .insertInto('not_sent')
    .values({ comparison_id: comparisonId, capture_id: captureId, side, sample, ...changing })
    .onConflict((conflict) =>
      conflict.columns(['comparison_id', 'capture_id', 'side', 'sample']).doUpdateSet(changing),
    )
    .execute();
};

/** The same of many, in one transaction. */
export const saveManyNotSent = async (
  store: Store,
  comparisonId: string,
  all: readonly NotSent[],
  at: string,
): Promise<void> => {
  await store.db.transaction().execute(async (transaction) => {
    for (const one of all) await insertNotSent(transaction, comparisonId, one, at);
  });
};

/** Keeps one reason why every open line of a job has no answer yet; how many these are. */
export const saveJobNotSent = async (
  store: Store,
  jobId: string,
  notSent: { readonly reason: string; readonly at: string },
): Promise<number> => {
  const { numAffectedRows } = await sql`
    insert into not_sent (comparison_id, capture_id, side, sample, reason, created_at)
    select comparison_id, capture_id, side, sample, ${storable(notSent.reason)}, ${notSent.at}
    from batch_line where job_id = ${jobId} and settled = 0
    on conflict (comparison_id, capture_id, side, sample)
    do update set reason = excluded.reason, created_at = excluded.created_at
  `.execute(store.db);
  return Number(numAffectedRows ?? 0n);
};
