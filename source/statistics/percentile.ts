/** Percentiles of a sample, in the unit of its values; null when it is empty. */
export type Percentiles = {
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly n: number;
};

/**
 * The usual percentiles by linear interpolation between the closest ranks (Hyndman & Fan 1996, type
 * 7: what R, NumPy and spreadsheets give by default). The values need not be sorted and are left as
 * they are; they must be finite.
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

const quantile = (sorted: Float64Array, probability: number): number | null => {
  const rank = (sorted.length - 1) * probability;
  const below = sorted[Math.floor(rank)];
  const above = sorted[Math.ceil(rank)];
  if (below === undefined || above === undefined) return null;
  return below + (above - below) * (rank - Math.floor(rank));
};
