import { requireCounts } from './counts.ts';
import { logChoose } from './log-gamma.ts';
import { binomialUpperTail } from './binomial.ts';

/** Successes of n trials: integers ≥ 0. */
export type Trials = { readonly successes: number; readonly n: number };

/** Tables whose probabilities differ by less than this share count as equally likely, as in R. */
const rounding = 1e-7;

/**
 * The two-sided p-value of Fisher's exact test: how likely two independent groups differ at least this much in
 * their rates of success if these are the same. Given the sums of the table, it adds up all tables that are no
 * likelier than the one at hand. 1 if a group has no trials. Throws RangeError for impossible counts.
 *
 * Source: Fisher 1935; two-sided as in R's fisher.test.
 */
export const fisherExact = (first: Trials, second: Trials): number => {
  requireCounts(first.successes, first.n);
  requireCounts(second.successes, second.n);
  const n = first.n + second.n;
  const successes = first.successes + second.successes;
  const all = logChoose(n, successes);
  const probabilityOf = (inFirst: number): number =>
    Math.exp(logChoose(first.n, inFirst) + logChoose(second.n, successes - inFirst) - all);
  const limit = probabilityOf(first.successes) * (1 + rounding);
  let sum = 0;
  const most = Math.min(first.n, successes);
  for (let inFirst = Math.max(0, successes - second.n); inFirst <= most; inFirst++) {
    const probability = probabilityOf(inFirst);
    if (probability <= limit) sum += probability;
  }
  return Math.min(1, sum);
};

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

/**
 * Adjusted p-values (q-values) of several tests, in the order of the input. Rejecting those up to 0.05 keeps
 * the expected share of false discoveries at 5 % or less. The tests must be independent or positively
 * dependent. Pass all p-values, not only the small ones. Throws RangeError for a number outside 0 to 1.
 *
 * Source: Benjamini & Hochberg 1995; adjusted values as in R's p.adjust.
 */
export const benjaminiHochberg = (pValues: readonly number[]): readonly number[] => {
  for (const value of pValues) {
    if (!(value >= 0 && value <= 1)) throw new RangeError(`Not a p-value: ${value}.`);
  }
  const adjusted = Array.from(pValues);
  const fromLargest = [...pValues.entries()].toSorted(([, a], [, b]) => b - a);
  let least = 1;
  for (const [at, [index, value]] of fromLargest.entries()) {
    least = Math.min(least, value * (pValues.length / (pValues.length - at)));
    adjusted[index] = least;
  }
  return adjusted;
};
