import type { Side } from '../../comparison/outcome.ts';
import type { Store } from '../open.ts';
import { triesKey } from './batch-tries.ts';

/**
 * How many answers of a comparison are ordered in batches and have not come; with a capture, how many
 * of its pair.
 */
export const countOpenBatchLines = async (
  store: Store,
  comparisonId: string,
  captureId?: string,
): Promise<number> => {
  let lines = store.db
    .selectFrom('batch_line')
    .innerJoin('batch_job', 'batch_job.id', 'batch_line.job_id')
    .select((e) => e.fn.countAll<number>().as('lines'))
    .where('batch_line.comparison_id', '=', comparisonId)
    .where('batch_line.settled', '=', 0)
    .where('batch_job.state', '!=', 'planned');
  if (captureId !== undefined) lines = lines.where('batch_line.capture_id', '=', captureId);
  return Number((await lines.executeTakeFirstOrThrow()).lines);
};

/**
 * The samples of a side of these captures that are ordered in batches of other comparisons and have
 * not come, by `triesKey`.
 */
export const orderedElsewhere = async (
  store: Store,
  comparisonIds: readonly string[],
  captureIds: readonly string[],
  side: Side,
): Promise<ReadonlySet<string>> => {
  if (comparisonIds.length === 0 || captureIds.length === 0) return new Set();
  const rows = await store.db
    .selectFrom('batch_line')
    .innerJoin('batch_job', 'batch_job.id', 'batch_line.job_id')
    .select(['batch_line.capture_id', 'batch_line.sample'])
    .where('batch_line.comparison_id', 'in', comparisonIds)
    .where('batch_line.capture_id', 'in', captureIds)
    .where('batch_line.side', '=', side)
    .where('batch_line.settled', '=', 0)
    .where('batch_job.state', '!=', 'planned')
    .execute();
  return new Set(rows.map((row) => triesKey(row.capture_id, side, row.sample)));
};
