import { binomialUpperTail } from './binomial.ts';
import { requireCounts } from './counts.ts';

/**
 * The two-sided p-value of the exact sign test: the probability that the numbers of better and worse are at
 * least this unequal if both are equally likely. Do not count ties (agree, both bad), which have no direction.
 * 1 if both are 0. Throws RangeError for impossible counts.
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

/** The results that a change of models turns around. */
export type Flips = {
  /** Pairs that the baseline passes and the candidate fails, and the reverse. */
  readonly worse: number;
  readonly better: number;
  /** The two-sided p-value of the exact test; 1 without flips. */
  readonly pValue: number;
  /** All pairs. */
  readonly n: number;
};

/**
 * The flips between two pass/fail columns of the same pairs, with McNemar's exact test: a sign test of the
 * pairs that only one side passes. Throws RangeError for impossible counts.
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
