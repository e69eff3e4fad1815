import { rm } from 'node:fs/promises';
import type { Side } from '../../comparison/outcome.ts';
import type { Failure } from '../../models/answer.ts';
import { discardBatchJob, openBatchJobs, type BatchJob } from '../../store/batches/batch-jobs.ts';
import { leaveBatchRun, takeBatchRun, touchBatchRun } from '../../store/batches/batch-workers.ts';
import { siblingComparisons } from '../../store/comparisons/comparisons.ts';
import { harmlessLine } from '../../text/harmless.ts';
import { UserError } from '../../text/user-error.ts';
import { createBatchRuns, type BatchProgress, type BatchRun, type BatchRuns } from './batch-run.ts';
import { compareNew } from './compare-new.ts';
import { fetchJobs, type UnderWay } from './fetch-jobs.ts';
import { jobFile } from './job-writer.ts';
import { Claims } from '../claims.ts';
import type { BatchReplayOptions } from './options.ts';
import { planJobs } from './plan-jobs.ts';
import { orderJob, submitJob } from './submit-job.ts';

export type BatchReplayResult = {
  /**
   * `done`: no batch is under way. `budget`: so, and the rest was not ordered for want of money.
   * `waiting`: batches are under way, and this run has polled for as long as it was to.
   */
  readonly ended: 'done' | 'budget' | 'waiting' | 'interrupted';
  /** The comparisons as they were given. */
  readonly comparisons: readonly {
    readonly comparisonId: string;
    /** Why nothing more was asked of a side's provider; null for one that went on to the end. */
    readonly stopped: Readonly<Record<Side, Failure | null>>;
  }[];
  readonly progress: BatchProgress;
};

export type BatchReplay = {
  /** Rejects when the store fails, and with a UserError when another process is at it. */
  readonly done: Promise<BatchReplayResult>;
  readonly progress: () => BatchProgress;
};

/** How often a run says that it is alive. */
const touchMs = 15_000;

/**
 * Orders what comparisons still lack from the Batch APIs of their providers, waits for it, and stores
 * and compares what comes. An answer of the baseline is ordered once and serves all. Everything is
 * stored before it is awaited, so that the run can end at any moment, also by being killed, and the
 * next one goes on: with the jobs that are under way first, and then with what is not ordered yet.
 * Nothing is ordered twice.
 */
export const startBatchReplay = (options: BatchReplayOptions): BatchReplay => {
  let storeError: unknown = null;
  const keep = (error: unknown): void => void (storeError ??= error);
  const claims = new Claims(options, keep);
  const all = createBatchRuns(options, claims);
  const done = alone(options, all, { claims, keep }).then((result) => {
    if (storeError !== null) throw storeError;
    return result;
  });
  return { done, progress: all.progress };
};

/** Runs as the only process that works on the batches of these comparisons. */
const alone = async (
  options: BatchReplayOptions,
  all: BatchRuns,
  { claims, keep }: { readonly claims: Claims; readonly keep: (error: unknown) => void },
): Promise<BatchReplayResult> => {
  const { at, store } = options;
  const taken: string[] = [];
  let alive: NodeJS.Timeout | null = null;
  try {
    for (const { comparisonId } of options.comparisons) await take(options, comparisonId, taken);
    alive = setInterval(() => {
      for (const comparisonId of taken) touchBatchRun(store, comparisonId, at()).catch(keep);
    }, touchMs);
    alive.unref();
    await claims.open();
    const ended = await orderAndFetch(options, all);
    return {
      ended,
      comparisons: all.runs.map(({ comparisonId, stopped }) => ({
        comparisonId,
        stopped: { baseline: stopped('baseline'), candidate: stopped('candidate') },
      })),
      progress: all.progress(),
    };
  } finally {
    if (alive !== null) clearInterval(alive);
    await claims.close();
    for (const comparisonId of taken) await leaveBatchRun(store, comparisonId);
  }
};

const take = async (
  { at, store, worker }: BatchReplayOptions,
  comparisonId: string,
  taken: string[],
): Promise<void> => {
  const other = await takeBatchRun(store, comparisonId, { ...worker, at: at() });
  if (other === null) {
    taken.push(comparisonId);
    return;
  }
  throw new UserError(
    `Another understudy works on the batches of this comparison: process ${other.pid} on ${harmlessLine(other.host)}. Wait until it ends, or end it; one that was killed is forgotten within a minute.`,
  );
};

const orderAndFetch = async (
  { now, pollForMs, signal, store }: BatchReplayOptions,
  all: BatchRuns,
): Promise<BatchReplayResult['ended']> => {
  const until = pollForMs === null ? Number.POSITIVE_INFINITY : now() + pollForMs;
  const { amended, progress, runs } = all;
  let under: UnderWay[] = [];
  for (const run of runs) {
    await compareNew(run);
    const siblings = await siblingComparisons(store, run.comparisonId);
    run.siblings.push(...new Set([...run.others, ...siblings]));
    for (const job of await openBatchJobs(store, run.comparisonId)) {
      const found = await resume(run, job);
      if (signal.aborted) return 'interrupted';
      if (found !== null) under.push(found);
    }
  }
  for (;;) {
    const before = amended();
    for (const run of runs) {
      under.push(...(await order(run)));
      await compareNew(run);
    }
    const lefts = await fetchJobs(runs, under, until);
    if (signal.aborted) return 'interrupted';
    if (lefts.some((left) => left)) return 'waiting';
    // What was refused and could be changed is ordered once more.
    if (amended() === before) break;
    under = [];
  }
  return progress().notSent['budget reached'] === undefined ? 'done' : 'budget';
};

/** Goes on with a job of an earlier run; null for one that is not under way. */
const resume = async (run: BatchRun, job: BatchJob): Promise<UnderWay | null> => {
  const { store } = run.options;
  const side = run.sides[job.side];
  if (job.state === 'planned') {
    // Nothing of it was ordered: its requests are pending again.
    await rm(jobFile(store, job.id), { force: true });
    await discardBatchJob(store, job.id);
    return null;
  }
  if (!('api' in side)) return null;
  // What is under way counts against the budget, whichever run began it, and however small it is.
  const held = run.budget.reserve(0);
  if (held !== null) run.budget.settle(held, job.atMost ?? 0);
  run.jobChanged(job);
  if (run.options.signal.aborted) return null;
  const submitted = job.state === 'submitted' ? job : await orderJob(run, job, side);
  return submitted === null ? null : { run, job: submitted, side };
};

/** Orders what a comparison lacks and what is not ordered yet. What is ordered needs no claim any more. */
const order = async (run: BatchRun): Promise<readonly UnderWay[]> => {
  const under: UnderWay[] = [];
  for await (const job of planJobs(run)) {
    if (run.options.signal.aborted) break;
    const side = run.sides[job.side];
    if (!('api' in side)) continue;
    const submitted = await submitJob(run, job, side);
    if (submitted !== null) under.push({ run, job: submitted, side });
  }
  await run.claims.releaseAll();
  return under;
};
