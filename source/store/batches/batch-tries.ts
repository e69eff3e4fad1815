import type { Side } from '../../comparison/outcome.ts';
import type { Store } from '../open.ts';

/**
 * How often a side was a line of a batch that failed, and whether it is not to be one again. Batches
 * that were cancelled or refused as a whole do not count.
 */
export type BatchTries = { readonly tries: number; readonly final: boolean };

/** The tries of these captures in batches, by `triesKey`; what is missing had none. */
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

/** The key of a side's sample in the result of `batchTries`. */
export const triesKey = (captureId: string, side: Side, sample: number): string =>
  `${side} ${sample} ${captureId}`;
