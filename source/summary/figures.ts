import { sides, type Side } from '../comparison/outcome.ts';
import type { FailureReason } from '../models/answer.ts';
import type { Price } from '../models/model.ts';
import { batchShareOf, costOf, type CallMoment } from '../models/prices.ts';
import { medianRatio } from '../statistics/bootstrap.ts';
import { signTest, type Flips } from '../statistics/significance-tests.ts';
import { percentiles, type Percentiles } from '../statistics/percentile.ts';
import {
  judgedAgreement,
  stratifiedAgreement,
  type Population,
  type Stratum,
} from '../statistics/stratified.ts';
import type { RateInterval } from '../statistics/wilson.ts';
import { countPartial, type PartialFact } from '../store/captures/partial-captures.ts';
import type { durations, DurationFact } from '../store/comparisons/duration-facts.ts';
import type { FailureFact, NotSentFact, PairFact } from '../store/comparisons/pair-facts.ts';
import {
  commonVerdict,
  severalVotes,
  type CommonVerdict,
  type VerdictCounts,
} from './reviewers.ts';
import type { ConflictBounds } from './target.ts';
import {
  byConversation,
  clusterLoss,
  effectiveNumber,
  withEffect,
  type ClusterLoss,
  type ConversationFigures,
} from './conversations.ts';
import type { TurnFact } from '../store/comparisons/turn-facts.ts';
import type { StratumSize } from '../store/comparisons/strata.ts';
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
  readonly cacheWrite: number | null;
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

/**
 * Three rates. A conflict of reviewers counts in none of them; the upper bound is as if every conflict did.
 * `agreement`: agree. `noWorse`: agree, better or equally bad. `better`: better.
 */
export type Rates = {
  readonly agreement: RateInterval;
  readonly noWorse: RateInterval;
  readonly better: RateInterval;
};

/** How long the candidate takes in comparison with the baseline; null where it is not known. */
export type LatencyRatio = {
  /**
   * The median of candidate ÷ baseline over the pairs of which both answers were timed in the same way, with
   * its 95 % interval and the number of pairs.
   */
  readonly paired: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  readonly n: number;
  /** Candidate ÷ baseline at the 95th percentile of each; null if one was recorded and the other replayed. */
  readonly p95: number | null;
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
    /** Identical or equivalent pairs, whether or not they have a verdict as well. */
    readonly settledByMachine: number;
    /**
     * Pairs that the machine found different and whose differences are all covered by rules, whether or not
     * they have a verdict as well. They are neither in `equivalent` nor in `different`.
     */
    readonly settledByRule: number;
    /** Of `settledByMachine`, those whose answers are alike in being unusable. They never agree. */
    readonly bothUnusable: number;
    /** Answered pairs that neither the machine nor a rule settled and that have a verdict. */
    readonly judged: number;
    /** Of `judged`, those in `aheadVerdicts`. */
    readonly judgedAhead: number;
    /** Of `judged`, those of a version that did not record whether they kept to the random order. */
    readonly judgedInUnknownOrder: number;
    /** Of `judged`, those with verdicts of several reviewers, and those whose verdicts differ. */
    readonly judgedBySeveral: number;
    /** Of `judged`, pairs that a filter or a pattern chose for a verdict. */
    readonly judgedByChoice: number;
    /** Of `judged`, pairs with a verdict that was given to a whole pattern, without a look at them. */
    readonly judgedUnseen: number;
    readonly disagreeing: number;
    /** Of `disagreeing`, those with a verdict that resolves them. */
    readonly resolved: number;
    /** Compared pairs that neither the machine nor a rule settled and that have no verdict. */
    readonly unjudged: number;
    /** Of `unjudged`, those that a reviewer skipped. */
    readonly skipped: number;
    /** Answered pairs without a verdict that were not compared: a run was stopped before it could. */
    readonly notCompared: number;
    /** Of `replayable`, those with parts that the recording did not keep. */
    readonly partial: number;
  };
  /** The failed pairs by who failed. They add up to `counts.failed`. */
  readonly failedBy: {
    readonly baseline: number;
    readonly candidate: number;
    readonly both: number;
  };
  /** The pairs judged in the random order, by the common verdict of their reviewers. */
  readonly verdicts: VerdictCounts;
  /**
   * The same of pairs that a reviewer chose while pairs before them in the random order waited. They are
   * no random sample and in no rate, until the order has come to them.
   */
  readonly aheadVerdicts: VerdictCounts;
  /** The verdicts on pairs that a filter or a pattern chose, in the order or ahead of it. */
  readonly chosenVerdicts: VerdictCounts;
  /** Of these, the verdicts that were given to whole patterns. */
  readonly unseenVerdicts: VerdictCounts;
  /** The same of pairs that the machine settled; no part of `verdicts`. */
  /** The verdicts on pairs that the machine settled; no part of `verdicts`. */
  readonly settledVerdicts: VerdictCounts;
  /** The same of pairs that rules settle. */
  readonly ruledVerdicts: VerdictCounts;
  /**
   * The rates over the requests of this comparison: those that are answered and compared or judged, and those
   * whose candidate failed, which are worse. Pairs that the machine or rules settled agree unless a person said
   * otherwise; two answers that are alike in being unusable are equally bad.
   */
  readonly agreement: RateInterval;
  readonly noWorse: RateInterval;
  readonly better: RateInterval;
  /** The same rates over the judged pairs alone. */
  readonly judgedRates: Rates;
  /** The rates over the requests, as an estimate for all that production will send. */
  readonly productionRates: Rates;
  /** Judged pairs in which one side is better, and how likely so unequal a number is by chance. */
  readonly flips: Pick<Flips, 'better' | 'worse' | 'pValue'>;
  /** The pairs that reviewers skipped, and the rate of no worse over all requests if they were judged. */
  readonly skips: {
    readonly pairs: number;
    readonly ifWorse: RateInterval;
    readonly ifAgreed: RateInterval;
  };
  /** Null if no two requests are of one conversation. */
  readonly conversations: ConversationFigures | null;
  readonly latency: {
    readonly baseline: SideLatency;
    readonly candidate: SideLatency;
    readonly timeToFirstToken: LatencyRatio;
    readonly total: LatencyRatio;
  };
  readonly tokens: { readonly baseline: SideTokens; readonly candidate: SideTokens };
  readonly cost: {
    /** USD over the answers with known tokens in answered pairs; null without prices or tokens. */
    readonly baseline: number | null;
    readonly candidate: number | null;
    /** USD for one answer of each side, over the answers with known tokens. */
    readonly perRequest: Readonly<Record<Side, number | null>>;
    /** Candidate ÷ baseline over the pairs in which both sides have known tokens. */
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

/** Everything that the store counts about a comparison or one of its endpoints. */
export type Facts = {
  readonly pairs: readonly PairFact[];
  /** The first of these pairs by themselves, with their conversations; null without any. */
  readonly turns: readonly TurnFact[] | null;
  /** What each stratum of the pairs stands for; null if the pairs stand for themselves alone. */
  readonly sizes: readonly StratumSize[] | null;
  readonly failures: readonly FailureFact[];
  readonly notSent: readonly NotSentFact[];
  readonly tokens: readonly TokenFact[];
  readonly partial: readonly PartialFact[];
  readonly durations: readonly DurationFact[];
};

/** How the verdicts stand for the traffic that the comparison was drawn from. */
export type Sample = {
  /**
   * `equal`: every pair stands for itself. `traffic`: the pairs were drawn by strata, and the rates are
   * weighted by the captures that each stratum stands for. `unknown`: they were drawn by strata that are
   * no longer known, so the rates stand for no traffic.
   */
  readonly weighting: 'equal' | 'traffic' | 'unknown';
  readonly strata: readonly {
    readonly stratum: string;
    readonly captures: number;
    readonly pairs: number;
    readonly judged: number;
    /** Whether its rate is known. Until that of every stratum is, there is no rate of all. */
    readonly rated: boolean;
  }[];
};

/** The strata of a sample. `isForgotten`: pairs were drawn by strata that the store no longer names. */
export const sampleOf = (
  { pairs, sizes }: Pick<Facts, 'pairs' | 'sizes'>,
  { isForgotten }: { readonly isForgotten: boolean },
): Sample => {
  const own = Map.groupBy(pairs, ({ stratum }) => stratum);
  const captures = Map.groupBy(sizes ?? [], ({ stratum }) => stratum);
  return {
    weighting: sizes !== null ? 'traffic' : isForgotten ? 'unknown' : 'equal',
    strata: [...captures].map(([stratum, parts]) => {
      const facts = (own.get(stratum) ?? []).map(withVerdict);
      const { judged, known, rest } = stratumOf(facts, [], 0);
      return {
        stratum,
        captures: parts.reduce((sum, part) => sum + part.captures, 0),
        pairs: countPairs(facts, () => true),
        judged,
        rated: judged > 0 || (known > 0 && rest === 0),
      };
    }),
  };
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
  latency: latencyFigures(facts.durations),
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

/** What the outcomes and verdicts of pairs say. */
export type PairFigures = Pick<
  Figures,
  | 'counts'
  | 'failedBy'
  | 'verdicts'
  | 'aheadVerdicts'
  | 'chosenVerdicts'
  | 'unseenVerdicts'
  | 'settledVerdicts'
  | 'ruledVerdicts'
  | keyof Rates
  | 'judgedRates'
  | 'productionRates'
  | 'flips'
  | 'skips'
  | 'conversations'
>;

/** Pairs with what their reviewers say together. */
type JudgedFact = PairFact & { readonly verdict: CommonVerdict | null };

/** The same of one pair, with its conversation. */
type JudgedTurn = TurnFact & JudgedFact;

const withVerdict = <Fact extends PairFact>(
  pair: Fact,
): Fact & { readonly verdict: CommonVerdict | null } => ({
  ...pair,
  verdict: commonVerdict(pair.votes, pair.resolved),
});

/** Computes what the outcomes and verdicts of pairs say; see `computeFigures`. */
export const pairFigures = (
  facts: Pick<Facts, 'pairs' | 'turns' | 'sizes' | 'partial'>,
  notReplayable: number,
): PairFigures => {
  const pairs = facts.pairs.map(withVerdict);
  const count = (fits: (pair: JudgedFact) => boolean): number => countPairs(pairs, fits);
  const replayable = count(() => true);
  const answered = count(isAnswered);
  const failed = count((pair) => pair.outcome === 'failed');
  const verdicts = countVerdicts(pairs.filter((pair) => isJudged(pair) && isDrawn(pair)));
  return {
    counts: {
      imported: replayable + notReplayable,
      replayable,
      notReplayable,
      answered,
      failed,
      notSent: replayable - answered - failed,
      identical: count((pair) => pair.outcome === 'identical'),
      equivalent: count((pair) => pair.outcome === 'equivalent' && !pair.byRule),
      different: count((pair) => pair.outcome === 'different'),
      settledByMachine: count((pair) => isSettled(pair) && !pair.byRule),
      settledByRule: count((pair) => pair.byRule),
      bothUnusable: count((pair) => pair.unusable),
      judged: count(isJudged),
      judgedAhead: count((pair) => isJudged(pair) && !isDrawn(pair)),
      judgedInUnknownOrder: count((pair) => isJudged(pair) && pair.order === 'unknown'),
      judgedByChoice: count((pair) => isJudged(pair) && pair.chosen),
      judgedUnseen: count((pair) => isJudged(pair) && pair.unseen),
      judgedBySeveral: count((pair) => isJudged(pair) && severalVotes(pair.votes).several),
      disagreeing: count((pair) => isJudged(pair) && severalVotes(pair.votes).differ),
      resolved: count(
        (pair) => isJudged(pair) && severalVotes(pair.votes).differ && pair.resolved !== null,
      ),
      unjudged: count(isUnjudged),
      skipped: count((pair) => isUnjudged(pair) && pair.skipped),
      notCompared: count(isNotCompared),
      partial: countPartial(facts.partial).captures,
    },
    failedBy: {
      baseline: count((pair) => pair.baseline === 'failed' && pair.candidate !== 'failed'),
      candidate: count((pair) => pair.candidate === 'failed' && pair.baseline !== 'failed'),
      both: count((pair) => pair.baseline === 'failed' && pair.candidate === 'failed'),
    },
    verdicts,
    flips: {
      better: verdicts.better,
      worse: verdicts.worse,
      pValue: signTest(verdicts.better, verdicts.worse),
    },
    aheadVerdicts: countVerdicts(pairs.filter((pair) => isJudged(pair) && !isDrawn(pair))),
    chosenVerdicts: countVerdicts(pairs.filter((pair) => isJudged(pair) && pair.chosen)),
    unseenVerdicts: countVerdicts(pairs.filter((pair) => isJudged(pair) && pair.unseen)),
    settledVerdicts: countVerdicts(pairs.filter((pair) => isSettled(pair) && !pair.byRule)),
    ruledVerdicts: countVerdicts(pairs.filter((pair) => pair.byRule)),
    skips: skipFigures(pairs, facts.sizes),
    ...ratesOf(pairs, facts.sizes, facts.turns?.map(withVerdict) ?? null),
  };
};

/** The common verdicts that each rate counts. */
const countedIn: Readonly<Record<keyof Rates, readonly CommonVerdict[]>> = {
  agreement: ['agree'],
  noWorse: ['agree', 'better', 'both_bad'],
  better: ['better'],
};

const ratesOf = (
  pairs: readonly JudgedFact[],
  sizes: readonly StratumSize[] | null,
  turns: readonly JudgedTurn[] | null,
): Rates & Pick<Figures, 'judgedRates' | 'productionRates' | 'conversations'> => {
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
  const noWorse = lossOf(countedIn.noWorse);
  return {
    // Unless they were drawn for others, the requests are what the rates are about, and not a sample.
    ...rates((own, loss) => drawn(own, sizes === null ? null : loss, 'finite')),
    judgedRates,
    productionRates: rates((own, loss) => drawn(own, loss, 'infinite')),
    conversations:
      conversations === null || noWorse === null
        ? null
        : {
            conversations: conversations.filter(([turn]) => turn?.conversation !== null).length,
            turns: conversations.flat().filter(({ conversation }) => conversation !== null).length,
            pairs: conversations.flat().length,
            judged: effectiveNumber(noWorse.judged, judgedRates.noWorse.n),
            drawn: effectiveNumber(noWorse.drawn, all),
          },
  };
};

/** Whether the pair is in the rates over all requests. */
const isCounted = (pair: JudgedFact): boolean =>
  isSettled(pair) || pair.candidate === 'failed' || isJudged(pair) || isUnjudged(pair);

/** The rate of no worse if every skipped pair had a verdict, and all the same one. */
const skipFigures = (
  pairs: readonly JudgedFact[],
  sizes: readonly StratumSize[] | null,
): Figures['skips'] => {
  const isSkipped = (pair: JudgedFact): boolean => isUnjudged(pair) && pair.skipped;
  const ifAll = (verdict: CommonVerdict): RateInterval => {
    const judged = pairs.map((pair) =>
      isSkipped(pair) ? { ...pair, verdict, order: 'drawn' as const } : pair,
    );
    return stratifiedAgreement(
      groupByStratum(judged, sizes).map(({ own, size }) => stratumOf(own, countedIn.noWorse, size)),
      'finite',
    );
  };
  return {
    pairs: countPairs(pairs, isSkipped),
    ifWorse: ifAll('worse'),
    ifAgreed: ifAll('agree'),
  };
};

/** What is known of the pairs for the rate of no worse; null if it is weighted by traffic. */
export const conflictBounds = ({ pairs, sizes }: Facts): ConflictBounds | null => {
  if (sizes !== null) return null;
  const judged = pairs.map(withVerdict);
  return {
    least: stratumOf(judged, countedIn.noWorse, 0),
    most: stratumOf(judged, [...countedIn.noWorse, 'conflict'], 0),
  };
};

/** The pairs of each stratum, and how many captures it stands for. */
const groupByStratum = (
  pairs: readonly JudgedFact[],
  sizes: readonly StratumSize[] | null,
): readonly { readonly own: readonly JudgedFact[]; readonly size: number }[] => {
  if (sizes === null) return [{ own: pairs, size: 0 }];
  const own = Map.groupBy(pairs, ({ stratum }) => stratum);
  return [...Map.groupBy(sizes, ({ stratum }) => stratum)].map(([stratum, parts]) => ({
    own: own.get(stratum) ?? [],
    size: parts.reduce((sum, { captures }) => sum + captures, 0),
  }));
};

/**
 * The counts of a stratum that stands for `least` requests or, if it has more, for its own pairs.
 * `counted`: the verdicts that count for a rate.
 */
const stratumOf = (
  pairs: readonly JudgedFact[],
  counted: readonly CommonVerdict[],
  least: number,
): Stratum => {
  const count = (chosen: (pair: JudgedFact) => boolean): number => countPairs(pairs, chosen);
  const agrees = ({ verdict }: JudgedFact): boolean =>
    verdict !== null && counted.includes(verdict);
  const known = count((pair) => isSettled(pair) || pair.candidate === 'failed');
  const rest = count((pair) => isJudged(pair) || isUnjudged(pair));
  return {
    size: Math.max(least, known + rest),
    known,
    knownAgreed: count((pair) => isSettled(pair) && counted.includes(settledAs(pair))),
    rest,
    judged: count((pair) => isJudged(pair) && isDrawn(pair)),
    agreed: count((pair) => isJudged(pair) && isDrawn(pair) && agrees(pair)),
  };
};

/** What a settled pair counts as. Nobody's verdict makes an unusable answer agree. */
const settledAs = ({ unusable, verdict }: JudgedFact): CommonVerdict =>
  unusable ? 'both_bad' : (verdict ?? 'agree');

const countPairs = (pairs: readonly JudgedFact[], fits: (pair: JudgedFact) => boolean): number =>
  pairs.reduce((sum, pair) => (fits(pair) ? sum + pair.pairs : sum), 0);

const countVerdicts = (pairs: readonly JudgedFact[]): VerdictCounts => {
  const judgedAs = (verdict: CommonVerdict): number =>
    countPairs(pairs, (pair) => pair.verdict === verdict);
  return {
    agree: judgedAs('agree'),
    worse: judgedAs('worse'),
    better: judgedAs('better'),
    bothBad: judgedAs('both_bad'),
    conflict: judgedAs('conflict'),
  };
};

const isAnswered = (pair: JudgedFact): boolean =>
  pair.baseline === 'answered' && pair.candidate === 'answered';

const isSettled = (pair: JudgedFact): boolean =>
  pair.outcome === 'identical' || pair.outcome === 'equivalent';

const isJudged = (pair: JudgedFact): boolean =>
  isAnswered(pair) && !isSettled(pair) && pair.verdict !== null;

/** Whether the pair belongs to the random sample. */
const isDrawn = (pair: JudgedFact): boolean => pair.order !== 'ahead';

const isUnjudged = (pair: JudgedFact): boolean =>
  pair.outcome === 'different' && pair.verdict === null;

const isNotCompared = (pair: JudgedFact): boolean =>
  isAnswered(pair) && pair.outcome === null && pair.verdict === null;

const latencyFigures = (facts: readonly DurationFact[]): Figures['latency'] => {
  const baseline = sideLatency(facts, 'baseline');
  const candidate = sideLatency(facts, 'candidate');
  const alike = baseline.source === candidate.source;
  const compared = (what: 'First' | 'Total', key: 'timeToFirstToken' | 'total'): LatencyRatio => {
    const { ratio: paired, ...interval } = medianRatio(ratiosOf(facts, what));
    return {
      paired,
      ...interval,
      p95: alike ? ratio(candidate[key].p95, baseline[key].p95) : null,
    };
  };
  return {
    baseline,
    candidate,
    timeToFirstToken: compared('First', 'timeToFirstToken'),
    total: compared('Total', 'total'),
  };
};

const sideLatency = (facts: readonly DurationFact[], side: Side): SideLatency => {
  const count = (fits: (fact: DurationFact) => boolean): number =>
    facts.reduce((sum, fact) => (fits(fact) ? sum + fact.pairs : sum), 0);
  const answers = count(() => true);
  const batchAnswers = count((fact) => fact[`${side}Batch`]);
  const recorded = facts.at(-1)?.[`${side}Recorded`] ?? null;
  return {
    timeToFirstToken: percentiles(knownDurations(facts, `${side}First`)),
    total: percentiles(knownDurations(facts, `${side}Total`)),
    source:
      recorded === null
        ? null
        : recorded
          ? 'recorded'
          : batchAnswers === answers
            ? 'batch'
            : 'replayed',
    batchAnswers,
  };
};

const knownDurations = (
  facts: readonly DurationFact[],
  column: (typeof durations)[number],
): Float64Array =>
  gathered(facts, (fact, add) => {
    for (const value of fact[column]) if (!Number.isNaN(value)) add(value);
  });

/** Candidate ÷ baseline of each pair that was timed in the same way. */
const ratiosOf = (facts: readonly DurationFact[], what: 'First' | 'Total'): Float64Array =>
  gathered(
    facts.filter((fact) => fact.baselineRecorded === fact.candidateRecorded),
    (fact, add) => {
      const divisors = fact[`baseline${what}`];
      const dividends = fact[`candidate${what}`];
      for (let pair = 0; pair < fact.pairs; pair++) {
        const divisor = divisors[pair] ?? Number.NaN;
        const dividend = dividends[pair] ?? Number.NaN;
        if (divisor > 0 && !Number.isNaN(dividend)) add(dividend / divisor);
      }
    },
  );

/** Gathers at most one value of each pair. */
const gathered = (
  facts: readonly DurationFact[],
  read: (fact: DurationFact, add: (value: number) => void) => void,
): Float64Array => {
  const values = new Float64Array(facts.reduce((sum, { pairs }) => sum + pairs, 0));
  let count = 0;
  for (const fact of facts) {
    read(fact, (value) => {
      values[count] = value;
      count++;
    });
  }
  return values.subarray(0, count);
};

const sideTokens = (sums: readonly TokenSum[]): SideTokens => {
  const { answers, input, output, cachedInput, cacheWrite, reasoning } = sumTokens(sums);
  const counted = answers > 0;
  return {
    input: counted ? input : null,
    output: counted ? output : null,
    cachedInput,
    cacheWrite,
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
    cacheWrite: known(sums.map((sum) => sum.cacheWrite)),
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
  const answers = (side: Side): number =>
    tokens.reduce((sum, fact) => {
      const { counted, saidAnswers } = fact[`${side}Cost`];
      return sum + counted.answers + saidAnswers;
    }, 0);
  const baseline = cost('baselineCost', 'baseline');
  const candidate = cost('candidateCost', 'candidate');
  return {
    baseline,
    candidate,
    perRequest: {
      baseline: ratio(baseline, answers('baseline')),
      candidate: ratio(candidate, answers('candidate')),
    },
    ratio: ratio(cost('bothCandidateCost', 'candidate'), cost('bothBaselineCost', 'baseline')),
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
    const listed =
      price === null ? null : `${price.source}${price.date === '' ? '' : `, ${price.date}`}${when}`;
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
