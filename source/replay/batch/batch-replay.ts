import { rm } from 'node:fs/promises';
import { compareAnswers, comparisonRules } from '../../comparison/compare.ts';
import type { Side } from '../../comparison/outcome.ts';
import type { Failure } from '../../models/answer.ts';
import {
  discardBatchJob,
  endBatchJob,
  openBatchJobs,
  type BatchJob,
} from '../../store/batches/batch-jobs.ts';
import { leaveBatchRun, takeBatchRun, touchBatchRun } from '../../store/batches/batch-run.ts';
import { countAnsweredPairs } from '../../store/comparisons/replay-state.ts';
import { uncomparedAnswers } from '../../store/comparisons/uncompared-answers.ts';
import { siblingComparisons } from '../../store/comparisons/reuse-answer.ts';
import { saveOutcome } from '../../store/responses.ts';
import { harmlessLine } from '../../text/harmless.ts';
import { UserError } from '../../text/user-error.ts';
import { createBatchRun, type BatchProgress, type BatchRun } from './batch-run.ts';
import { jobFile } from './job-writer.ts';
import { joinResults } from './join-results.ts';
import type { BatchReplayOptions, BatchSide } from './options.ts';
import { planJobs, wantedSamples } from './plan-jobs.ts';
import { pollJob } from './poll-job.ts';
import { orderJob, submitJob } from './submit-job.ts';

export type BatchReplayResult = {
  /**
   * `done`: no batch is under way. `budget`: so, and the rest was not ordered for want of money.
   * `waiting`: batches are under way, and this run has polled for as long as it was to.
   */
  readonly ended: 'done' | 'budget' | 'waiting' | 'interrupted';
  /** Why nothing more was asked of a side's provider; null for one that went on to the end. */
  readonly stopped: Readonly<Record<Side, Failure | null>>;
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
 * Orders what a comparison still lacks from the Batch APIs of its providers, waits for it, and stores
 * and compares what comes. Everything is stored before it is awaited, so that the run can end at any
 * moment, also by being killed, and the next one goes on: with the jobs that are under way first, and
 * then with what is not ordered yet. Nothing is ordered twice.
 */
export const startBatchReplay = (options: BatchReplayOptions): BatchReplay => {
  const run = createBatchRun(options);
  return { done: alone(run), progress: run.progress };
};

/** Runs as the only process that works on the batches of the comparison. */
const alone = async (run: BatchRun): Promise<BatchReplayResult> => {
  const { at, comparisonId, store, worker } = run.options;
  const other = await takeBatchRun(store, comparisonId, { ...worker, at: at() });
  if (other !== null) {
    throw new UserError(
      `Another understudy works on the batches of this comparison: process ${other.pid} on ${harmlessLine(other.host)}. Wait until it ends, or end it; one that was killed is forgotten within a minute.`,
    );
  }
  let storeError: unknown = null;
  const alive = setInterval(() => {
    touchBatchRun(store, comparisonId, at()).catch((error: unknown) => (storeError ??= error));
  }, touchMs);
  alive.unref();
  try {
    const ended = await orderAndFetch(run);
    if (storeError !== null) throw storeError;
    const stopped = { baseline: run.stopped('baseline'), candidate: run.stopped('candidate') };
    return { ended, stopped, progress: run.progress() };
  } finally {
    clearInterval(alive);
    await leaveBatchRun(store, comparisonId);
  }
};

const orderAndFetch = async (run: BatchRun): Promise<BatchReplayResult['ended']> => {
  const { comparisonId, now, pollForMs, signal, store } = run.options;
  const until = pollForMs === null ? Number.POSITIVE_INFINITY : now() + pollForMs;
  await compareNew(run);
  run.siblings.push(...(await siblingComparisons(store, comparisonId)));
  const under: { readonly job: BatchJob; readonly side: BatchSide }[] = [];
  for (const job of await openBatchJobs(store, comparisonId)) {
    const side = run.options.sides[job.side];
    if (job.state === 'planned') {
      // Nothing of it was ordered: its requests are pending again.
      await rm(jobFile(store, job.id), { force: true });
      await discardBatchJob(store, job.id);
      continue;
    }
    if (!('api' in side)) continue;
    // What is under way counts against the budget, whichever run began it, and however small it is.
    const held = run.budget.reserve(0);
    if (held !== null) run.budget.settle(held, job.atMost ?? 0);
    run.jobChanged(job);
    if (signal.aborted) return 'interrupted';
    const submitted = job.state === 'submitted' ? job : await orderJob(run, job, side);
    if (submitted !== null) under.push({ job: submitted, side });
  }
  for await (const job of planJobs(run)) {
    if (signal.aborted) break;
    const side = run.options.sides[job.side];
    if (!('api' in side)) continue;
    const submitted = await submitJob(run, job, side);
    if (submitted !== null) under.push({ job: submitted, side });
  }
  await compareNew(run);
  const lefts = await fetchAll(run, under, until);
  if (signal.aborted) return 'interrupted';
  if (lefts.some((left) => left)) return 'waiting';
  return run.progress().notSent['budget reached'] === undefined ? 'done' : 'budget';
};

/** Polls all jobs at once, and joins what is over one after the other; whether each was left open. */
const fetchAll = async (
  run: BatchRun,
  under: readonly { readonly job: BatchJob; readonly side: BatchSide }[],
  until: number,
): Promise<readonly boolean[]> => {
  let joins: Promise<void> = Promise.resolve();
  return Promise.all(
    under.map(async ({ job, side }) => {
      const polled = await pollJob(run, job, side, until);
      if (polled.kind === 'left') return true;
      let open = false;
      const join = joins.then(async () => {
        open = !(await endJob(run, polled.job, side, polled.status));
      });
      // The next one waits for this one, and is not harmed by its failure.
      joins = join.catch(() => {});
      await join;
      return open;
    }),
  );
};

/** Stores what came of a job that is over; false when its files could not be fetched. */
const endJob = async (
  run: BatchRun,
  job: BatchJob,
  side: BatchSide,
  status: Parameters<typeof joinResults>[3],
): Promise<boolean> => {
  const { at, signal, store } = run.options;
  if (status.phase === 'failed') run.emit({ kind: 'refused', job, problems: status.problems });
  const joined = await joinResults(run, job, side, status);
  if (joined.kind === 'failed') {
    if (!signal.aborted) run.stop(job.side, joined.failure);
    return false;
  }
  const problem = status.problems[0]?.message ?? null;
  await endBatchJob(store, job.id, {
    state: status.phase === 'failed' ? 'refused' : 'done',
    providerState: status.state,
    problem,
    at: at(),
  });
  run.jobChanged({ ...job, state: status.phase === 'failed' ? 'refused' : 'done', problem });
  run.emit({ kind: 'joined', job, lines: joined.result });
  await compareNew(run);
  return true;
};

/** Compares the pairs that have both answers and no outcome yet. */
const compareNew = async (run: BatchRun): Promise<void> => {
  const { comparisonId, signal, store } = run.options;
  for await (const page of uncomparedAnswers(store, comparisonId, comparisonRules)) {
    if (signal.aborted) return;
    // Together they share a transaction.
    await Promise.all(
      page.map(({ baseline, candidate, captureId, request }) => {
        const comparison = compareAnswers(request, baseline, candidate);
        return saveOutcome(store, { comparisonId, captureId, rules: comparisonRules, comparison });
      }),
    );
  }
  const { answered, pairs } = await countAnsweredPairs(store, comparisonId, wantedSamples(run));
  run.setPairs(pairs, answered);
};
