import { setImmediate } from 'node:timers/promises';
import { comparisonRules } from '../comparison/compare-answers.ts';
import type { Side } from '../comparison/outcome.ts';
import type { FailureReason } from '../models/answer.ts';
import { loadCapture } from '../store/captures/captures.ts';
import { countAnsweredPairs } from '../store/comparisons/answer-counts.ts';
import { uncomparedPairs } from '../store/comparisons/outcomes.ts';
import type { ReplayOptions } from './options.ts';
import { createPace } from './pace.ts';
import { beginCapture, compareStored } from './pair.ts';
import { missingInRun, pendingCaptures, wantedSamples } from './pending.ts';
import type { ReplayProgress } from './progress.ts';
import { awaitedPairs, progressOf } from './run-progress.ts';
import { createRun, type Run } from './run.ts';
import { claimedCaptures } from './tasks.ts';

/** Why nothing more was sent to a side; null for one that went on to the end. */
export type Stopped = Readonly<Record<Side, FailureReason | null>>;

/** What came of one comparison. */
export type ComparisonResult = {
  readonly comparisonId: string;
  readonly stopped: Stopped;
  readonly progress: ReplayProgress;
};

export type ReplayResult = {
  /** `done`: whatever could be answered is. `budget`: the rest was not sent for want of money. */
  readonly ended: 'done' | 'budget' | 'interrupted';
  /** Of the first comparison. */
  readonly stopped: Stopped;
  /** Over all comparisons. */
  readonly progress: ReplayProgress;
  /** In the order given. */
  readonly comparisons: readonly ComparisonResult[];
};

export type Replay = {
  /** Resolves when nothing is in flight and all is stored; rejects when the store fails. */
  readonly done: Promise<ReplayResult>;
  /** Of one comparison by its id or, without one, over all. */
  readonly progress: (comparisonId?: string) => ReplayProgress;
};

/**
 * Answers what comparisons still lack: the sides of their pairs that have no answer, in queue order.
 * All models are asked for a capture together, in random order, where their limits allow it; while one
 * is paused the others go on, and what it missed is sent later. Every answer is stored when it
 * arrives, so that the run can end at any moment and the next one goes on without a gap and without
 * paying twice; what failed before is tried again. Runs at the same time, also in other processes,
 * share the work: each claims a side before it sends it.
 *
 * Recorded sides take their answers from the recording. Where it has none, the other side is not
 * sent either: its answer could not be compared with anything. Throws RangeError for a concurrency,
 * a number of samples or a speed that is none, and for a budget without prices.
 */
export const startReplay = (options: ReplayOptions): Replay => {
  const run = createRun(options);
  const startedAt = options.now();
  let endedAt: number | null = null;
  const progress = (comparisonId?: string): ReplayProgress =>
    progressOf(run, comparisonId ?? null, (endedAt ?? options.now()) - startedAt);
  const stop = (): void => run.abort();
  if (options.signal.aborted) stop();
  options.signal.addEventListener('abort', stop, { once: true });
  const ended = replayAll(run).finally(() => {
    endedAt = options.now();
    options.signal.removeEventListener('abort', stop);
    run.end();
  });
  const done = ended.then((how): ReplayResult => {
    const comparisons = options.comparisons.map(({ comparisonId }, index) => ({
      comparisonId,
      stopped: {
        baseline: run.baseline.live?.lane.stopped ?? null,
        candidate: run.candidates[index]?.live?.lane.stopped ?? null,
      },
      progress: progress(comparisonId),
    }));
    const stopped = comparisons[0]?.stopped ?? { baseline: null, candidate: null };
    return { ended: how, stopped, progress: progress(), comparisons };
  });
  return { done, progress };
};

const replayAll = async (run: Run): Promise<ReplayResult['ended']> => {
  let through = false;
  try {
    await run.claims.open();
    await prepare(run);
    await answerAll(run);
    if (!run.aborted()) await countOthers(run);
    through = !run.aborted();
  } catch (error) {
    run.abort(error);
  }
  await run.claims.close().catch(run.abort);
  const error = run.error();
  if (error !== null) throw error;
  if (!through || run.aborted()) return 'interrupted';
  return isBudgetReached(run) ? 'budget' : 'done';
};

const isBudgetReached = (run: Run): boolean =>
  progressOf(run, null, 0).notSent['budget reached'] !== undefined;

/** How often a run looks whether another one has the answers that it waits for. */
const lookMs = 250;

/**
 * Sends what is missing. What another run is sending is left to it: at the end this run waits until the
 * other one has the answers, and sends itself what that one has given up.
 */
const answerAll = async (run: Run): Promise<void> => {
  const { awaited, claims, options } = run;
  const later = await sendAll(run, { before: null, chosen: null });
  if (later.size > 0) await sendAll(run, { before: later, chosen: null });
  while (awaited.size > 0 && !run.aborted() && !isBudgetReached(run)) {
    await claims.freeEnded();
    await dropAnswered(run);
    if (awaited.size === 0) return;
    await sendAll(run, { before: new Map(), chosen: [...awaited.keys()] });
    if (awaited.size > 0) await options.wait(lookMs, run.stopping);
  }
};

/** Takes out of what is awaited the pairs that another run has answered. */
const dropAnswered = async (run: Run): Promise<void> => {
  for (const [captureId, comparisonIds] of run.awaited) {
    const missing = await missingInRun(run, captureId, null);
    for (const comparisonId of comparisonIds) {
      if (missing.some((one) => one.comparisonId === comparisonId)) continue;
      comparisonIds.delete(comparisonId);
      const tally = run.tallies.get(comparisonId);
      if (tally !== undefined) tally.doneInRun++;
    }
    if (comparisonIds.size === 0) run.awaited.delete(captureId);
  }
};

/** Captures that had to wait too long for a paused model, with when their turn was, ms. */
type Later = ReadonlyMap<string, number>;

/**
 * Sends what is missing, and resolves when it has ended, with what is left for another time. In a
 * further pass (`before`: when the turn of captures was that an earlier one left) everything waits for
 * as long as it takes. `chosen`: only these captures.
 */
const sendAll = async (
  run: Run,
  { before, chosen }: { readonly before: Later | null; readonly chosen: readonly string[] | null },
): Promise<Later> => {
  const { awaited, options } = run;
  const open = new Set<Promise<void>>();
  const pace = options.speed === null ? null : createPace(options.speed);
  const later = new Map<string, number>();
  try {
    for (const index of options.comparisons.keys()) {
      for await (const claimed of claimedCaptures(run, pendingCaptures(run, index, chosen))) {
        if (run.aborted()) return later;
        const { id, timestamp } = claimed.capture;
        if (claimed.awaited.size > 0) awaited.set(id, claimed.awaited);
        else awaited.delete(id);
        let dueMs = before?.get(id) ?? options.now();
        if (pace !== null && before === null) {
          const waitMs = pace.waitMs(timestamp, dueMs);
          if (waitMs > 0) await options.wait(waitMs, run.stopping);
          if (run.aborted()) return later;
          dueMs += waitMs;
        }
        const turnMs = dueMs;
        const { ended } = await beginCapture(run, claimed, {
          patient: before !== null,
          dueMs,
        });
        pace?.sent(timestamp, options.now());
        const settled = ended
          .then((end) => {
            if (end === 'later' && !later.has(id)) later.set(id, turnMs);
          }, run.abort)
          .finally(() => open.delete(settled));
        open.add(settled);
        // The store answers without the event loop; without this a run of recorded answers, or of
        // what is not sent, would let neither a key nor a redraw in between.
        await setImmediate();
      }
      // What the next comparison lacks is read only now: it shares captures with this one, and what
      // is in flight would be taken for missing and be sent, and paid, again.
      await Promise.all(open);
    }
  } finally {
    await Promise.all(open);
  }
  return later;
};

const prepare = async (run: Run): Promise<void> => {
  const { comparisons, only, store } = run.options;
  for (const [index, { comparisonId }] of comparisons.entries()) {
    const tally = run.tallies.get(comparisonId);
    if (tally === undefined) continue;
    if (only === undefined) {
      const samples = wantedSamples(run, index);
      const found = await countAnsweredPairs(store, comparisonId, samples);
      tally.total = found.pairs;
      tally.doneBefore = found.answered;
      tally.answersBefore = found.answers;
    } else tally.total = only.length;
  }
  for (const { comparisonId } of comparisons) await compareLeftOver(run, comparisonId);
};

/** Counts what other runs have answered meanwhile, and compares what they did not come to. */
const countOthers = async (run: Run): Promise<void> => {
  const { comparisons, only, store } = run.options;
  for (const [index, { comparisonId }] of comparisons.entries()) {
    if (run.claims.isShared) await compareLeftOver(run, comparisonId);
    const tally = run.tallies.get(comparisonId);
    if (only !== undefined || tally === undefined) continue;
    const { answers } = await countAnsweredPairs(store, comparisonId, wantedSamples(run, index));
    tally.answeredElsewhere = Math.max(0, answers - tally.answersBefore - tally.answered);
    const done = tally.doneBefore + tally.doneInRun + awaitedPairs(run, comparisonId);
    tally.doneElsewhere = Math.max(0, tally.total - done);
  }
};

/** Compares the pairs that were answered when a run was killed before it could compare them. */
const compareLeftOver = async (run: Run, comparisonId: string): Promise<void> => {
  const { store } = run.options;
  for (const captureId of await uncomparedPairs(store, comparisonId, comparisonRules)) {
    if (run.aborted()) return;
    const capture = await loadCapture(store, captureId);
    if (capture !== null) await compareStored(run, comparisonId, capture, {});
    await setImmediate();
  }
};
