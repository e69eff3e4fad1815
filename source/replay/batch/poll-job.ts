import type { BatchStatus } from '../../models/batch/batch-status.ts';
import { requestedWaitMs } from '../../models/call/retry-after.ts';
import type { BatchJob } from '../../store/batches/batch-jobs.ts';
import { retryDelayMs } from '../limits/retry.ts';
import { failureOf } from './ask-again.ts';
import type { BatchRun } from './batch-run.ts';
import type { BatchSide } from './options.ts';
import { change, countsOf } from './submit-job.ts';

/** A batch takes minutes to a day: it is asked for often at first, then every five minutes. */
const intervals = { firstMs: 1000, growth: 1.5, longestMs: 300_000 } as const;

/** So many questions in a row may fail before the run gives up; the batch goes on meanwhile. */
const mostFailures = 20;

/** How polling ended. */
export type Polled =
  | { readonly kind: 'ended'; readonly job: BatchJob; readonly status: BatchStatus }
  /** The run was stopped, polled for long enough, or gave up; the job is as it was. */
  | { readonly kind: 'left' };

/**
 * Asks how far a submitted job is until it is over, at growing intervals and no earlier than the
 * server asks for (`Retry-After`). `until` is when to end at the latest, on the run's clock.
 */
export const pollJob = async (
  run: BatchRun,
  submitted: BatchJob,
  { api }: BatchSide,
  until: number,
): Promise<Polled> => {
  const { now, random, signal, wait } = run.options;
  let job = submitted;
  let intervalMs: number = intervals.firstMs;
  let failures = 0;
  for (;;) {
    if (signal.aborted) return { kind: 'left' };
    const asked = await failureOf(async () => ({
      kind: 'done' as const,
      status: await api.retrieve(job.batchId ?? ''),
    }));
    let waitMs = intervalMs;
    if (asked.kind === 'failed') {
      if (signal.aborted) return { kind: 'left' };
      const { failure } = asked;
      failures++;
      // The first try of a series: whether it may pass at all.
      const delayMs = failures < mostFailures ? retryDelayMs(failure, 1, random) : null;
      if (delayMs === null) {
        run.stop(job.side, failure);
        return { kind: 'left' };
      }
      waitMs = Math.max(
        delayMs,
        failures > 1 || requestedWaitMs(failure) === null ? intervalMs : 0,
      );
      run.emit({
        kind: 'retrying',
        side: job.side,
        comparisonId: run.comparisonId,
        what: 'state of the batch',
        failure,
        delayMs: waitMs,
      });
    } else {
      failures = 0;
      const { status } = asked;
      const counts = countsOf(status);
      const news = Object.entries(counts).some(
        ([name, value]) => job[name as keyof BatchJob] !== value,
      );
      if (news) job = await change(run, job, counts);
      if (status.phase !== 'running') return { kind: 'ended', job, status };
    }
    if (now() + waitMs > until) return { kind: 'left' };
    await wait(waitMs, signal);
    intervalMs = Math.min(intervals.longestMs, intervalMs * intervals.growth);
  }
};
