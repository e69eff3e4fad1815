/** A rate with its interval, as fractions of 1. All three are null when nothing was counted. */
export type RateInterval = {
  readonly rate: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  readonly n: number;
};

/** The two-sided 95 % point of the normal distribution. */
const z95 = 1.959963984540054;

/**
 * A share with its Wilson score interval (Wilson 1927), which keeps its coverage for few verdicts and
 * for rates near 1, where the textbook interval does not. `successes` of `n`, both whole and ≥ 0;
 * `z` is the normal point of the wanted confidence (default: 95 %). Throws RangeError for counts
 * that cannot be.
 */
export const wilson = (successes: number, n: number, z: number = z95): RateInterval => {
  requireCounts(successes, n);
  if (n === 0) return { rate: null, lower: null, upper: null, n: 0 };
  const rate = successes / n;
  const centre = (successes + (z * z) / 2) / (n + z * z);
  const half = halfWidthAt(rate, n, z);
  return {
    rate,
    // At the ends the interval touches the rate exactly; rounding must not push it past.
    lower: successes === 0 ? 0 : Math.max(0, centre - half),
    upper: successes === n ? 1 : Math.min(1, centre + half),
    n,
  };
};

/**
 * How many more verdicts bring the 95 % Wilson interval to ± `halfWidth` (a fraction in (0, 0.5)) or
 * narrower, if they come in at the present rate; 0 when it is there already. Without a verdict the
 * rate is taken as 0.5, which needs the most.
 */
export const verdictsForHalfWidth = (successes: number, n: number, halfWidth: number): number => {
  requireCounts(successes, n);
  if (!(halfWidth > 0 && halfWidth < 0.5)) {
    throw new RangeError(`A half width lies between 0 and 0.5, and this is ${halfWidth}.`);
  }
  const rate = n === 0 ? 0.5 : successes / n;
  return Math.max(0, verdictsAtRate(rate, halfWidth) - n);
};

/** The smallest number of verdicts whose Wilson interval at `rate` is no wider than ± `halfWidth`. */
const verdictsAtRate = (rate: number, halfWidth: number): number => {
  // halfWidthAt(n) = h solved for n, a quadratic; it falls with n, so the larger root is the answer.
  const z2 = z95 * z95;
  const h2 = halfWidth * halfWidth;
  const linear = 2 * h2 * z2 - z2 * rate * (1 - rate);
  const constant = z2 * z2 * (h2 - 0.25);
  const root = (-linear + Math.sqrt(linear * linear - 4 * h2 * constant)) / (2 * h2);
  let n = Math.ceil(root);
  // The root is only as exact as floating point.
  while (n > 0 && halfWidthAt(rate, n - 1, z95) <= halfWidth) n--;
  while (halfWidthAt(rate, n, z95) > halfWidth) n++;
  return n;
};

const halfWidthAt = (rate: number, n: number, z: number): number =>
  (z * Math.sqrt(rate * (1 - rate) * n + (z * z) / 4)) / (n + z * z);

const requireCounts = (successes: number, n: number): void => {
  const possible =
    Number.isSafeInteger(successes) && Number.isSafeInteger(n) && successes >= 0 && successes <= n;
  if (!possible) throw new RangeError(`${successes} of ${n} cannot be counts.`);
};
