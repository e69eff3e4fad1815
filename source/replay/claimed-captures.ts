import type { ClaimResult } from '../store/side-claims.ts';
import { siblingComparisons } from '../store/comparisons/comparisons.ts';
import type { Capture } from '../traffic/capture.ts';
import type { MissingInComparison, PendingCapture } from './pending-captures.ts';
import { sharedSide, type Task } from './run-model.ts';
import type { ReplayRun } from './run.ts';

/** A capture with this run's tasks for it. */
export type ClaimedCapture = {
  readonly capture: Capture;
  /** Every comparison that lacked an answer. */
  readonly comparisonIds: ReadonlySet<string>;
  /** Recorded answers to take, and live answers that this run has claimed. */
  readonly tasks: readonly Task[];
  /** Answers that are requested in batches. */
  readonly ordered: readonly Task[];
  /** The comparisons that lack an answer which another run is fetching. */
  readonly awaited: Set<string>;
};

/** The most captures claimed in one write. */
const mostTogether = 64;

/**
 * Claims missing answers before they are sent. The next captures are claimed while earlier ones are
 * being sent, so no call waits for a write. The lead is short, so that another run also finds work.
 */
export async function* claimedCaptures(
  run: ReplayRun,
  pending: AsyncGenerator<PendingCapture, void, undefined>,
): AsyncGenerator<ClaimedCapture, void, undefined> {
  const together = Math.min(mostTogether, Math.ceil(run.options.concurrency / 2));
  const claimNext = async (): Promise<readonly ClaimedCapture[]> => {
    const next: PendingCapture[] = [];
    while (next.length < together) {
      const { done, value } = await pending.next();
      if (done === true) break;
      next.push(value);
    }
    return claim(run, next);
  };
  let ahead = claimNext();
  try {
    for (;;) {
      const claimed = await ahead;
      if (claimed.length === 0) return;
      ahead = claimNext();
      // A rejection is handled when its turn comes, which may be much later.
      ahead.catch(() => {});
      yield* claimed;
    }
  } finally {
    // The run must not end while a claim is being written.
    await ahead.catch(() => {});
  }
}

const claim = async (
  run: ReplayRun,
  pending: readonly PendingCapture[],
): Promise<readonly ClaimedCapture[]> => {
  const tasks = pending.map((one) => captureTasks(run, one));
  const live = tasks.flat().filter(({ target }) => target.live !== null);
  const results = await run.calls.claims.take(live.map(sharedSide));
  const resultOfTask = new Map(live.map((task, index) => [task, results[index]]));
  // Another comparison's run held the claim until it stored the answer, so look only after
  // claiming.
  await findSiblings(run);
  return pending.map(({ capture, missing }, index) => {
    const comparisonIds = new Set(missing.map(({ comparisonId }) => comparisonId));
    const mine: Task[] = [];
    const ordered: Task[] = [];
    const awaited = new Set<string>();
    for (const task of tasks[index] ?? []) {
      const result = resultOfTask.get(task);
      if (result === undefined) {
        mine.push(task);
        continue;
      }
      mine.push(...restricted(task, result, 'claimed'));
      ordered.push(...restricted(task, result, 'ordered'));
      for (const comparisonId of result.taken) awaited.add(comparisonId);
    }
    return { capture, comparisonIds, tasks: mine, ordered, awaited };
  });
};

/**
 * Returns the tasks for a capture: one for all comparisons that lack a baseline answer, and one for
 * each candidate that lacks an answer. Sorted by sample, with the baseline first.
 */
const captureTasks = (run: ReplayRun, { capture, missing }: PendingCapture): readonly Task[] => {
  const samples = [...new Set(missing.map(({ sample }) => sample))].toSorted((a, b) => a - b);
  return samples.flatMap((sample) => {
    const inSample = missing.filter((one) => one.sample === sample);
    return sampleTasks(run, capture, inSample, sample);
  });
};

const sampleTasks = (
  run: ReplayRun,
  capture: Capture,
  missing: readonly MissingInComparison[],
  sample: number,
): readonly Task[] => {
  const lacking = (side: MissingInComparison['side']): readonly string[] =>
    missing.filter((one) => one.side === side).map(({ comparisonId }) => comparisonId);
  const tasks: Task[] = [];
  const lacksBaseline = lacking('baseline');
  if (lacksBaseline.length > 0) {
    tasks.push({ capture, target: run.baseline, sample, comparisonIds: lacksBaseline });
  }
  for (const comparisonId of lacking('candidate')) {
    const at = run.options.comparisons.findIndex((one) => one.comparisonId === comparisonId);
    const target = run.candidates[at];
    if (target === undefined) continue;
    tasks.push({ capture, target, sample, comparisonIds: [comparisonId] });
  }
  return tasks;
};

/**
 * Restricts a task to the comparisons in one part of its claim's result; empty if there are none.
 */
const restricted = (task: Task, result: ClaimResult, part: keyof ClaimResult): readonly Task[] =>
  result[part].length === 0 ? [] : [{ ...task, comparisonIds: result[part] }];

/** Finds comparisons that can share their baseline answers; new ones may have been added. */
const findSiblings = async ({ options, siblings }: ReplayRun): Promise<void> => {
  const own = new Set(options.comparisons.map(({ comparisonId }) => comparisonId));
  for (const comparisonId of own) {
    for (const sibling of await siblingComparisons(options.store, comparisonId)) {
      if (!own.has(sibling)) siblings.add(sibling);
    }
  }
};
