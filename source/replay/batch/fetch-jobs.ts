import type { BatchStatus } from '../../models/batch/batch-status.ts';
import { endBatchJob, type BatchJob } from '../../store/batches/batch-jobs.ts';
import type { BatchComparison, BatchRun } from './batch-comparison.ts';
import type { BatchSide } from './batch-options.ts';
import { joinResults } from './join-results.ts';
import { pollDelayMs } from '../limits/retry.ts';
import { goneAtProvider, requestOnce } from './provider-request.ts';
import { changeJob, statusColumns } from './submit-job.ts';

/** A job that the provider has, with its comparison and side. */
export type RunningJob = {
  readonly comparison: BatchComparison;
  readonly job: BatchJob;
  readonly side: BatchSide;
};

/**
 * Polls all jobs concurrently until they end or until this time on the run's clock. Stores the
 * results of ended jobs one at a time. Resolves with whether each job was left open.
 */
export const fetchJobs = async (
  run: BatchRun,
  running: readonly RunningJob[],
  untilMs: number,
): Promise<readonly boolean[]> => {
  let joins: Promise<void> = Promise.resolve();
  return Promise.all(
    running.map(async ({ comparison, job, side }) => {
      const polled = await pollJob(comparison, job, side, untilMs);
      if (polled.kind === 'left') return true;
      let isOpen = false;
      const join = joins.then(async () => {
        isOpen = !(await endJob(comparison, polled.job, side, polled.status));
        // An answer of the baseline was also stored in the other comparisons.
        const changed = job.side === 'baseline' ? run.comparisons : [comparison];
        for (const one of changed) await one.compare();
      });
      // The next join waits for this one, even if it fails.
      joins = join.catch(() => {});
      await join;
      return isOpen;
    }),
  );
};

/** Stores the results of an ended job; false if its files could not be fetched. */
const endJob = async (
  comparison: BatchComparison,
  job: BatchJob,
  side: BatchSide,
  status: BatchStatus,
): Promise<boolean> => {
  const { run } = comparison;
  const { at, signal, store } = run.options;
  const isRefused = status.phase === 'failed';
  if (isRefused) run.emit({ kind: 'refused', job, problems: status.problems });
  const joined = await joinResults(comparison, job, side, status);
  if (joined.kind === 'failed') {
    if (!signal.aborted) comparison.stop(job.side, joined.failure);
    return false;
  }
  const state = isRefused ? 'refused' : 'done';
  const problem = status.problems[0]?.message ?? null;
  await endBatchJob(store, job.id, { state, providerState: status.state, problem, at: at() });
  run.jobChanged({ ...job, state, problem });
  run.emit({ kind: 'joined', job, lines: joined.result });
  return true;
};

/** Polling intervals. A batch takes minutes to a day, so they grow up to five minutes. */
const intervals = { firstMs: 1000, growth: 1.5, longestMs: 300_000 } as const;

/**
 * The number of consecutive failed polls after which the run gives up. The batch itself continues.
 */
const mostFailures = 20;

/** The outcome of polling. */
type Polled =
  | { readonly kind: 'ended'; readonly job: BatchJob; readonly status: BatchStatus }
  /** The run was stopped, its polling time is over, or it gave up. The job is unchanged. */
  | { readonly kind: 'left' };

/**
 * Polls the status of a submitted job until it ends, no earlier than `Retry-After` allows.
 * `untilMs` is the latest time to stop, on the run's clock.
 */
const pollJob = async (
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
        comparison.stop(job.side, goneAtProvider(failure));
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
