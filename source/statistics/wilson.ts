import { requireCounts } from './counts.ts';

/** A rate with its interval, as fractions of 1; null if it is unknown. */
export type RateInterval = {
  readonly rate: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  readonly n: number;
};

/** The normal quantile for a two-sided confidence of 95 %. */
export const z95 = 1.959963984540054;

/**
 * A rate with its Wilson score interval (Wilson 1927). Unlike the textbook interval, it keeps its
 * coverage for few verdicts and for rates near 1. `successes` of `n` are integers ≥ 0; `z` is the
 * normal quantile of the confidence (default: 95 %). Throws RangeError for impossible counts.
 */
export const wilson = (successes: number, n: number, z: number = z95): RateInterval => {
  requireCounts(successes, n);
  if (n === 0) return { rate: null, lower: null, upper: null, n: 0 };
  const rate = successes / n;
  return { rate, ...scoreInterval(rate, n, z), n };
};

/**
 * The Wilson score interval of a rate between 0 and 1 that was estimated from `n` > 0 observations.
 * `n` need not be whole: it may be an effective number.
 */
export const scoreInterval = (
  rate: number,
  n: number,
  z: number = z95,
): { readonly lower: number; readonly upper: number } => {
  const centre = (rate * n + (z * z) / 2) / (n + z * z);
  const half = halfWidthAt(rate, n, z);
  return {
    // At 0 and 1 the interval ends exactly at the rate; rounding must not move it.
    lower: rate === 0 ? 0 : Math.max(0, centre - half),
    upper: rate === 1 ? 1 : Math.min(1, centre + half),
  };
};

/**
 * How many more verdicts at the current rate narrow the 95 % Wilson interval to ± `halfWidth`, a
 * fraction between 0 and 0.5; 0 if it is that narrow already. Without verdicts, a rate of 0.5 is assumed,
 * which needs the most.
 */
export const verdictsForHalfWidth = (successes: number, n: number, halfWidth: number): number => {
  requireCounts(successes, n);
  if (!(halfWidth > 0 && halfWidth < 0.5)) {
    throw new RangeError(`A half width must be between 0 and 0.5, not ${halfWidth}.`);
  }
  const rate = n === 0 ? 0.5 : successes / n;
  return Math.max(0, verdictsAtRate(rate, halfWidth) - n);
};

/** The smallest number of verdicts whose Wilson interval at `rate` is at most ± `halfWidth`. */
const verdictsAtRate = (rate: number, halfWidth: number): number => {
  // Solves halfWidthAt(n) = halfWidth, a quadratic. The half width falls with n: the larger root.
  const z2 = z95 * z95;
  const h2 = halfWidth * halfWidth;
  const linear = 2 * h2 * z2 - z2 * rate * (1 - rate);
  const constant = z2 * z2 * (h2 - 0.25);
  const root = (-linear + Math.sqrt(linear * linear - 4 * h2 * constant)) / (2 * h2);
  let n = Math.ceil(root);
  // Corrects for floating point.
  while (n > 0 && halfWidthAt(rate, n - 1, z95) <= halfWidth) n--;
  while (halfWidthAt(rate, n, z95) > halfWidth) n++;
  return n;
};

const halfWidthAt = (rate: number, n: number, z: number): number =>
  (z * Math.sqrt(rate * (1 - rate) * n + (z * z) / 4)) / (n + z * z);
