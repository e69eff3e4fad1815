import { batchRefusals, batchTries, triesKey } from '../../store/batches/batch-tries.ts';
import type { MissingAnswer } from '../../store/comparisons/pending-pairs.ts';
import type { Capture } from '../../traffic/capture.ts';
import { maximumRemedies } from './amend-request.ts';
import type { BatchRun } from './batch-run.ts';
import type { BatchSide } from './options.ts';

/** Whether an answer that is missing will not come of a batch: it has failed there for good. */
export type LostAnswers = (
  capture: Capture,
  answer: MissingAnswer,
  side: BatchSide,
) => Promise<boolean>;

/**
 * Tells of these captures what has failed for good. What was refused is not lost when the refusal
 * has taught something since, or does now that changes are allowed.
 */
export const lostAnswers = async (
  run: BatchRun,
  captureIds: readonly string[],
): Promise<LostAnswers> => {
  const { comparisonId } = run;
  const { store } = run.options;
  const tries = await batchTries(store, comparisonId, captureIds);
  const isAnyFinal = [...tries.values()].some(({ final }) => final);
  const refusals = isAnyFinal
    ? await batchRefusals(store, comparisonId, captureIds)
    : new Map<string, never>();
  return async ({ id, request }, { sample, side: of }, side) => {
    const key = triesKey(id, of, sample);
    const known = tries.get(key);
    if (known === undefined || !known.final) return false;
    const refusal = refusals.get(key);
    if (refusal === undefined || known.tries > maximumRemedies) return true;
    return (await side.amend(request, { failure: refusal, adaptations: null })).kind !== 'changed';
  };
};
