import type { Side } from '../comparison/outcome.ts';
import type { Failure } from '../models/answer.ts';
import { countAnsweredPairs } from '../store/comparisons/answer-counts.ts';
import { compareUncompared } from './compare-stored.ts';
import { samplesInRun } from './pending-captures.ts';
import type { ReplayOptions } from './replay-options.ts';
import { isBudgetReached, type RunEnd } from './run-progress.ts';
import { ReplayRun, type ReplayProgress } from './run.ts';
import { answerAwaited, lookMs, sendAll } from './send-missing.ts';
import { followTraffic } from './shadow/follow-traffic.ts';

/** The result for one comparison. */
export type ComparisonResult = {
  readonly comparisonId: string;
  /** The failure for which a side was stopped; null if it was not. */
  readonly stopped: Readonly<Record<Side, Failure | null>>;
  readonly progress: ReplayProgress;
};

export type ReplayResult = {
  /**
   * `done`: everything that could be answered is. `budget`: the rest did not fit into the budget.
   */
  readonly ended: Exclude<RunEnd, 'waiting'>;
  /** Over all comparisons. */
  readonly progress: ReplayProgress;
  /** In the order given. */
  readonly comparisons: readonly ComparisonResult[];
};

export type Replay = {
  /** Resolves when nothing is in flight and everything is stored; rejects when the store fails. */
  readonly done: Promise<ReplayResult>;
  /** Returns the progress of one comparison or, without an id, of all. */
  readonly progress: (comparisonId?: string) => ReplayProgress;
};

/**
 * Sends the sides of pairs that have no answer yet, in queue order. If the limits allow it, the
 * calls of a capture to all models start together, in random order. While a model is paused the
 * others continue, and it catches up later. Every answer is stored when it arrives, so a run can
 * end at any time. The next run retries what failed, without gaps or double payment. Concurrent
 * runs, in this or other processes, share the work: each claims a side before sending it.
 *
 * Recorded sides take their answers from the recording. If it has none, the other side is not sent
 * either, because there is nothing to compare it with. Throws RangeError for a concurrency, a
 * number of samples or a speed out of range, and for a budget without prices.
 */
export const startReplay = (options: ReplayOptions): Replay => {
  const run = new ReplayRun(options);
  const startedAt = options.now();
  let endedAt: number | null = null;
  const progress = (comparisonId?: string): ReplayProgress =>
    run.progress(comparisonId ?? null, (endedAt ?? options.now()) - startedAt);
  const ended = replayAll(run).finally(() => {
    endedAt = options.now();
  });
  const done = ended.then((how): ReplayResult => {
    const comparisons = options.comparisons.map(({ comparisonId }, index) => ({
      comparisonId,
      stopped: {
        baseline: run.baseline.live?.stoppedBy ?? null,
        candidate: run.candidates[index]?.live?.stoppedBy ?? null,
      },
      progress: progress(comparisonId),
    }));
    return { ended: how, progress: progress(), comparisons };
  });
  return { done, progress };
};

const replayAll = async (run: ReplayRun): Promise<ReplayResult['ended']> => {
  const { calls, options } = run;
  await calls.run(async () => {
    await countStored(run);
    const { following } = options;
    await (following === undefined ? answerAll(run) : followTraffic(run, following));
    if (!isInterrupted(run)) await countOthers(run);
  });
  if (isInterrupted(run)) return 'interrupted';
  return isBudgetReached(run.progress(null, 0)) ? 'budget' : 'done';
};

/** Whether a run was ended before everything was sent. One that follows the store is ended in no other way. */
const isInterrupted = ({ calls, options }: ReplayRun): boolean =>
  calls.isAborted || (options.following === undefined && calls.isEnding);

/** Counts the stored answers at the start and compares what an earlier run left uncompared. */
const countStored = async (run: ReplayRun): Promise<void> => {
  const { comparisons, only, store } = run.options;
  for (const [index, { comparisonId }] of comparisons.entries()) {
    const tally = run.tally(comparisonId);
    if (only === undefined) {
      const found = await countAnsweredPairs(store, comparisonId, samplesInRun(run, index));
      tally.total = found.pairs;
      tally.doneBefore = found.answered;
      tally.answersBefore = found.answers;
    } else tally.total = only.length;
  }
  for (const { comparisonId } of comparisons) await compareLeftOver(run, comparisonId);
};

/** Counts the answers of other runs during this one and compares what they left uncompared. */
const countOthers = async (run: ReplayRun): Promise<void> => {
  const { comparisons, only, store } = run.options;
  for (const [index, { comparisonId }] of comparisons.entries()) {
    if (run.calls.claims.isShared) await compareLeftOver(run, comparisonId);
    if (only !== undefined) continue;
    const tally = run.tally(comparisonId);
    const { answers } = await countAnsweredPairs(store, comparisonId, samplesInRun(run, index));
    const { answered } = tally.answers;
    tally.answeredElsewhere = Math.max(0, answers - tally.answersBefore - answered);
    const done = tally.doneBefore + tally.doneInRun + run.awaitedPairs(comparisonId);
    tally.doneElsewhere = Math.max(0, tally.total - done);
  }
};

const compareLeftOver = (run: ReplayRun, comparisonId: string): Promise<void> =>
  compareUncompared(run.options.store, comparisonId, {
    isAborted: () => isInterrupted(run),
    onOutcome: (captureId, outcome, { byRule }) => {
      run.emit({ kind: 'outcome', comparisonId, captureId, outcome, byRule });
    },
  });

/**
 * Sends the missing answers, except those that another run is sending. At the end, waits for the
 * other run's answers and sends those that it gave up.
 */
const answerAll = async (run: ReplayRun): Promise<void> => {
  const { awaited, calls, options } = run;
  const later = await sendAll(run, { before: null, chosen: null });
  if (later.size > 0) await sendAll(run, { before: later, chosen: null });
  while (awaited.size > 0 && !calls.isEnding && !isBudgetReached(run.progress(null, 0))) {
    await answerAwaited(run);
    if (awaited.size > 0) await options.wait(lookMs, calls.ending);
  }
};
