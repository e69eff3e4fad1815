import { sides, type Side, type Verdict } from '../comparison/outcome.ts';
import type { Price } from '../models/model.ts';
import { percentiles } from '../statistics/percentile.ts';
import { stratifiedAgreement } from '../statistics/stratified.ts';
import { wilson } from '../statistics/wilson.ts';
import { countPartial, type PartialFact } from '../store/captures/partial-captures.ts';
import type {
  FailureFact,
  LatencyFact,
  NotSentFact,
  PairFact,
} from '../store/comparisons/pair-facts.ts';
import type { TokenFact, TokenSum } from '../store/comparisons/token-facts.ts';
import { costsOf } from './costs.ts';
import { ratio } from './ratio.ts';
import type { FailureCount, Figures, NotSentCount, SideLatency, SideTokens } from './summary.ts';

/** Times of one side, milliseconds, as far as they are known. */
export type SideTimes = {
  readonly first: number[];
  readonly total: number[];
  recorded: boolean | null;
  /** Answers, and those of them that came in batches. */
  answers: number;
  batch: number;
};

/** Everything that was counted of a comparison or of one endpoint. */
export type Facts = {
  readonly pairs: readonly PairFact[];
  readonly failures: readonly FailureFact[];
  readonly notSent: readonly NotSentFact[];
  readonly tokens: readonly TokenFact[];
  readonly partial: readonly PartialFact[];
  readonly times: Readonly<Record<Side, SideTimes>>;
};

/** Room for the times of one comparison or endpoint. */
export const emptyTimes = (): Readonly<Record<Side, SideTimes>> => ({
  baseline: { first: [], total: [], recorded: null, answers: 0, batch: 0 },
  candidate: { first: [], total: [], recorded: null, answers: 0, batch: 0 },
});

/** Adds the times of a pair. */
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

/** What a pair that was not sent says when no replay has come to it yet. */
const notYet = 'not sent yet';

/** The figures that follow from what was counted. `notReplayable` counts records. */
export const figures = (
  facts: Facts,
  notReplayable: number,
  prices: Readonly<Record<Side, Price | null>>,
): Figures => {
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
    latency: latencyOf(facts.times),
    tokens: {
      baseline: tokensOf(facts.tokens.map((fact) => fact.baseline)),
      candidate: tokensOf(facts.tokens.map((fact) => fact.candidate)),
    },
    cost: costsOf(facts.tokens, prices),
    failures: merged(facts.failures.map(withoutEndpoint)),
    notSentReasons: merged(
      facts.notSent.map(({ baseline, candidate, pairs }) => ({
        baseline: baseline === '' ? notYet : baseline,
        candidate: candidate === '' ? notYet : candidate,
        pairs,
      })),
    ),
  };
};

const isAnswered = (pair: PairFact): boolean =>
  pair.baseline === 'answered' && pair.candidate === 'answered';

const isSettled = (pair: PairFact): boolean =>
  isAnswered(pair) && (pair.outcome === 'identical' || pair.outcome === 'equivalent');

const latencyOf = (times: Readonly<Record<Side, SideTimes>>): Figures['latency'] => {
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

const tokensOf = (sums: readonly TokenSum[]): SideTokens => {
  const { answers, input, output, cachedInput, reasoning } = addUp(sums);
  const counted = answers > 0;
  return {
    input: counted ? input : null,
    output: counted ? output : null,
    cachedInput,
    reasoning,
    answers,
  };
};

const addUp = (sums: readonly TokenSum[]): TokenSum => {
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

/** Adds up what several endpoints have in common; the most frequent first. */
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
