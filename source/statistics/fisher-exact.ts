import { requireCounts } from './counts.ts';
import { logChoose } from './log-gamma.ts';

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
