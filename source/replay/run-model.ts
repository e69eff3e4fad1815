import type { Side } from '../comparison/outcome.ts';
import type { Deadlines } from '../models/call/deadlines.ts';
import { createLane, type Lane } from './limits/lane.ts';
import { createTokenEstimate, type TokenEstimate } from './limits/token-estimate.ts';
import type { Callable, ReplayOptions } from './options.ts';

/** A model of a run: the baseline, or the candidate of one comparison. */
export type RunModel = Callable & {
  readonly side: Side;
  /** Null for a recorded model. */
  readonly live: LiveLane | null;
};

/** What the calls to one live model share. */
export type LiveLane = {
  readonly lane: Lane;
  readonly estimate: TokenEstimate;
  readonly deadlines: Deadlines;
  /** Answers so far, and of these the ones that said themselves what they cost. */
  answers: number;
  pricedAnswers: number;
};

/** The models of a run, the baseline first. Those with the same address and name share a lane. */
export const createRunModels = (
  options: ReplayOptions,
): { readonly baseline: RunModel; readonly candidates: readonly RunModel[] } => {
  const lanes = new Map<string, LiveLane>();
  const liveOf = ({ model }: Callable): LiveLane | null => {
    if (model.kind !== 'live') return null;
    const key = `${model.provider.baseUrl} ${model.name}`;
    const known = lanes.get(key);
    if (known !== undefined) return known;
    const { patience } = options;
    const live: LiveLane = {
      lane: createLane({ label: model.label, limits: options.limitsOf(model), patience }),
      estimate: createTokenEstimate(),
      deadlines: options.deadlinesOf(model),
      answers: 0,
      pricedAnswers: 0,
    };
    lanes.set(key, live);
    return live;
  };
  const of = (side: Side, callable: Callable): RunModel => ({
    ...callable,
    side,
    live: liveOf(callable),
  });
  return {
    baseline: of('baseline', options.baseline),
    candidates: options.comparisons.map(({ candidate }) => of('candidate', candidate)),
  };
};
