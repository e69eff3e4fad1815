import type { Model, Price } from '../../models/model.ts';
import { highestPrice } from '../../models/prices.ts';
import { encodingOf } from '../../models/tokens/tokenizer.ts';
import { noLimits, type Limits } from '../../configuration/settings.ts';
import type { DryRunCount } from './count-calls.ts';
import { expectedDuration, type ExpectedDuration, type LaneLoad } from './duration.ts';
import type { CallsEstimate } from './estimate-tally.ts';

/** The report of a dry run on one side. */
export type SideReport = CallsEstimate & {
  readonly label: string;
  /** The captures that it is asked, or was: with `--noise`, a share of them. */
  readonly captures: number;
  /** False for a recorded model: no call is made. */
  readonly live: boolean;
  /** Null for a recorded model. `own`: the model's own tokenizer, not a substitute. */
  readonly tokenizer: { readonly encoding: string; readonly own: boolean } | null;
  readonly price: Price | null;
  /** The highest rates of the next 24 hours, by which `mostCost` is reckoned. */
  readonly highestPrice: Price | null;
  /** The environment variable that lacks the key; null when no key is missing. */
  readonly missingKey: string | null;
};

/** The report of a dry run. Times are milliseconds, money is USD; null means unknown. */
export type DryRunReport = {
  readonly schema: 'understudy.dryRun/1';
  readonly name: string;
  /** The selection of captures as one line; null for all of them. */
  readonly selected: string | null;
  readonly captures: number;
  readonly notReplayable: number;
  readonly countedCaptures: number;
  /** False if the figures are extrapolated from the captures that were counted. */
  readonly countedAll: boolean;
  readonly samples: number;
  /** True if the answers are requested in batches; prices and costs are then batch prices. */
  readonly batch: boolean;
  readonly calls: number;
  readonly baseline: SideReport;
  readonly candidate: SideReport;
  /** Further candidates, which share the baseline's answers. */
  readonly more: readonly SideReport[];
  readonly cost: { readonly expected: number | null; readonly most: number | null };
  /** Null for batches: the provider decides when to process them. */
  readonly duration:
    | (ExpectedDuration & {
        readonly latencyMs: number;
        /** `assumed`: no latency is recorded. */
        readonly latencyFrom: 'recorded' | 'assumed';
      })
    | null;
};

/** The assumed duration of a call if no latency is recorded. */
const assumedLatencyMs = 3000;

/** The assumed output of a call in tokens if no answer is recorded, for rate limits. */
const assumedOutput = 1000;

type Called = {
  readonly model: Model;
  readonly price: Price | null;
  readonly missingKey: string | null;
};

/** A candidate with the counts of its comparison. */
export type CountedCandidate = Called & { readonly count: DryRunCount };

/** Builds the report of a dry run. The baseline is counted once, from the first comparison. */
export const dryRunReport = (options: {
  readonly name: string;
  readonly selected: string | null;
  readonly notReplayable: number;
  readonly samples: number;
  readonly batch: boolean;
  readonly baseline: Called;
  /** At least one. */
  readonly candidates: readonly CountedCandidate[];
  readonly concurrency: number;
  readonly modelLimits: (model: Extract<Model, { kind: 'live' }>) => Limits;
}): DryRunReport => {
  const { modelLimits, concurrency } = options;
  const [first, ...others] = options.candidates;
  if (first === undefined) throw new Error('A dry run has a candidate.');
  const { count } = first;
  const all = [
    { ...options.baseline, captures: count.captures, calls: count.sides.baseline },
    ...[first, ...others].map((one) => ({
      ...one,
      captures: one.count.captures,
      calls: one.count.sides.candidate,
    })),
  ];
  const [baseline, candidate, ...more] = all.map(sideReport);
  if (baseline === undefined || candidate === undefined) throw new Error('A side is missing.');
  const reports = [baseline, candidate, ...more];
  const sum = (key: 'expectedCost' | 'mostCost'): number | null =>
    reports
      .filter(({ calls }) => calls > 0)
      .reduce<number | null>((total, { [key]: cost }) => {
        return total === null || cost === null ? null : total + cost;
      }, 0);
  const lanes = all.map(({ model, calls: one }): LaneLoad => ({
    label: model.label,
    calls: one.calls,
    tokens: one.input + (one.expectedOutput ?? Math.min(one.mostOutput, one.calls * assumedOutput)),
    limits: model.kind === 'live' ? modelLimits(model) : noLimits,
  }));
  const latencyMs = count.latencyMs ?? assumedLatencyMs;
  return {
    schema: 'understudy.dryRun/1',
    name: options.name,
    selected: options.selected,
    captures: count.captures,
    notReplayable: options.notReplayable,
    countedCaptures: count.counted,
    countedAll: count.countedAll,
    samples: options.samples,
    batch: options.batch,
    calls: reports.reduce((total, { calls }) => total + calls, 0),
    baseline,
    candidate,
    more,
    cost: { expected: sum('expectedCost'), most: sum('mostCost') },
    duration: options.batch
      ? null
      : {
          ...expectedDuration(lanes, { concurrency, latencyMs }),
          latencyMs,
          latencyFrom: count.latencyMs === null ? 'assumed' : 'recorded',
        },
  };
};

const sideReport = ({
  model,
  calls,
  captures,
  price,
  missingKey,
}: Called & { readonly calls: CallsEstimate; readonly captures: number }): SideReport => ({
  label: model.label,
  captures,
  live: model.kind === 'live',
  tokenizer: model.kind === 'live' ? encodingOf(model.name) : null,
  ...calls,
  price,
  highestPrice: highestPrice(price),
  missingKey,
});
