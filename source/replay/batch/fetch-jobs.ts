import type { BatchStatus } from '../../models/batch/batch-status.ts';
import { endBatchJob, type BatchJob } from '../../store/batches/batch-jobs.ts';
import type { BatchComparison, BatchRun } from './batch-comparison.ts';
import type { BatchSide } from './batch-options.ts';
import { joinResults } from './join-results.ts';
import { pollJob } from './poll-job.ts';

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
