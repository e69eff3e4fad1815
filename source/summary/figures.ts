import { sides, type Side, type Verdict } from '../comparison/outcome.ts';
import type { FailureReason } from '../models/answer.ts';
import type { Price } from '../models/model.ts';
import { batchShareOf, costOf, type CallMoment } from '../models/prices.ts';
import { percentiles, type Percentiles } from '../statistics/percentile.ts';
import { stratifiedAgreement } from '../statistics/stratified.ts';
import { wilson, type RateInterval } from '../statistics/wilson.ts';
import { countPartial, type PartialFact } from '../store/captures/partial-captures.ts';
import type {
  FailureFact,
  LatencyFact,
  NotSentFact,
  PairFact,
} from '../store/comparisons/pair-facts.ts';
import type { CostFact, TokenFact, TokenSum } from '../store/comparisons/token-facts.ts';

/**
 * Where one side's latency comes from: production's recording or this replay. `batch`: there is none,
 * because every answer came in a batch.
 */
export type LatencySource = 'recorded' | 'replayed' | 'batch';

/** Times of one side over the answered pairs, in milliseconds. */
export type SideLatency = {
  readonly timeToFirstToken: Percentiles;
  readonly total: Percentiles;
  /** Null as long as no pair is answered. */
  readonly source: LatencySource | null;
  /** Answers that came in batches; they have no times and are left out. */
  readonly batchAnswers: number;
};

/** Tokens of one side over the answered pairs; null if no answer reports them. */
export type SideTokens = {
  readonly input: number | null;
  readonly output: number | null;
  readonly cachedInput: number | null;
  readonly reasoning: number | null;
  /** Answers with known tokens; the sums are over these. */
  readonly answers: number;
};

/** Failed pairs by the failures of both sides; null: that side did not fail. */
export type FailureCount = {
  readonly baseline: FailureReason | null;
  readonly candidate: FailureReason | null;
  readonly pairs: number;
};

/** Pairs that were not sent, by the reasons of both sides; null: that side is answered. */
export type NotSentCount = {
  readonly baseline: string | null;
  readonly candidate: string | null;
  readonly pairs: number;
};

/** The figures of a comparison or of one of its endpoints. */
export type Figures = {
  readonly counts: {
    readonly imported: number;
    readonly replayable: number;
    readonly notReplayable: number;
    readonly answered: number;
    readonly failed: number;
    readonly notSent: number;
    readonly identical: number;
    readonly equivalent: number;
    readonly different: number;
    /** Answered pairs with a verdict. */
    readonly judged: number;
    /** Answered pairs that have no verdict and that the machine did not settle. */
    readonly unjudged: number;
    /** Of `unjudged`, those that a reviewer skipped. */
    readonly skipped: number;
    /** Identical or equivalent pairs without a verdict. */
    readonly settledByMachine: number;
    /** Of `replayable`, those with parts that the recording did not keep. */
    readonly partial: number;
  };
  readonly verdicts: {
    readonly agree: number;
    readonly worse: number;
    readonly better: number;
    readonly bothBad: number;
  };
  /** agree ÷ verdicts. */
  readonly agreement: RateInterval;
  /** (agree + better) ÷ verdicts. */
  readonly noRegression: RateInterval;
  /** Agreement over all answered pairs; pairs that the machine settled count as agreed. */
  readonly overall: RateInterval;
  readonly latency: {
    readonly baseline: SideLatency;
    readonly candidate: SideLatency;
    /**
     * Candidate ÷ baseline at the 95th percentile; null if one is unknown, or if one side was
     * recorded and the other replayed.
     */
    readonly ratio: { readonly timeToFirstToken: number | null; readonly total: number | null };
  };
  readonly tokens: { readonly baseline: SideTokens; readonly candidate: SideTokens };
  readonly cost: {
    /** USD over the answers with known tokens in answered pairs; null without prices or tokens. */
    readonly baseline: number | null;
    readonly candidate: number | null;
    /** Baseline ÷ candidate over the pairs in which both sides have known tokens. */
    readonly ratio: number | null;
    readonly currency: 'USD';
    /** The source of the prices and their date; null if no price is known. */
    readonly prices: string | null;
  };
  /** Add up to `counts.failed`, most frequent first. */
  readonly failures: readonly FailureCount[];
  /** Add up to `counts.notSent`, most frequent first. */
  readonly notSentReasons: readonly NotSentCount[];
};

/** The known times of one side, in milliseconds. */
export type SideTimes = {
  readonly first: number[];
  readonly total: number[];
  recorded: boolean | null;
  /** The number of answers, and how many of them came in batches. */
  answers: number;
  batch: number;
};

/** Everything that the store counts about a comparison or one of its endpoints. */
export type Facts = {
  readonly pairs: readonly PairFact[];
  readonly failures: readonly FailureFact[];
  readonly notSent: readonly NotSentFact[];
  readonly tokens: readonly TokenFact[];
  readonly partial: readonly PartialFact[];
  readonly times: Readonly<Record<Side, SideTimes>>;
};

/** No times yet, for `addTimes` to fill. */
export const emptyTimes = (): Readonly<Record<Side, SideTimes>> => ({
  baseline: { first: [], total: [], recorded: null, answers: 0, batch: 0 },
  candidate: { first: [], total: [], recorded: null, answers: 0, batch: 0 },
});

/** Adds the times of one pair. */
export const addTimes = (times: Readonly<Record<Side, SideTimes>>, fact: LatencyFact): void => {
  for (const side of sides) {
    const one = times[side];
    const first = fact[`${side}FirstMs`];
    const total = fact[`${side}TotalMs`];
    if (first !== null) one.first.push(first);
    if (total !== null) one.total.push(total);
    one.recorded = fact[`${side}Recorded`];
    one.answers++;
    if (fact[`${side}Batch`]) one.batch++;
  }
};

/** The reason shown for a pair that no replay has reached yet. */
const notYet = 'not sent yet';

/** The price of calls at their moment; null where it is not known. */
export type PriceAt = (side: Side, call: CallMoment) => Price | null;

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
  latency: latencyFigures(facts.times),
  tokens: {
    baseline: sideTokens(facts.tokens.map((fact) => fact.baseline)),
    candidate: sideTokens(facts.tokens.map((fact) => fact.candidate)),
  },
  cost: costFigures(facts.tokens, priceAt),
  failures: merged(facts.failures.map(withoutEndpoint)),
  notSentReasons: merged(
    facts.notSent.map(({ baseline, candidate, pairs }) => ({
      baseline: baseline === '' ? notYet : baseline,
      candidate: candidate === '' ? notYet : candidate,
      pairs,
    })),
  ),
});

type PairFigures = Pick<Figures, 'counts' | 'verdicts' | 'agreement' | 'noRegression' | 'overall'>;

const pairFigures = (facts: Facts, notReplayable: number): PairFigures => {
  const count = (fits: (pair: PairFact) => boolean): number =>
    facts.pairs.reduce((sum, pair) => (fits(pair) ? sum + pair.pairs : sum), 0);
  const judgedAs = (verdict: Verdict): number =>
    count((pair) => isAnswered(pair) && pair.verdict === verdict);

  const replayable = count(() => true);
  const answered = count(isAnswered);
  const failed = count((pair) => pair.outcome === 'failed');
  const judged = count((pair) => isAnswered(pair) && pair.verdict !== null);
  const settledByMachine = count((pair) => isSettled(pair) && pair.verdict === null);
  const verdicts = {
    agree: judgedAs('agree'),
    worse: judgedAs('worse'),
    better: judgedAs('better'),
    bothBad: judgedAs('both_bad'),
  };
  const settledJudged = count((pair) => isSettled(pair) && pair.verdict !== null);
  const settledAgreed = count((pair) => isSettled(pair) && pair.verdict === 'agree');
  return {
    counts: {
      imported: replayable + notReplayable,
      replayable,
      notReplayable,
      answered,
      failed,
      notSent: replayable - answered - failed,
      identical: count((pair) => pair.outcome === 'identical'),
      equivalent: count((pair) => pair.outcome === 'equivalent'),
      different: count((pair) => pair.outcome === 'different'),
      judged,
      unjudged: answered - judged - settledByMachine,
      skipped: count(
        (pair) => isAnswered(pair) && !isSettled(pair) && pair.verdict === null && pair.skipped,
      ),
      settledByMachine,
      partial: countPartial(facts.partial).captures,
    },
    verdicts,
    agreement: wilson(verdicts.agree, judged),
    noRegression: wilson(verdicts.agree + verdicts.better, judged),
    overall: stratifiedAgreement({
      settled: settledByMachine,
      settledJudged,
      settledAgreed,
      rest: answered - settledByMachine - settledJudged,
      judged: judged - settledJudged,
      agreed: verdicts.agree - settledAgreed,
    }),
  };
};

const isAnswered = (pair: PairFact): boolean =>
  pair.baseline === 'answered' && pair.candidate === 'answered';

const isSettled = (pair: PairFact): boolean =>
  isAnswered(pair) && (pair.outcome === 'identical' || pair.outcome === 'equivalent');

const latencyFigures = (times: Readonly<Record<Side, SideTimes>>): Figures['latency'] => {
  const baseline = sideLatency(times.baseline);
  const candidate = sideLatency(times.candidate);
  const alike = baseline.source === candidate.source;
  return {
    baseline,
    candidate,
    ratio: {
      timeToFirstToken: alike
        ? ratio(candidate.timeToFirstToken.p95, baseline.timeToFirstToken.p95)
        : null,
      total: alike ? ratio(candidate.total.p95, baseline.total.p95) : null,
    },
  };
};

const sideLatency = ({ answers, batch, first, recorded, total }: SideTimes): SideLatency => ({
  timeToFirstToken: percentiles(first),
  total: percentiles(total),
  source:
    recorded === null ? null : recorded ? 'recorded' : batch === answers ? 'batch' : 'replayed',
  batchAnswers: batch,
});

const sideTokens = (sums: readonly TokenSum[]): SideTokens => {
  const { answers, input, output, cachedInput, reasoning } = sumTokens(sums);
  const counted = answers > 0;
  return {
    input: counted ? input : null,
    output: counted ? output : null,
    cachedInput,
    reasoning,
    answers,
  };
};

const sumTokens = (sums: readonly TokenSum[]): TokenSum => {
  const known = (values: readonly (number | null)[]): number | null => {
    const numbers = values.filter((value) => value !== null);
    return numbers.length === 0 ? null : numbers.reduce((sum, value) => sum + value, 0);
  };
  return {
    answers: known(sums.map((sum) => sum.answers)) ?? 0,
    input: known(sums.map((sum) => sum.input)) ?? 0,
    output: known(sums.map((sum) => sum.output)) ?? 0,
    cachedInput: known(sums.map((sum) => sum.cachedInput)),
    reasoning: known(sums.map((sum) => sum.reasoning)),
  };
};

const withoutEndpoint = ({ baseline, candidate, pairs }: FailureFact): FailureCount => ({
  baseline,
  candidate,
  pairs,
});

/** Merges counts with the same reasons, which come from several endpoints; most frequent first. */
const merged = <Count extends FailureCount | NotSentCount>(
  counts: readonly Count[],
): readonly Count[] => {
  const byReasons = new Map<string, Count>();
  for (const count of counts) {
    const key = JSON.stringify([count.baseline, count.candidate]);
    const pairs = (byReasons.get(key)?.pairs ?? 0) + count.pairs;
    byReasons.set(key, { ...count, pairs });
  }
  return [...byReasons.values()].toSorted((a, b) => b.pairs - a.pairs);
};

/** The costs of both sides over the answered pairs. */
const costFigures = (tokens: readonly TokenFact[], priceAt: PriceAt): Figures['cost'] => {
  const cost = (group: `${Side}Cost` | 'bothBaselineCost' | 'bothCandidateCost', side: Side) =>
    totalCost(
      tokens.map((fact) => fact[group]),
      (call) => priceAt(side, call),
    );
  return {
    baseline: cost('baselineCost', 'baseline'),
    candidate: cost('candidateCost', 'candidate'),
    ratio: ratio(cost('bothBaselineCost', 'baseline'), cost('bothCandidateCost', 'candidate')),
    currency: 'USD',
    prices: priceSource(tokens, priceAt),
  };
};

/**
 * The cost of some answers in USD: as reported by the provider, and for all others by tokens and
 * price. Null if there are no answers, or if some have neither a reported cost nor a price.
 */
const totalCost = (
  facts: readonly CostFact[],
  priceOf: (call: CallMoment) => Price | null,
): number | null => {
  let sum: number | null = null;
  for (const { said, saidAnswers, counted, promptTokens, batch, at, model } of facts) {
    if (saidAnswers > 0) sum = (sum ?? 0) + said;
    if (counted.answers === 0) continue;
    const price = priceOf({ at, model });
    const cost = costOf(counted, price, promptTokens);
    if (cost === null) return null;
    sum = (sum ?? 0) + cost * (batch ? batchShareOf(price) : 1);
  }
  return sum;
};

const priceSource = (tokens: readonly TokenFact[], priceAt: PriceAt): string | null => {
  const named = sides.map((side) => {
    const costs = tokens.map((fact) => fact[`${side}Cost`]);
    const calls = [
      { at: null, model: null },
      ...costs.filter(({ counted }) => counted.answers > 0),
    ];
    const price = calls.map((call) => priceAt(side, call)).find((one) => one !== null) ?? null;
    const when = price?.varies === true ? ', at the moment of each call' : '';
    const listed = price === null ? null : `${price.source}, ${price.date}${when}`;
    const said = costs.reduce((sum, cost) => sum + cost.saidAnswers, 0);
    const others = costs.reduce((sum, cost) => sum + cost.counted.answers, 0);
    if (said === 0) return listed;
    if (others === 0) return 'reported by the provider';
    return `reported by the provider for ${said} of ${said + others} answers, else ${listed ?? 'unknown'}`;
  });
  const [baseline, candidate] = named;
  if (baseline === candidate) return baseline ?? null;
  return sides.map((side, index) => `${side}: ${named[index] ?? 'unknown'}`).join('; ');
};

/** One figure divided by another; null if one is unknown or the divisor is zero. */
const ratio = (dividend: number | null, divisor: number | null): number | null =>
  dividend === null || divisor === null || divisor === 0 ? null : dividend / divisor;
