/** Percentiles of a sample of `n` values, in their unit; null if the sample is empty. */
export type Percentiles = {
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly n: number;
};

/**
 * The common percentiles, by linear interpolation between the closest ranks (Hyndman & Fan 1996, type
 * 7: the default of R, NumPy and spreadsheets). The values must be finite, need not be sorted, and
 * are not changed.
 */
export const percentiles = (values: readonly number[]): Percentiles => {
  const sorted = Float64Array.from(values).sort();
  return {
    p50: quantile(sorted, 0.5),
    p90: quantile(sorted, 0.9),
    p95: quantile(sorted, 0.95),
    p99: quantile(sorted, 0.99),
    n: sorted.length,
  };
};

/** The same for any `probability` from 0 to 1 and values in rising order; null if there are none. */
export const quantile = (sorted: Float64Array, probability: number): number | null => {
  const rank = (sorted.length - 1) * probability;
  const below = sorted[Math.floor(rank)];
  const above = sorted[Math.ceil(rank)];
  if (below === undefined || above === undefined) return null;
  return below + (above - below) * (rank - Math.floor(rank));
};
