import { sql, type Transaction } from 'kysely';
import type { Side } from '../comparison/outcome.ts';
import { storable } from './bodies.ts';
import type { Store } from './open.ts';
import type { Tables } from './tables.ts';
import { writeTogether } from './write-together.ts';

/** An answer that was not requested, and the reason. */
export type NotSent = {
  readonly captureId: string;
  readonly side: Side;
  readonly sample: number;
  readonly reason: string;
};

/** Stores why an answer was not requested. A later reason replaces an earlier one. */
export const saveNotSent = (
  store: Store,
  {
    at,
    comparisonId,
    ...notSent
  }: NotSent & {
    readonly comparisonId: string;
    readonly at: string;
  },
): Promise<void> =>
  writeTogether(store, (transaction) => insertNotSent(transaction, comparisonId, notSent, at));

/** Stores a reason like `saveNotSent`, within a transaction that writes more. */
export const insertNotSent = async (
  transaction: Transaction<Tables>,
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

/** Stores reasons like `saveNotSent` for many answers, in one transaction. */
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

/** Stores one reason for every unsettled line of a batch job. Resolves to the number of lines. */
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
