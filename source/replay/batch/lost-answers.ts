import type { Side } from '../../comparison/outcome.ts';
import { batchRefusals, batchTries, triesKey } from '../../store/batches/batch-tries.ts';
import type { Capture } from '../../traffic/capture.ts';
import { maximumRemedies } from '../remedy-book.ts';
import type { BatchComparison } from './batch-comparison.ts';
import type { BatchSide } from './batch-options.ts';

/** The answers that failed permanently in a batch. */
export type LostAnswers = {
  readonly has: (
    answer: {
      readonly capture: Capture;
      readonly target: { readonly side: Side };
      readonly sample: number;
    },
    side: BatchSide,
  ) => Promise<boolean>;
};

/**
 * Finds the answers to these captures that have failed permanently. A refused answer does not count
 * if a remedy has been found since, or if changes are now allowed.
 */
export const findLostAnswers = async (
  comparison: BatchComparison,
  captureIds: readonly string[],
): Promise<LostAnswers> => {
  const { store } = comparison.options;
  const tries = await batchTries(store, comparison.id, captureIds);
  const isAnyFinal = [...tries.values()].some(({ final }) => final);
  const refusals = isAnyFinal
    ? await batchRefusals(store, comparison.id, captureIds)
    : new Map<string, never>();
  return {
    has: async ({ capture, sample, target }, side) => {
      const key = triesKey(capture.id, target.side, sample);
      const known = tries.get(key);
      if (known === undefined || !known.final) return false;
      const failure = refusals.get(key);
      if (failure === undefined || known.tries > maximumRemedies) return true;
      const amendment = await side.amend(capture.request, { failure, adaptations: null });
      return amendment.kind !== 'changed';
    },
  };
};
