import type { RateInterval } from '../statistics/wilson.ts';
import { count, percent, unknown } from '../text/numbers.ts';
import type { Figures } from './figures.ts';
import type { Summary } from './gather-summary.ts';

/**
 * The result in one sentence: the agreement with its interval and the number of verdicts, then speed
 * and price. Unknown figures are `—`.
 */
export const sentence = (summary: Summary): string => {
  const { agreement, counts, latency, cost } = summary;
  const rest = `p95 latency ${times(latency.ratio.total)}, cost ${costRatio(cost.ratio)}`;
  if (agreement.n > 0) {
    return `The candidate agrees on ${interval(agreement)} of the judged pairs, ${rest}.`;
  }
  if (counts.answered === 0) return 'No pair is answered yet.';
  const judge =
    counts.unjudged === 0
      ? 'the machine settled every answered pair'
      : `${count(counts.unjudged)} ${counts.unjudged === 1 ? 'pair waits' : 'pairs wait'} for a verdict`;
  return `Nothing is judged yet: ${judge}; ${rest}.`;
};

/** `92.7 % (80.6–97.5, n = 41)`. */
export const interval = (rate: RateInterval): string =>
  `${percent(rate.rate)} (${bounds(rate)}, n = ${count(rate.n)})`;

/** The interval in per cent: `80.6–97.5`. */
export const bounds = ({ lower, upper }: RateInterval): string =>
  lower === null || upper === null
    ? unknown
    : `${(lower * 100).toFixed(1)}–${(upper * 100).toFixed(1)}`;

/** `1.2×`. */
export const times = (ratio: number | null): string =>
  ratio === null ? unknown : `${significant(ratio)}×`;

/** The candidate's cost compared with the baseline's: `1/36`, `1/1.4`, `2.4×`. */
export const costRatio = (ratio: Figures['cost']['ratio']): string => {
  if (ratio === null) return unknown;
  if (ratio > 0 && ratio < 1) return times(1 / ratio);
  const shown = significant(ratio);
  return shown === '1.0' ? 'the same' : `1/${shown}`;
};

const significant = (value: number): string =>
  value >= 9.95 ? Math.round(value).toLocaleString('en-US') : value.toFixed(value >= 0.095 ? 1 : 2);
