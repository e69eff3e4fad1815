import type { PassTable } from './significance-tests.ts';
import { wilson, type RateInterval } from './wilson.ts';

/** The difference of two rates with its 95 % interval, from -1 to 1; null if it is unknown. */
export type RateDifference = {
  readonly difference: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  /** The number of pairs; for two samples, that of the smaller one. */
  readonly n: number;
};

/**
 * The difference of the shares of pairs that the candidate and the baseline pass, of the same pairs. The Wilson
 * intervals of both shares are combined by the method of variance estimates recovery, with the correlation of
 * the two columns. Null without pairs. Throws RangeError for impossible counts.
 *
 * Source: Newcombe 1998, Improved confidence intervals for the difference between binomial proportions based on
 * paired data, method 10.
 */
export const pairedDifference = (table: PassTable): RateDifference => {
  const { baselineOnly, bothFail, bothPass, candidateOnly } = table;
  const n = bothPass + baselineOnly + candidateOnly + bothFail;
  return combined(
    wilson(bothPass + candidateOnly, n),
    wilson(bothPass + baselineOnly, n),
    correlation(table),
  );
};

/**
 * The difference `first` - `second` of rates that were estimated from different samples. It is too wide, never too
 * narrow, for rates of the same requests, because these are positively correlated.
 *
 * Source: Newcombe 1998, Interval estimation for the difference between independent proportions, method 10; for
 * other estimates with intervals, Zou & Donner 2008.
 */
export const independentDifference = (first: RateInterval, second: RateInterval): RateDifference =>
  combined(first, second, 0);

/** The phi coefficient of the two columns, with Newcombe's continuity correction. */
const correlation = ({ baselineOnly, bothFail, bothPass, candidateOnly }: PassTable): number => {
  const margins =
    (bothPass + baselineOnly) *
    (candidateOnly + bothFail) *
    (bothPass + candidateOnly) *
    (baselineOnly + bothFail);
  if (margins === 0) return 0;
  const n = bothPass + baselineOnly + candidateOnly + bothFail;
  const product = bothPass * bothFail - baselineOnly * candidateOnly;
  return (product > 0 ? Math.max(0, product - n / 2) : product) / Math.sqrt(margins);
};

const combined = (first: RateInterval, second: RateInterval, phi: number): RateDifference => {
  const n = Math.min(first.n, second.n);
  const [one, two] = [distances(first), distances(second)];
  if (one === null || two === null) return { difference: null, lower: null, upper: null, n };
  const difference = one.rate - two.rate;
  const reach = (a: number, b: number): number =>
    Math.sqrt(Math.max(0, a * a - 2 * phi * a * b + b * b));
  return {
    difference,
    lower: Math.max(-1, difference - reach(one.below, two.above)),
    upper: Math.min(1, difference + reach(two.below, one.above)),
    n,
  };
};

/** A rate with the distances to its bounds; null if they are unknown. */
const distances = ({
  lower,
  rate,
  upper,
}: RateInterval): {
  readonly rate: number;
  readonly below: number;
  readonly above: number;
} | null =>
  rate === null || lower === null || upper === null
    ? null
    : { rate, below: rate - lower, above: upper - rate };
