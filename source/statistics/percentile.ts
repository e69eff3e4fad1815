import { atRanks } from './ranks.ts';

/** Percentiles of a sample of `n` values, in the unit of the values; null if the sample is too small. */
export type Percentiles = {
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly n: number;
};

/**
 * The common percentiles, by linear interpolation between the closest ranks (Hyndman & Fan 1996, type
 * 7: the default of R, NumPy and spreadsheets). A percentile above the median needs at least one value beyond it:
 * 10 values for p90, 20 for p95, 100 for p99. The values must be finite and may be in any order. A Float64Array, which
 * may have millions of them, is not copied: its values are put into another order.
 */
export const percentiles = (values: ArrayLike<number>): Percentiles => {
  const sorted = atRanks(
    values instanceof Float64Array ? values : new Float64Array(values),
    [0.5, 0.9, 0.95, 0.99].flatMap((probability) => quantileRanks(values.length, probability)),
  );
  const carried = (probability: number): number | null =>
    // Rounded, because 20 × (1 - 0.95) is a little less than 1.
    Math.round(sorted.length * (1 - probability) * 1e6) >= 1e6 || probability === 0.5
      ? quantile(sorted, probability)
      : null;
  return {
    p50: carried(0.5),
    p90: carried(0.9),
    p95: carried(0.95),
    p99: carried(0.99),
    n: sorted.length,
  };
};

/** The ranks between which a quantile of so many values lies; none without values. */
export const quantileRanks = (count: number, probability: number): readonly number[] => {
  const rank = (count - 1) * probability;
  return count === 0 ? [] : [Math.floor(rank), Math.ceil(rank)];
};

/**
 * The same for any `probability` from 0 to 1, of values in ascending order, or of which those at `quantileRanks`
 * are in their places; null if there are none.
 */
export const quantile = (sorted: Float64Array, probability: number): number | null => {
  const rank = (sorted.length - 1) * probability;
  const below = sorted[Math.floor(rank)];
  const above = sorted[Math.ceil(rank)];
  if (below === undefined || above === undefined) return null;
  return below + (above - below) * (rank - Math.floor(rank));
};
