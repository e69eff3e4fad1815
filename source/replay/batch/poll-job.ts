import type { BatchStatus } from '../../models/batch/batch-status.ts';
import type { BatchJob } from '../../store/batches/batch-jobs.ts';
import { pollDelayMs } from '../limits/retry.ts';
import type { BatchComparison } from './batch-comparison.ts';
import type { BatchSide } from './batch-options.ts';
import { requestOnce } from './provider-request.ts';
import { changeJob, statusColumns } from './submit-job.ts';

/** Polling intervals. A batch takes minutes to a day, so they grow up to five minutes. */
const intervals = { firstMs: 1000, growth: 1.5, longestMs: 300_000 } as const;

/**
 * The number of consecutive failed polls after which the run gives up. The batch itself continues.
 */
const mostFailures = 20;

/** The outcome of polling. */
export type Polled =
  | { readonly kind: 'ended'; readonly job: BatchJob; readonly status: BatchStatus }
  /** The run was stopped, its polling time is over, or it gave up. The job is unchanged. */
  | { readonly kind: 'left' };

/**
 * Polls the status of a submitted job until it ends, no earlier than `Retry-After` allows.
 * `untilMs` is the latest time to stop, on the run's clock.
 */
export const pollJob = async (
  comparison: BatchComparison,
  submitted: BatchJob,
  { api }: BatchSide,
  untilMs: number,
): Promise<Polled> => {
  const { now, random, signal, wait } = comparison.options;
  let job = submitted;
  let intervalMs: number = intervals.firstMs;
  let failuresInRow = 0;
  for (;;) {
    if (signal.aborted) return { kind: 'left' };
    const { batchId } = job;
    const response = await requestOnce(() => api.retrieve(batchId ?? ''));
    let waitMs = intervalMs;
    if (response.kind === 'failed') {
      if (signal.aborted) return { kind: 'left' };
      const { failure } = response;
      failuresInRow++;
      const delayMs =
        failuresInRow < mostFailures
          ? pollDelayMs(failure, { failuresInRow, intervalMs }, random)
          : null;
      if (delayMs === null) {
        comparison.stop(job.side, failure);
        return { kind: 'left' };
      }
      waitMs = delayMs;
      comparison.run.emit({
        kind: 'retrying',
        side: job.side,
        comparisonId: comparison.id,
        what: 'state of the batch',
        failure,
        delayMs,
      });
    } else {
      failuresInRow = 0;
      const status = response.result;
      const columns = statusColumns(status);
      const isChanged = Object.entries(columns).some(
        ([name, value]) => job[name as keyof BatchJob] !== value,
      );
      if (isChanged) job = await changeJob(comparison, job, columns);
      if (status.phase !== 'running') return { kind: 'ended', job, status };
    }
    if (now() + waitMs > untilMs) return { kind: 'left' };
    await wait(waitMs, signal);
    intervalMs = Math.min(intervals.longestMs, intervalMs * intervals.growth);
  }
};
