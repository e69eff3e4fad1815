import { loadCapture } from '../store/captures/captures.ts';
import {
  missingAnswers,
  pendingByTime,
  pendingPairs,
  type MissingAnswer,
  type WantedSamples,
} from '../store/comparisons/pending-pairs.ts';
import type { Capture } from '../traffic/capture.ts';
import { wantedSamples } from './run-model.ts';
import type { ReplayRun } from './run.ts';

/** An answer that a comparison lacks. */
export type MissingInComparison = MissingAnswer & { readonly comparisonId: string };

/** A capture with its missing answers in the comparisons of a run. */
export type PendingCapture = {
  readonly capture: Capture;
  readonly missing: readonly MissingInComparison[];
};

const pageSize = 64;

/**
 * Returns the number of answers that each side of the run's comparison at this index should have.
 */
export const samplesInRun = ({ options }: ReplayRun, index: number): WantedSamples => {
  const baseline = options.baseline.model;
  const candidate = options.comparisons[index]?.candidate.model ?? baseline;
  return wantedSamples({ baseline, candidate }, options.samples);
};

/**
 * Yields the captures that lack an answer in a comparison of the run, with all their missing
 * answers. The order is that of `chosen`, otherwise of `only`, otherwise queue order or, at
 * recorded speed, time. Answers that failed or were not sent in this run are left out.
 */
export async function* pendingCaptures(
  run: ReplayRun,
  index: number,
  chosen: readonly string[] | null,
): AsyncGenerator<PendingCapture, void, undefined> {
  const { comparisons, speed, store } = run.options;
  const only = chosen ?? run.options.only ?? null;
  const comparisonId = comparisons[index]?.comparisonId;
  if (comparisonId === undefined) return;
  const samples = samplesInRun(run, index);
  if (only !== null || speed !== null) {
    const captureIds =
      only ?? (await pendingByTime(store, comparisonId, samples)).map(({ captureId }) => captureId);
    for (const captureId of captureIds) {
      const missing = await missingInRun(run, captureId, null);
      const capture = missing.length === 0 ? null : await loadCapture(store, captureId);
      if (capture !== null) yield { capture, missing };
    }
    return;
  }
  let afterPosition: string | null = null;
  for (;;) {
    const page = await pendingPairs(store, comparisonId, {
      afterPosition,
      limit: pageSize,
      samples,
    });
    const last = page.at(-1);
    if (last === undefined) return;
    for (const { capture, missing: own } of page) {
      const known = { comparisonId, missing: own };
      const missing = await missingInRun(run, capture.id, known);
      if (missing.length > 0) yield { capture, missing };
    }
    afterPosition = last.position;
  }
}

/**
 * Returns the missing answers of a capture in each comparison of the run. `known` holds those of
 * one comparison.
 */
export const missingInRun = async (
  run: ReplayRun,
  captureId: string,
  known: { readonly comparisonId: string; readonly missing: readonly MissingAnswer[] } | null,
): Promise<readonly MissingInComparison[]> => {
  const missing: MissingInComparison[] = [];
  for (const [index, { comparisonId }] of run.options.comparisons.entries()) {
    const answers =
      known?.comparisonId === comparisonId
        ? known.missing
        : await missingAnswers(
            run.options.store,
            comparisonId,
            captureId,
            samplesInRun(run, index),
          );
    for (const { sample, side } of answers) {
      const key = { comparisonId, captureId, side, sample };
      if (!run.isSettled(key)) missing.push({ comparisonId, side, sample });
    }
  }
  return missing;
};
