/** The share `p` (0 to 1) of the sorted values, by nearest rank. */
export const quantile = (values: readonly number[], p: number): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return (
    sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(p * sorted.length) - 1))] ?? Number.NaN
  );
};

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** One row of the report: what was measured, what it must reach, whether it did. */
export type Row = {
  readonly what: string;
  readonly measured: string;
  readonly mustReach: string;
  readonly reached: boolean;
};

export const milliseconds = (value: number): string => `${value.toFixed(1)} ms`;

/** p50 and p95 against a bound on p95. */
export const latencyRow = (what: string, values: readonly number[], boundMs: number): Row => ({
  what,
  measured: `p50 ${milliseconds(median(values))}, p95 ${milliseconds(quantile(values, 0.95))} (n ${values.length})`,
  mustReach: `p95 ≤ ${boundMs} ms`,
  reached: quantile(values, 0.95) <= boundMs,
});

/** A value in milliseconds or megabytes against a bound. */
export const boundRow = (what: string, value: number, unit: 'ms' | 'MB', bound: number): Row => ({
  what,
  measured: `${Math.round(value).toLocaleString('en-US')} ${unit}`,
  mustReach: `≤ ${bound.toLocaleString('en-US')} ${unit}`,
  reached: value <= bound,
});

/** A ratio of two medians against a bound. */
export const ratioRow = (
  what: string,
  ours: readonly number[],
  yardstick: readonly number[],
  bound: number,
): Row => {
  const ratio = median(ours) / median(yardstick);
  return {
    what,
    measured: `${ratio.toFixed(2)}× (${milliseconds(median(ours))} against ${milliseconds(median(yardstick))}, n ${ours.length})`,
    mustReach: `≤ ${bound}×`,
    reached: ratio <= bound,
  };
};
