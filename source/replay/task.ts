import type { SharedSide } from '../store/side-claims.ts';
import type { Capture } from '../traffic/capture.ts';
import type { RunModel } from './run-model.ts';

/** One answer that is wanted: of a model to a capture. */
export type Task = {
  readonly capture: Capture;
  readonly of: RunModel;
  readonly sample: number;
  /**
   * The comparisons that lack it, at least one. The answer is paid for in the first and reused in the
   * others.
   */
  readonly comparisonIds: readonly string[];
};

/** A task as the store knows it. */
export const sharedSide = ({ capture, comparisonIds, of, sample }: Task): SharedSide => ({
  captureId: capture.id,
  side: of.side,
  sample,
  comparisonIds,
});
