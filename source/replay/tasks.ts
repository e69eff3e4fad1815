import type { Capture } from '../traffic/capture.ts';
import type { Missing, Pending } from './pending.ts';
import type { Run } from './run.ts';
import type { Task } from './task.ts';

/**
 * What is to be asked for a capture: one task for all comparisons that lack an answer of the baseline,
 * and one for each candidate that has none. Sorted by sample; within one the baseline comes first.
 */
export const tasksOf = (run: Run, { capture, missing }: Pending): readonly Task[] => {
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
