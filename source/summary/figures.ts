import type { Side } from '../comparison/outcome.ts';
import type { Price } from '../models/model.ts';
import type { DurationFact } from '../store/comparisons/duration-facts.ts';
import type { FailureFact, NotSentFact } from '../store/comparisons/pair-facts.ts';
import type { TokenFact } from '../store/comparisons/token-facts.ts';
import {
  costFigures,
  sideTokens,
  type CostFigures,
  type PriceAt,
  type SideTokens,
} from './cost-figures.ts';
import {
  countFailures,
  countNotSent,
  type FailureCount,
  type NotSentCount,
} from './failure-counts.ts';
import { latencyFigures, type LatencyFigures } from './latency-figures.ts';
import { pairFigures, type JudgedPairFacts, type PairFigures } from './pair-figures.ts';

/** The figures of a comparison or of one of its endpoints. */
export type Figures = PairFigures & {
  readonly latency: LatencyFigures;
  readonly tokens: Readonly<Record<Side, SideTokens>>;
  readonly cost: CostFigures;
  /** Add up to `counts.failed`, most frequent first. */
  readonly failures: readonly FailureCount[];
  /** Add up to `counts.notSent`, most frequent first. */
  readonly notSentReasons: readonly NotSentCount[];
};

/** Everything that the store counts about a comparison or one of its endpoints. */
export type Facts = JudgedPairFacts & {
  readonly failures: readonly FailureFact[];
  readonly notSent: readonly NotSentFact[];
  readonly tokens: readonly TokenFact[];
  readonly durations: readonly DurationFact[];
};

/**
 * Computes the figures. `notReplayable`: the number of records that cannot be replayed. `prices` are
 * those of now, `priceAt` those of each call.
 */
export const computeFigures = (
  facts: Facts,
  notReplayable: number,
  prices: Readonly<Record<Side, Price | null>>,
  priceAt: PriceAt = (side) => prices[side],
): Figures => ({
  ...pairFigures(facts, notReplayable),
  latency: latencyFigures(facts.durations),
  tokens: {
    baseline: sideTokens(facts.tokens.map((fact) => fact.baseline)),
    candidate: sideTokens(facts.tokens.map((fact) => fact.candidate)),
  },
  cost: costFigures(facts.tokens, priceAt),
  failures: countFailures(facts.failures),
  notSentReasons: countNotSent(facts.notSent),
});
