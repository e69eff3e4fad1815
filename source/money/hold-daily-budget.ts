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
  const timer = setInterval(() => {
    for (const id of comparisonIds) {
      // The store is closed at the end of the run; what fails before then is not heard of for a minute.
      touchBatchRun(store, id, at()).catch(() => clearInterval(timer));
    }
  }, touchMs);
  timer.unref();
};
