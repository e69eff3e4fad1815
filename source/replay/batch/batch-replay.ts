import { rm } from 'node:fs/promises';
import type { Side } from '../../comparison/outcome.ts';
import type { Failure } from '../../models/answer.ts';
import { discardBatchJob, openBatchJobs, type BatchJob } from '../../store/batches/batch-jobs.ts';
import { leaveBatchRun, takeBatchRun, touchBatchRun } from '../../store/batches/batch-workers.ts';
import { siblingComparisons } from '../../store/comparisons/comparisons.ts';
import { printableLine } from '../../text/printable.ts';
import { UserError } from '../../text/user-error.ts';
import { Claims } from '../claims.ts';
import { isBudgetReached, type RunEnd } from '../run-progress.ts';
import { BatchRun, type BatchComparison, type BatchProgress } from './batch-comparison.ts';
import type { BatchReplayOptions } from './batch-options.ts';
import { fetchJobs, type RunningJob } from './fetch-jobs.ts';
import { jobFile } from './job-writer.ts';
import { planJobs } from './plan-jobs.ts';
import { orderJob, submitJob } from './submit-job.ts';

export type BatchReplayResult = {
  /**
   * `done`: no batch is in progress. `budget`: no batch is in progress, and the rest did not fit
   * into the budget. `waiting`: batches are in progress, and the polling time of this run is over.
   */
  readonly ended: RunEnd;
  /** The comparisons in the order given. */
  readonly comparisons: readonly {
    readonly comparisonId: string;
    /** The failure that stopped a side's provider; null if it was used to the end. */
    readonly stopped: Readonly<Record<Side, Failure | null>>;
  }[];
  readonly progress: BatchProgress;
};

export type BatchReplay = {
  /**
   * Rejects when the store fails, and with a UserError when another process is working on these
   * batches.
   */
  readonly done: Promise<BatchReplayResult>;
  readonly progress: () => BatchProgress;
};

/** The interval of a run's heartbeat. */
const touchMs = 15_000;

/**
 * Submits the missing answers of comparisons to the Batch APIs of their providers, waits for the
 * results, and stores and compares them. An answer of the baseline is submitted once and serves all
 * comparisons. Every step is stored before its result is awaited, so the run may end at any moment,
 * even by being killed. The next run continues with the jobs in progress, then submits what is
 * left. Nothing is submitted twice.
 */
export const startBatchReplay = (options: BatchReplayOptions): BatchReplay => {
  let storeError: unknown = null;
  const keepError = (error: unknown): void => void (storeError ??= error);
  const run = new BatchRun(options, new Claims(options, keepError));
  const done = runAlone(run, keepError).then((result) => {
    if (storeError !== null) throw storeError;
    return result;
  });
  return { done, progress: () => run.progress };
};

/** Runs while no other process works on the batches of these comparisons. */
const runAlone = async (
  run: BatchRun,
  keepError: (error: unknown) => void,
): Promise<BatchReplayResult> => {
  const { claims, comparisons, options } = run;
  const { at, store } = options;
  const taken: string[] = [];
  let timer: NodeJS.Timeout | null = null;
  try {
    for (const { id } of comparisons) {
      await takeComparison(options, id);
      taken.push(id);
    }
    timer = setInterval(() => {
      for (const id of taken) touchBatchRun(store, id, at()).catch(keepError);
    }, touchMs);
    timer.unref();
    await claims.open();
    const ended = await orderAndFetch(run);
    return {
      ended,
      comparisons: comparisons.map((one) => ({
        comparisonId: one.id,
        stopped: { baseline: one.stopped('baseline'), candidate: one.stopped('candidate') },
      })),
      progress: run.progress,
    };
  } finally {
    if (timer !== null) clearInterval(timer);
    await claims.close();
    for (const id of taken) await leaveBatchRun(store, id);
  }
};

const takeComparison = async (
  { at, store, worker }: BatchReplayOptions,
  comparisonId: string,
): Promise<void> => {
  const other = await takeBatchRun(store, comparisonId, { ...worker, at: at() });
  if (other === null) return;
  throw new UserError(
    `Another understudy process is working on the batches of this comparison, or follows it under a daily budget: process ${other.pid} on ${printableLine(other.host)}. Wait until it ends, or stop it; a killed process is released within a minute.`,
  );
};

const orderAndFetch = async (run: BatchRun): Promise<RunEnd> => {
  const { now, pollForMs, signal } = run.options;
  const untilMs = pollForMs === null ? Number.POSITIVE_INFINITY : now() + pollForMs;
  let running: RunningJob[] = [];
  for (const comparison of run.comparisons) {
    running.push(...(await resumeComparison(comparison)));
    if (signal.aborted) return 'interrupted';
  }
  for (;;) {
    const before = run.amended;
    for (const comparison of run.comparisons) {
      running.push(...(await orderMissing(comparison)));
      await comparison.compare();
    }
    const areOpen = await fetchJobs(run, running, untilMs);
    if (signal.aborted) return 'interrupted';
    if (areOpen.some((isOpen) => isOpen)) return 'waiting';
    // A refused request that could be changed is submitted once more.
    if (run.amended === before) break;
    running = [];
  }
  return isBudgetReached(run.progress) ? 'budget' : 'done';
};

/** Compares what an earlier run left, and resumes its jobs. */
const resumeComparison = async (comparison: BatchComparison): Promise<readonly RunningJob[]> => {
  const { signal, store } = comparison.options;
  await comparison.compare();
  const siblings = await siblingComparisons(store, comparison.id);
  for (const id of [...comparison.others, ...siblings]) comparison.siblings.add(id);
  const running: RunningJob[] = [];
  for (const job of await openBatchJobs(store, comparison.id)) {
    const resumed = await resumeJob(comparison, job);
    if (signal.aborted) break;
    if (resumed !== null) running.push(resumed);
  }
  return running;
};

/** Resumes a job of an earlier run; null if the provider does not have it. */
const resumeJob = async (
  comparison: BatchComparison,
  job: BatchJob,
): Promise<RunningJob | null> => {
  const { run } = comparison;
  const { signal, store } = run.options;
  if (job.state === 'planned') {
    // Nothing in it was submitted, so its requests are pending again.
    await rm(jobFile(store, job.id), { force: true });
    await discardBatchJob(store, job.id);
    return null;
  }
  const side = comparison.models[job.side];
  if (!('api' in side)) return null;
  // Jobs in progress count against the budget, even a small one and whichever run started them.
  const reservation = run.budget.reserve(0);
  if (reservation !== null) run.budget.settle(reservation, job.atMost ?? 0);
  run.jobChanged(job);
  if (signal.aborted) return null;
  const submitted = job.state === 'submitted' ? job : await orderJob(comparison, job, side);
  return submitted === null ? null : { comparison, job: submitted, side };
};

/** Submits the missing answers of a comparison. A submitted answer needs no claim. */
const orderMissing = async (comparison: BatchComparison): Promise<readonly RunningJob[]> => {
  const { claims, options } = comparison.run;
  const running: RunningJob[] = [];
  for await (const job of planJobs(comparison)) {
    if (options.signal.aborted) break;
    const side = comparison.models[job.side];
    if (!('api' in side)) continue;
    const submitted = await submitJob(comparison, job, side);
    if (submitted !== null) running.push({ comparison, job: submitted, side });
  }
  await claims.releaseAll();
  return running;
};
