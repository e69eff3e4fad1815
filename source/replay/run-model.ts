import type { Side } from '../comparison/outcome.ts';
import type { Model } from '../models/model.ts';
import type { SharedSide } from '../store/side-claims.ts';
import type { WantedSamples } from '../store/comparisons/pending-pairs.ts';
import type { Capture } from '../traffic/capture.ts';
import { createLiveLane, type LiveLane } from './calls/outgoing-call.ts';
import type { CallableModel, ReplayOptions } from './replay-options.ts';

/** A model of a run: the baseline, or the candidate of one comparison. */
export type RunModel = CallableModel & {
  readonly side: Side;
  /** Null for a recorded model. */
  readonly live: LiveLane | null;
};

/** One answer that a model should give to a capture. */
export type Task<Target extends { readonly side: Side; readonly model: Model } = RunModel> = {
  readonly capture: Capture;
  readonly target: Target;
  readonly sample: number;
  /** The comparisons that lack it, at least one. The first pays for it; the others reuse it. */
  readonly comparisonIds: readonly string[];
};

/** Converts a task to the store's form. */
export const sharedSide = ({
  capture,
  comparisonIds,
  sample,
  target,
}: Task<{ readonly side: Side; readonly model: Model }>): SharedSide => ({
  captureId: capture.id,
  side: target.side,
  sample,
  comparisonIds,
});

/**
 * Returns the number of answers that each side of a comparison should have. A recording holds one.
 */
export const wantedSamples = (
  models: Readonly<Record<Side, Model>>,
  samples: number,
): WantedSamples => ({
  baseline: models.baseline.kind === 'live' ? samples : 1,
  candidate: models.candidate.kind === 'live' ? samples : 1,
});

/** Creates the models of a run. Models with the same address and name share a lane. */
export const createRunModels = (
  options: ReplayOptions,
): { readonly baseline: RunModel; readonly candidates: readonly RunModel[] } => {
  const lanes = new Map<string, LiveLane>();
  const laneOfModel = ({ model }: CallableModel): LiveLane | null => {
    if (model.kind !== 'live') return null;
    const key = `${model.provider.baseUrl} ${model.name}`;
    const known = lanes.get(key);
    if (known !== undefined) return known;
    const live = createLiveLane(model, options);
    lanes.set(key, live);
    return live;
  };
  const toRunModel = (side: Side, callable: CallableModel): RunModel => ({
    ...callable,
    side,
    live: laneOfModel(callable),
  });
  return {
    baseline: toRunModel('baseline', options.baseline),
    candidates: options.comparisons.map(({ candidate }) => toRunModel('candidate', candidate)),
  };
};
