import { loadCapture } from '../store/captures/captures.ts';
import {
  missingAnswers,
  pendingByTime,
  pendingPairs,
  type MissingAnswer,
  type WantedSamples,
} from '../store/comparisons/pending-pairs.ts';
import type { Capture } from '../traffic/capture.ts';
import type { Run } from './run.ts';

/** An answer that a comparison lacks. */
export type Missing = MissingAnswer & { readonly comparisonId: string };

/** A capture with the answers that it lacks in the comparisons of a run. */
export type Pending = { readonly capture: Capture; readonly missing: readonly Missing[] };

const pageSize = 64;

/** How many answers each side is to have: a recording holds one. */
export const wantedSamples = (
  { baseline, candidates, options }: Run,
  index: number,
): WantedSamples => {
  const candidate = candidates[index];
  return {
    baseline: baseline.live === null ? 1 : options.samples,
    candidate: candidate === undefined || candidate.live === null ? 1 : options.samples,
  };
};

/**
 * The captures that lack an answer in a comparison of the run, with what they lack in any: those of
 * `chosen` in their order, else those that were asked for in theirs, else in queue order or, where the
 * recorded speed is kept, by time. Answers that this run has come to an end with are none of them.
 */
export async function* pendingCaptures(
  run: Run,
  index: number,
  chosen: readonly string[] | null,
): AsyncGenerator<Pending, void, undefined> {
  const { comparisons, speed, store } = run.options;
  const only = chosen ?? run.options.only ?? null;
  const comparisonId = comparisons[index]?.comparisonId;
  if (comparisonId === undefined) return;
  if (only !== null || speed !== null) {
    const captureIds =
      only ??
      (await pendingByTime(store, comparisonId, wantedSamples(run, index))).map(
        ({ captureId }) => captureId,
      );
    for (const captureId of captureIds) {
      const missing = await missingInRun(run, captureId, null);
      const capture = missing.length === 0 ? null : await loadCapture(store, captureId);
      if (capture !== null) yield { capture, missing };
    }
    return;
  }
  const samples = wantedSamples(run, index);
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

/** What a capture lacks in the comparisons of the run; of one of them that may be known already. */
export const missingInRun = async (
  run: Run,
  captureId: string,
  known: { readonly comparisonId: string; readonly missing: readonly MissingAnswer[] } | null,
): Promise<readonly Missing[]> => {
  const missing: Missing[] = [];
  for (const [index, { comparisonId }] of run.options.comparisons.entries()) {
    const answers =
      known?.comparisonId === comparisonId
        ? known.missing
        : await missingAnswers(
            run.options.store,
            comparisonId,
            captureId,
            wantedSamples(run, index),
          );
    for (const { sample, side } of answers) {
      const key = { comparisonId, captureId, side, sample };
      if (!run.isSettled(key)) missing.push({ comparisonId, side, sample });
    }
  }
  return missing;
};
