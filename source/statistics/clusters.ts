import { requireCounts, total } from './counts.ts';
import { scoreInterval, z95, type RateInterval } from './wilson.ts';

/** The turns of one conversation, and how many of them agree: integers ≥ 0. */
export type Cluster = { readonly successes: number; readonly n: number };

/** A rate over turns of conversations. `n`: the number of turns. */
export type ClusteredRate = RateInterval & {
  readonly clusters: number;
  /**
   * How many turns carry as much information as one independent turn; 1 if the turns of a conversation are
   * not correlated. Null with fewer than two conversations.
   */
  readonly designEffect: number | null;
};

/**
 * The rate over all turns, with a 95 % interval that allows for correlated turns within a conversation. It is
 * the Wilson interval of an effective n: n divided by the design effect, which is the variance between
 * conversations divided by the binomial variance, and by (t / z)², because few conversations estimate it. Rate
 * and bounds are null without turns, bounds also with a single conversation. Throws RangeError for impossible
 * counts.
 *
 * Few conversations with a rate near 1 hardly show how correlated their turns are. The plain estimate would
 * then be too narrow: for 20 conversations at a rate of 95 %, it covers 87 % instead of 95 %. So the estimate
 * of the design effect, and nothing else, adds half a conversation that agrees throughout and half of one that
 * does not. The interval then covers 95 to 99 % (test/statistics/coverage.test.ts), and flawless conversations
 * count about once each.
 *
 * Sources: the effective sample size of Korn & Graubard 1998, with the Wilson interval as in Franco, Little,
 * Louis & Slud 2019; the variance of a ratio, Cochran, Sampling Techniques, section 2.11. The added halves are ours,
 * after those of Jeffreys' prior for a binomial rate.
 */
export const clusteredRate = (clusters: readonly Cluster[]): ClusteredRate => {
  for (const { n, successes } of clusters) requireCounts(successes, n);
  const seen = clusters.filter(({ n }) => n > 0);
  const n = total(seen.map((cluster) => cluster.n));
  const counted = { n, clusters: seen.length };
  if (n === 0) return { rate: null, lower: null, upper: null, designEffect: null, ...counted };
  const rate = total(seen.map(({ successes }) => successes)) / n;
  if (seen.length === 1) return { rate, lower: null, upper: null, designEffect: null, ...counted };
  const designEffect = estimatedEffect(seen, n, rate);
  const effective = (n / designEffect) * (z95 / t95(seen.length - 1)) ** 2;
  return { rate, ...scoreInterval(rate, effective), designEffect, ...counted };
};

/** The design effect, 1 or more. */
const estimatedEffect = (clusters: readonly Cluster[], n: number, rate: number): number => {
  const size = n / clusters.length;
  const turns = n + size;
  const centre = (rate * n + size / 2) / turns;
  const squares = total(clusters.map((one) => (one.successes - centre * one.n) ** 2));
  const added = (size * size * ((1 - centre) ** 2 + centre ** 2)) / 2;
  const variance = ((1 + 1 / clusters.length) * (squares + added)) / turns;
  return Math.max(1, variance / (centre * (1 - centre)));
};

/**
 * Student's t for a two-sided confidence of 95 %, by the expansion in 1 / degrees of freedom (Abramowitz &
 * Stegun 26.7.5): 0.7 % too small at 2 degrees and 0.1 % at 3, but 11 % at 1.
 */
const t95 = (degrees: number): number => {
  const z = z95;
  const terms = [
    (z ** 3 + z) / 4,
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96,
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384,
    (79 * z ** 9 + 776 * z ** 7 + 1482 * z ** 5 - 1920 * z ** 3 - 945 * z) / 92160,
  ];
  return terms.reduce((sum, term, index) => sum + term / degrees ** (index + 1), z);
};
