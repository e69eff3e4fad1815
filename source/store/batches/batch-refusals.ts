import type { Failure } from '../../models/answer.ts';
import type { Store } from '../open.ts';
import { triesKey } from './batch-tries.ts';

/** The last refusals of these captures as lines of batches that failed for good, by `triesKey`. */
export const batchRefusals = async (
  store: Store,
  comparisonId: string,
  captureIds: readonly string[],
): Promise<ReadonlyMap<string, Failure>> => {
  if (captureIds.length === 0) return new Map();
  const rows = await store.db
    .selectFrom('attempt')
    .select(['capture_id', 'side', 'sample', 'reason', 'message', 'status', 'parameter'])
    .where('comparison_id', '=', comparisonId)
    .where('capture_id', 'in', captureIds)
    .where('batch', '=', 1)
    .where('final', '=', 1)
    .orderBy('number')
    .execute();
  const refusals = new Map<string, Failure>();
  for (const row of rows) {
    const key = triesKey(row.capture_id, row.side, row.sample);
    const { message, parameter, status } = row;
    if (row.reason === 'rejected') {
      refusals.set(key, { reason: 'rejected', message, parameter, status, retryAfterMs: null });
    } else refusals.delete(key);
  }
  return refusals;
};
