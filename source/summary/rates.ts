import {
  judgedAgreement,
  stratifiedAgreement,
  type Population,
  type Stratum,
} from '../statistics/stratified.ts';
import type { RateInterval } from '../statistics/wilson.ts';
import type { StratumSize } from '../store/comparisons/strata.ts';
import {
  byConversation,
  clusterLoss,
  effectiveNumber,
  withEffect,
  type ClusterLoss,
  type ConversationFigures,
} from './conversations.ts';
import {
  countPairs,
  isJudged,
  isSettledFact,
  isUnjudged,
  withVerdict,
  type JudgedFact,
  type JudgedTurn,
} from './judged-facts.ts';
import type { CommonVerdict } from './reviewers.ts';
import { groupByStratum, stratumOf, type SampledFacts } from './sample.ts';
import type { ConflictBounds } from './target.ts';

/**
 * Three rates. A conflict of reviewers counts in none of them; the upper bound is as if every conflict did.
 * `agreement`: agree. `noWorse`: agree, better or equally bad. `better`: better.
 */
export type Rates = {
  readonly agreement: RateInterval;
  readonly noWorse: RateInterval;
  readonly better: RateInterval;
};

/** The common verdicts that each rate counts. */
const countedIn: Readonly<Record<keyof Rates, readonly CommonVerdict[]>> = {
  agreement: ['agree'],
  noWorse: ['agree', 'better', 'both_bad'],
  better: ['better'],
};

/**
 * The rates over the requests of this comparison: those that are answered and compared or judged, and those
 * whose candidate failed, which are worse. Pairs that the machine or rules settled agree unless a person said
 * otherwise; two answers that are alike in being unusable are equally bad.
 */
export type AllRates = Rates & {
  /** The same rates over the judged pairs alone. */
  readonly judgedRates: Rates;
  /** The rates over the requests, as an estimate for all that production will send. */
  readonly productionRates: Rates;
  /** Null if no two requests are of one conversation. */
  readonly conversations: ConversationFigures | null;
};

/**
 * Computes the rates. `sizes`: what each stratum stands for, null if the pairs stand for themselves alone.
 * `turns`: the pairs by themselves with their conversations, null without any.
 */
export const ratesOf = (
  pairs: readonly JudgedFact[],
  sizes: readonly StratumSize[] | null,
  turns: readonly JudgedTurn[] | null,
): AllRates => {
  const groups = groupByStratum(pairs, sizes);
  const strata = (counted: readonly CommonVerdict[]): readonly Stratum[] =>
    groups.map(({ own, size }) => stratumOf(own, counted, size));
  const conversations = byConversation(turns);
  const all = countPairs(pairs, isCounted);
  const lossOf = (counted: readonly CommonVerdict[]): ClusterLoss | null =>
    clusterLoss(conversations?.map((own) => stratumOf(own, counted, 0)) ?? null, all);
  const rates = (
    rate: (strata: readonly Stratum[], loss: ClusterLoss | null) => RateInterval,
  ): Rates => {
    // A conflict is not counted, and might be once it is resolved: the interval allows for both.
    const between = (counted: readonly CommonVerdict[]): RateInterval => {
      const withConflicts = [...counted, 'conflict' as const];
      return {
        ...rate(strata(counted), lossOf(counted)),
        upper: rate(strata(withConflicts), lossOf(withConflicts)).upper,
      };
    };
    return {
      agreement: between(countedIn.agreement),
      noWorse: between(countedIn.noWorse),
      better: between(countedIn.better),
    };
  };
  const judgedRates = rates((own, loss) =>
    loss === null
      ? judgedAgreement(own)
      : withEffect(loss.judged, (number) => judgedAgreement(own, number)),
  );
  const drawn = (own: readonly Stratum[], loss: ClusterLoss | null, population: Population) =>
    loss === null
      ? stratifiedAgreement(own, population)
      : withEffect(loss.drawn, (number) => stratifiedAgreement(own, population, number));
  const productionRates = rates((own, loss) => drawn(own, loss, 'infinite'));
  const noWorse = lossOf(countedIn.noWorse);
  // While there is no rate, what the machine settled says nothing about the spread of the others.
  const drawnLoss = productionRates.noWorse.rate === null ? null : (noWorse?.drawn ?? null);
  return {
    // Unless they were drawn for others, the requests are what the rates are about, and not a sample.
    ...rates((own, loss) => drawn(own, sizes === null ? null : loss, 'finite')),
    judgedRates,
    productionRates,
    conversations:
      conversations === null || noWorse === null
        ? null
        : {
            conversations: conversations.filter(([turn]) => turn?.conversation !== null).length,
            turns: conversations.flat().filter(({ conversation }) => conversation !== null).length,
            pairs: conversations.flat().length,
            judged: effectiveNumber(noWorse.judged, judgedRates.noWorse.n),
            drawn: effectiveNumber(drawnLoss, all),
          },
  };
};

/** Whether the pair is in the rates over all requests. */
const isCounted = (pair: JudgedFact): boolean =>
  isSettledFact(pair) || pair.candidate === 'failed' || isJudged(pair) || isUnjudged(pair);

/** The pairs that reviewers skipped, and the rate of no worse over all requests if they were judged. */
export type SkipFigures = {
  readonly pairs: number;
  readonly ifWorse: RateInterval;
  readonly ifAgreed: RateInterval;
};

/** The rate of no worse if every skipped pair had a verdict, and all the same one. */
export const skipFigures = (
  pairs: readonly JudgedFact[],
  sizes: readonly StratumSize[] | null,
): SkipFigures => {
  const isSkipped = (pair: JudgedFact): boolean => isUnjudged(pair) && pair.skipped;
  const ifAll = (verdict: CommonVerdict): RateInterval => {
    const judged = pairs.map((pair) =>
      isSkipped(pair) ? { ...pair, verdict, order: 'drawn' as const } : pair,
    );
    const groups = groupByStratum(judged, sizes);
    const rate = (counted: readonly CommonVerdict[]): RateInterval =>
      stratifiedAgreement(
        groups.map(({ own, size }) => stratumOf(own, counted, size)),
        'finite',
      );
    const { upper } = rate([...countedIn.noWorse, 'conflict']);
    return { ...rate(countedIn.noWorse), upper };
  };
  return {
    pairs: countPairs(pairs, isSkipped),
    ifWorse: ifAll('worse'),
    ifAgreed: ifAll('agree'),
  };
};

/** What is known of the pairs for the rate of no worse; null if it is weighted by traffic. */
export const conflictBounds = ({ pairs, sizes }: SampledFacts): ConflictBounds | null => {
  if (sizes !== null) return null;
  const judged = pairs.map(withVerdict);
  return {
    least: stratumOf(judged, countedIn.noWorse, 0),
    most: stratumOf(judged, [...countedIn.noWorse, 'conflict'], 0),
  };
};
