import { sides, type Side } from '../../comparison/outcome.ts';
import type { Model, Price } from '../../models/model.ts';
import { encodingOf } from '../../models/tokens/encoding-of.ts';
import { noLimits, type Limits } from '../../replay/limits/limits.ts';
import type { DryRunCount } from './dry-run-count.ts';
import { expectedDuration, type ExpectedDuration, type LaneLoad } from './dry-run-duration.ts';
import type { CallsEstimate } from './dry-run-tally.ts';

/** What a dry run says of one side. */
export type SideReport = CallsEstimate & {
  readonly label: string;
  /** False for a recorded model: no call is made. */
  readonly live: boolean;
  /** Null for a recorded model. `own`: it is the model's own tokenizer, otherwise a stand-in. */
  readonly tokenizer: { readonly encoding: string; readonly own: boolean } | null;
  readonly price: Price | null;
  /** The variable that must hold the key and does not; null: nothing is missing. */
  readonly missingKey: string | null;
};

/** What a dry run says. Times are milliseconds, money is USD; null is not known. */
export type DryRunReport = {
  readonly schema: 'understudy.dryRun/1';
  readonly name: string;
  /** What was selected of the captures, as a line; null: all of them. */
  readonly selected: string | null;
  readonly captures: number;
  readonly notReplayable: number;
  readonly countedCaptures: number;
  /** False: the figures are an estimate from the captures that were counted. */
  readonly countedAll: boolean;
  readonly samples: number;
  readonly calls: number;
  readonly baseline: SideReport;
  readonly candidate: SideReport;
  readonly cost: { readonly expected: number | null; readonly most: number | null };
  readonly duration: ExpectedDuration & {
    readonly latencyMs: number;
    /** `assumed`: no time is recorded. */
    readonly latencyFrom: 'recorded' | 'assumed';
  };
};

/** What a call is taken to last where no time is recorded. */
const assumedLatencyMs = 3000;

/** Output tokens of a call that count towards a limit where no recorded answer tells. */
const assumedOutput = 1000;

/** Puts together what a dry run says. */
export const dryRunReport = (options: {
  readonly name: string;
  readonly selected: string | null;
  readonly notReplayable: number;
  readonly samples: number;
  readonly count: DryRunCount;
  readonly models: Readonly<Record<Side, Model>>;
  readonly prices: Readonly<Record<Side, Price | null>>;
  readonly missingKeys: Readonly<Record<Side, string | null>>;
  readonly concurrency: number;
  readonly limitsOf: (model: Extract<Model, { kind: 'live' }>) => Limits;
}): DryRunReport => {
  const { count, models, limitsOf, concurrency } = options;
  const sideOf = (side: Side): SideReport => {
    const model = models[side];
    return {
      label: model.label,
      live: model.kind === 'live',
      tokenizer: model.kind === 'live' ? encodingOf(model.name) : null,
      ...count.sides[side],
      price: options.prices[side],
      missingKey: options.missingKeys[side],
    };
  };
  const baseline = sideOf('baseline');
  const candidate = sideOf('candidate');
  const sum = (key: 'expectedCost' | 'mostCost'): number | null => {
    const costs = [baseline, candidate].filter(({ calls }) => calls > 0).map((side) => side[key]);
    return costs.reduce<number | null>(
      (all, cost) => (all === null || cost === null ? null : all + cost),
      0,
    );
  };
  const lanes = sides.map((side): LaneLoad => {
    const model = models[side];
    const { calls, input, expectedOutput, mostOutput } = count.sides[side];
    return {
      label: model.label,
      calls,
      tokens: input + (expectedOutput ?? Math.min(mostOutput, calls * assumedOutput)),
      limits: model.kind === 'live' ? limitsOf(model) : noLimits,
    };
  });
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
    calls: baseline.calls + candidate.calls,
    baseline,
    candidate,
    cost: { expected: sum('expectedCost'), most: sum('mostCost') },
    duration: {
      ...expectedDuration(lanes, { concurrency, latencyMs }),
      latencyMs,
      latencyFrom: count.latencyMs === null ? 'assumed' : 'recorded',
    },
  };
};
