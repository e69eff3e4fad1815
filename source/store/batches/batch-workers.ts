import type { Store } from '../open.ts';

/** A process that works on batches, or follows the traffic under a daily budget. */
export type BatchWorker = { readonly host: string; readonly pid: number };

/** A worker that has been silent for this long counts as ended, even if its process exists. */
const silentMs = 60_000;

/**
 * Makes this process the only one that works on the batches of a comparison, or spends a daily budget on it;
 * resolves to null. If another worker is active (it reported within a minute and, on this machine, is alive),
 * resolves to that worker.
 */
export const takeBatchRun = async (
  store: Store,
  comparisonId: string,
  self: BatchWorker & { readonly at: string; readonly isAlive: (pid: number) => boolean },
): Promise<BatchWorker | null> =>
  store.db.transaction().execute(async (transaction) => {
    const other = await transaction
      .selectFrom('batch_run')
      .selectAll()
      .where('comparison_id', '=', comparisonId)
      .executeTakeFirst();
    if (other !== undefined) {
      const own = other.host === self.host;
      const heard = Date.parse(self.at) - Date.parse(other.touched_at) < silentMs;
      const alive = !own || (other.pid !== self.pid && self.isAlive(other.pid));
      if (heard && alive) return { host: other.host, pid: other.pid };
    }
    const row = { host: self.host, pid: self.pid, touched_at: self.at };
    await transaction
      .insertInto('batch_run')
      .values({ comparison_id: comparisonId, ...row })
      .onConflict((conflict) => conflict.column('comparison_id').doUpdateSet(row))
      .execute();
    return null;
  });

/** Records that this process is still at work. */
export const touchBatchRun = async (
  store: Store,
  comparisonId: string,
  at: string,
): Promise<void> => {
  await store.db
    .updateTable('batch_run')
    .set({ touched_at: at })
    .where('comparison_id', '=', comparisonId)
    .execute();
};

/** Lets other processes work on the batches. */
export const leaveBatchRun = async (store: Store, comparisonId: string): Promise<void> => {
  await store.db.deleteFrom('batch_run').where('comparison_id', '=', comparisonId).execute();
};
