import type { Stratum } from '../statistics/stratified.ts';
import type { StratumSize } from '../store/comparisons/strata.ts';
import type { PairFact } from '../store/comparisons/pair-facts.ts';
import type { CommonVerdict } from './reviewers.ts';
import {
  countPairs,
  isDrawn,
  isJudged,
  isSettledFact,
  isUnjudged,
  withVerdict,
  type JudgedFact,
} from './judged-facts.ts';

/** Pairs, and what the strata that they were drawn by stand for. */
export type SampledFacts = {
  readonly pairs: readonly PairFact[];
  /** What each stratum of the pairs stands for; null if the pairs stand for themselves alone. */
  readonly sizes: readonly StratumSize[] | null;
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
  { pairs, sizes }: SampledFacts,
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

/** The pairs of each stratum, and how many captures it stands for. */
export const groupByStratum = (
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
export const stratumOf = (
  pairs: readonly JudgedFact[],
  counted: readonly CommonVerdict[],
  least: number,
): Stratum => {
  const count = (chosen: (pair: JudgedFact) => boolean): number => countPairs(pairs, chosen);
  const agrees = ({ verdict }: JudgedFact): boolean =>
    verdict !== null && counted.includes(verdict);
  const known = count((pair) => isSettledFact(pair) || pair.candidate === 'failed');
  const rest = count((pair) => isJudged(pair) || isUnjudged(pair));
  return {
    size: Math.max(least, known + rest),
    known,
    knownAgreed: count((pair) => isSettledFact(pair) && counted.includes(settledAs(pair))),
    rest,
    judged: count((pair) => isJudged(pair) && isDrawn(pair)),
    agreed: count((pair) => isJudged(pair) && isDrawn(pair) && agrees(pair)),
  };
};

/** What a settled pair counts as: what people say, but nobody's verdict makes an unusable answer agree. */
const settledAs = ({ unusable, verdict }: JudgedFact): CommonVerdict => {
  if (verdict !== null && verdict !== 'agree') return verdict;
  return unusable ? 'both_bad' : 'agree';
};
