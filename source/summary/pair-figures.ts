import { signTest, type Flips } from '../statistics/significance-tests.ts';
import { countPartial, type PartialFact } from '../store/captures/partial-captures.ts';
import type { TurnFact } from '../store/comparisons/turn-facts.ts';
import {
  countPairs,
  countVerdicts,
  isAnswered,
  isDrawn,
  isJudged,
  isNotCompared,
  isSettledFact,
  isUnjudged,
  withVerdict,
  type JudgedFact,
} from './judged-facts.ts';
import { ratesOf, skipFigures, type AllRates, type SkipFigures } from './rates.ts';
import { severalVotes, type VerdictCounts } from './reviewers.ts';
import type { SampledFacts } from './sample.ts';

/** What the store says of the outcomes and verdicts of pairs. */
export type JudgedPairFacts = SampledFacts & {
  /** The first of these pairs by themselves, with their conversations; null without any. */
  readonly turns: readonly TurnFact[] | null;
  readonly partial: readonly PartialFact[];
};

/** What the outcomes and verdicts of pairs say. */
export type PairFigures = AllRates & {
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
  /** The verdicts on pairs that the machine settled; no part of `verdicts`. */
  readonly settledVerdicts: VerdictCounts;
  /** The same of pairs that rules settle. */
  readonly ruledVerdicts: VerdictCounts;
  /** Judged pairs in which one side is better, and how likely so unequal a number is by chance; null without any. */
  readonly flips: Pick<Flips, 'better' | 'worse'> & { readonly pValue: number | null };
  readonly skips: SkipFigures;
};

/** Computes what the outcomes and verdicts say. `notReplayable`: the records that cannot be replayed. */
export const pairFigures = (facts: JudgedPairFacts, notReplayable: number): PairFigures => {
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
      settledByMachine: count((pair) => isSettledFact(pair) && !pair.byRule),
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
      pValue:
        verdicts.better + verdicts.worse === 0 ? null : signTest(verdicts.better, verdicts.worse),
    },
    aheadVerdicts: countVerdicts(pairs.filter((pair) => isJudged(pair) && !isDrawn(pair))),
    chosenVerdicts: countVerdicts(pairs.filter((pair) => isJudged(pair) && pair.chosen)),
    unseenVerdicts: countVerdicts(pairs.filter((pair) => isJudged(pair) && pair.unseen)),
    settledVerdicts: countVerdicts(pairs.filter((pair) => isSettledFact(pair) && !pair.byRule)),
    ruledVerdicts: countVerdicts(pairs.filter((pair) => pair.byRule)),
    skips: skipFigures(pairs, facts.sizes),
    ...ratesOf(pairs, facts.sizes, facts.turns?.map(withVerdict) ?? null),
  };
};
