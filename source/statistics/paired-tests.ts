import { binomialUpperTail } from './binomial.ts';
import { requireCounts } from './counts.ts';

/**
 * The two-sided p-value of the exact sign test: how likely better and worse are at least this unequal if
 * both are equally likely. Ties (agree, both bad) say nothing about the direction and are not passed.
 * 1 without a preference. Throws RangeError for impossible counts.
 *
 * Source: Dixon & Mood 1946; Conover, Practical Nonparametric Statistics, section 3.4.
 */
export const signTest = (better: number, worse: number): number => {
  requireCounts(better, better + worse);
  const n = better + worse;
  return Math.min(1, 2 * binomialUpperTail(n, Math.max(better, worse), 0.5));
};

/** Pairs by whether the answers of both sides pass the same check: integers ≥ 0. */
export type PassTable = {
  readonly bothPass: number;
  readonly baselineOnly: number;
  readonly candidateOnly: number;
  readonly bothFail: number;
};

/** What a change of models turns over. */
export type Flips = {
  /** Pairs that the baseline passes and the candidate fails, and the reverse. */
  readonly worse: number;
  readonly better: number;
  /** The two-sided p-value of the exact test: 1 without a flip. */
  readonly pValue: number;
  /** All pairs. */
  readonly n: number;
};

/**
 * The flips between two pass/fail columns of the same pairs, and McNemar's exact test of them: pairs that
 * both pass or both fail say nothing about the difference, and the others are a sign test. Throws
 * RangeError for impossible counts.
 *
 * Source: McNemar 1947; the exact form as in Fagerland, Lydersen & Laake 2013.
 */
export const mcNemar = ({ baselineOnly, bothFail, bothPass, candidateOnly }: PassTable): Flips => {
  const n = baselineOnly + bothFail + bothPass + candidateOnly;
  for (const count of [baselineOnly, bothFail, bothPass, candidateOnly]) requireCounts(count, n);
  return {
    worse: baselineOnly,
    better: candidateOnly,
    pValue: signTest(candidateOnly, baselineOnly),
    n,
  };
};
