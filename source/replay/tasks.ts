import type { ClaimResult } from '../store/side-claims.ts';
import { siblingComparisons } from '../store/comparisons/comparisons.ts';
import type { Capture } from '../traffic/capture.ts';
import type { Missing, Pending } from './pending.ts';
import type { Run } from './run.ts';
import { sharedSide, type Task } from './task.ts';

/**
 * What is to be asked for a capture: one task for all comparisons that lack an answer of the baseline,
 * and one for each candidate that has none. Sorted by sample; within one the baseline comes first.
 */
const tasksOf = (run: Run, { capture, missing }: Pending): readonly Task[] => {
  const samples = [...new Set(missing.map(({ sample }) => sample))].toSorted((a, b) => a - b);
  return samples.flatMap((sample) =>
    tasksOfSample(
      run,
      capture,
      missing.filter((one) => one.sample === sample),
      sample,
    ),
  );
};

const tasksOfSample = (
  run: Run,
  capture: Capture,
  missing: readonly Missing[],
  sample: number,
): readonly Task[] => {
  const idsOf = (side: Missing['side']): readonly string[] =>
    missing.filter((one) => one.side === side).map(({ comparisonId }) => comparisonId);
  const tasks: Task[] = [];
  const lacksBaseline = idsOf('baseline');
  if (lacksBaseline.length > 0) {
    tasks.push({ capture, of: run.baseline, sample, comparisonIds: lacksBaseline });
  }
  for (const comparisonId of idsOf('candidate')) {
    const at = run.options.comparisons.findIndex((one) => one.comparisonId === comparisonId);
    const of = run.candidates[at];
    if (of !== undefined) tasks.push({ capture, of, sample, comparisonIds: [comparisonId] });
  }
  return tasks;
};

/** A capture with what this run is to do for it. */
export type ClaimedCapture = {
  readonly capture: Capture;
  /** Every comparison that lacked an answer. */
  readonly comparisonIds: ReadonlySet<string>;
  /** Answers to be taken from the recording, and live ones that this run has claimed. */
  readonly tasks: readonly Task[];
  /** Answers that are ordered in batches. */
  readonly ordered: readonly Task[];
  /** The comparisons that lack an answer which another run is getting. */
  readonly awaited: Set<string>;
};

/** So many captures at most are claimed in one write. */
const mostTogether = 64;

/**
 * Claims what captures lack before it is sent. The next few captures are claimed while those before
 * them are sent, so that no call waits for a write; and only a few, so that another run finds work.
 */
export async function* claimedCaptures(
  run: Run,
  pending: AsyncGenerator<Pending, void, undefined>,
): AsyncGenerator<ClaimedCapture, void, undefined> {
  const together = Math.min(mostTogether, Math.ceil(run.options.concurrency / 2));
  const claimNext = async (): Promise<readonly ClaimedCapture[]> => {
    const next: Pending[] = [];
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
      // A failure is met when its turn comes, which may be much later.
      ahead.catch(() => {});
      yield* claimed;
    }
  } finally {
    // Nothing is claimed any more once the run has ended.
    await ahead.catch(() => {});
  }
}

const claim = async (run: Run, pending: readonly Pending[]): Promise<readonly ClaimedCapture[]> => {
  const tasks = pending.map((one) => tasksOf(run, one));
  const live = tasks.flat().filter(({ of }) => of.live !== null);
  const results = await run.claims.take(live.map(sharedSide));
  const resultOf = new Map(live.map((task, index) => [task, results[index]]));
  // Whoever has answered for another comparison had claimed it: what is stored is known only now.
  await findSiblings(run);
  return pending.map(({ capture, missing }, index) => {
    const comparisonIds = new Set(missing.map(({ comparisonId }) => comparisonId));
    const mine: Task[] = [];
    const ordered: Task[] = [];
    const awaited = new Set<string>();
    for (const task of tasks[index] ?? []) {
      const result = resultOf.get(task);
      if (result === undefined) {
        mine.push(task);
        continue;
      }
      mine.push(...partOf(task, result, 'claimed'));
      ordered.push(...partOf(task, result, 'ordered'));
      for (const comparisonId of result.taken) awaited.add(comparisonId);
    }
    return { capture, comparisonIds, tasks: mine, ordered, awaited };
  });
};

/** A task as far as its claim has come to this; none where that is true of no comparison. */
const partOf = (task: Task, result: ClaimResult, part: keyof ClaimResult): readonly Task[] =>
  result[part].length === 0 ? [] : [{ ...task, comparisonIds: result[part] }];

/** Looks for comparisons whose answers of the baseline may serve, be it that they are new. */
const findSiblings = async ({ options, siblings }: Run): Promise<void> => {
  const own = new Set(options.comparisons.map(({ comparisonId }) => comparisonId));
  for (const comparisonId of own) {
    for (const sibling of await siblingComparisons(options.store, comparisonId)) {
      if (!own.has(sibling)) siblings.add(sibling);
    }
  }
};
