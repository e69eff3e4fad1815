import { compareAnswers, comparisonRules } from '../../comparison/compare-answers.ts';
import { countAnsweredPairs } from '../../store/comparisons/answer-counts.ts';
import { saveOutcome, uncomparedAnswers } from '../../store/comparisons/outcomes.ts';
import type { BatchRun } from './batch-run.ts';
import { wantedSamples } from './wanted-samples.ts';

/** Compares the pairs that have both answers and no outcome yet. */
export const compareNew = async (run: BatchRun): Promise<void> => {
  const { comparisonId } = run;
  const { signal, store } = run.options;
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
