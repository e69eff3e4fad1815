import type { Side } from '../../comparison/outcome.ts';
import type { Failure } from '../../models/answer.ts';
import type { Store } from '../open.ts';

/**
 * The number of times that a side failed as a line of a batch, and whether it must not be sent in a
 * batch again. Batches that were cancelled or refused as a whole do not count.
 */
export type BatchTries = { readonly tries: number; readonly final: boolean };

/** Counts the tries of these captures in batches, by `triesKey`. A missing key means no try. */
export const batchTries = async (
  store: Store,
  comparisonId: string,
  captureIds: readonly string[],
): Promise<ReadonlyMap<string, BatchTries>> => {
  if (captureIds.length === 0) return new Map();
  const rows = await store.db
    .selectFrom('attempt')
    .select((e) => [
      'capture_id',
      'side',
      'sample',
      e.fn.countAll<number>().as('tries'),
      e.fn.max('final').as('final'),
    ])
    .where('comparison_id', '=', comparisonId)
    .where('capture_id', 'in', captureIds)
    .where('batch', '=', 1)
    .where('reason', '!=', 'interrupted')
    .groupBy(['capture_id', 'side', 'sample'])
    .execute();
  return new Map(
    rows.map((row) => [
      triesKey(row.capture_id, row.side, row.sample),
      { tries: Number(row.tries), final: Number(row.final) === 1 },
    ]),
  );
};

/** Returns the key of one sample of a side in the maps of this file. */
export const triesKey = (captureId: string, side: Side, sample: number): string =>
  `${side} ${sample} ${captureId}`;

/** Finds the refusals with which lines of these captures failed permanently, by `triesKey`. */
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
