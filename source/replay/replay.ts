import { setImmediate } from 'node:timers/promises';
import { comparisonRules } from '../comparison/compare.ts';
import { sides, type Side } from '../comparison/outcome.ts';
import type { FailureReason } from '../models/answer.ts';
import { loadCapture } from '../store/captures/captures.ts';
import { countAnsweredPairs, uncomparedPairs } from '../store/comparisons/replay-state.ts';
import type { ReplayOptions } from './options.ts';
import { beginPair, compareStored } from './pair.ts';
import { pendingInOrder, pendingOf } from './pending.ts';
import type { ReplayProgress } from './progress.ts';
import { createRun, type Run } from './run.ts';

export type ReplayResult = {
  /** `done`: whatever could be answered is. `budget`: the rest was not sent for want of money. */
  readonly ended: 'done' | 'budget' | 'interrupted';
  /** Why nothing more was sent to a side; null for one that went on to the end. */
  readonly stopped: Readonly<Record<Side, FailureReason | null>>;
  readonly progress: ReplayProgress;
};

export type Replay = {
  /** Resolves when nothing is in flight and all is stored; rejects when the store fails. */
  readonly done: Promise<ReplayResult>;
  readonly progress: () => ReplayProgress;
};

/**
 * Answers what a comparison still lacks: the sides of its pairs that have no answer, in queue order.
 * Both sides of a pair start together, in random order (one after the other where only one call may
 * be in flight). Every answer is stored when it arrives, so that the run can end at any moment and
 * the next one goes on without a gap and without paying twice; what failed before is tried again.
 *
 * Recorded sides take their answers from the recording. Where it has none, the other side is not
 * sent either: its answer could not be compared with anything. Throws RangeError for a concurrency
 * that is none, and for a budget without prices.
 */
export const startReplay = (options: ReplayOptions): Replay => {
  const run = createRun(options);
  const startedAt = options.now();
  let endedAt: number | null = null;
  const progress = (): ReplayProgress => progressOf(run, (endedAt ?? options.now()) - startedAt);
  const stop = (): void => run.abort();
  if (options.signal.aborted) stop();
  options.signal.addEventListener('abort', stop, { once: true });
  const ended = replayAll(run).finally(() => {
    endedAt = options.now();
    options.signal.removeEventListener('abort', stop);
  });
  const done = ended.then((how) => ({
    ended: how,
    stopped: { baseline: run.stopped('baseline'), candidate: run.stopped('candidate') },
    progress: progress(),
  }));
  return { done, progress };
};

const replayAll = async (run: Run): Promise<ReplayResult['ended']> => {
  const open = new Set<Promise<void>>();
  let through = false;
  try {
    await count(run);
    await compareLeftOver(run);
    const { comparisonId, only, store } = run.options;
    const pending =
      only === undefined
        ? pendingInOrder(store, comparisonId)
        : pendingOf(store, comparisonId, only);
    for await (const pair of pending) {
      if (run.aborted()) break;
      const { ended } = await beginPair(run, pair);
      const settled = ended.catch(run.abort).finally(() => open.delete(settled));
      open.add(settled);
      // The store answers without the event loop; without this a run of recorded answers, or of what
      // is not sent, would let neither a key nor a redraw in between.
      await setImmediate();
    }
    through = !run.aborted();
  } catch (error) {
    run.abort(error);
  }
  await Promise.all(open);
  const error = run.error();
  if (error !== null) throw error;
  if (!through || run.aborted()) return 'interrupted';
  return run.tally.notSent['budget reached'] === undefined ? 'done' : 'budget';
};

const count = async (run: Run): Promise<void> => {
  const { comparisonId, only, store } = run.options;
  if (only !== undefined) {
    run.tally.total = only.length;
    return;
  }
  const { pairs, answered } = await countAnsweredPairs(store, comparisonId);
  run.tally.total = pairs;
  run.tally.doneBefore = answered;
};

/** Compares the pairs that were answered when a run was killed before it could compare them. */
const compareLeftOver = async (run: Run): Promise<void> => {
  const { comparisonId, store } = run.options;
  for (const captureId of await uncomparedPairs(store, comparisonId, comparisonRules)) {
    if (run.aborted()) return;
    const capture = await loadCapture(store, captureId);
    if (capture !== null) await compareStored(run, capture, {});
    await setImmediate();
  }
};

const progressOf = (run: Run, elapsedMs: number): ReplayProgress => {
  const { budget, gate, options, tally } = run;
  const priced = sides.every(
    (side) => options.models[side].kind === 'recorded' || options.prices[side] !== null,
  );
  return {
    total: tally.total,
    done: tally.doneBefore + tally.doneInRun,
    doneInRun: tally.doneInRun,
    inFlight: gate.inFlight,
    retrying: tally.retrying,
    answered: tally.answered,
    failures: {
      baseline: { ...tally.failures.baseline },
      candidate: { ...tally.failures.candidate },
    },
    notSent: { ...tally.notSent },
    cost: priced ? tally.cost : null,
    uncountedAnswers: tally.uncountedAnswers,
    budget: options.budget,
    spentAtMost: budget.spent,
    elapsedMs,
  };
};
