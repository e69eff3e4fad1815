import { takeBatchRun, touchBatchRun } from '../store/batches/batch-workers.ts';
import type { Store } from '../store/open.ts';
import { thisProcess } from '../store/this-process.ts';
import { printableLine } from '../text/printable.ts';
import { UserError } from '../text/user-error.ts';

const touchMs = 15_000;

/**
 * Makes this process the only one that spends a daily budget on these comparisons, for as long as it lives: two
 * would each spend all of it. Batches of them, whose answers cost money as well, are refused meanwhile. Throws
 * UserError if another process has one of them.
 */
export const holdDailyBudget = async (
  store: Store,
  comparisonIds: readonly string[],
): Promise<void> => {
  const at = (): string => new Date().toISOString();
  for (const id of comparisonIds) {
    const other = await takeBatchRun(store, id, { ...thisProcess(), at: at() });
    if (other === null) continue;
    throw new UserError(
      `Process ${other.pid} on ${printableLine(other.host)} already spends money on this comparison, and two would each spend the budget of the day. Stop it, or give this run another --name. A killed process is released within a minute.`,
    );
  }
  const renewing = setInterval(() => {
    for (const id of comparisonIds) {
      // Another program may lock the store for a moment: the next time comes before the minute is over. At the end
      // of the run the store is closed, and nothing is left to renew.
      touchBatchRun(store, id, at()).catch(() => undefined);
    }
  }, touchMs);
  renewing.unref();
};
