import type { RateInterval } from '../statistics/wilson.ts';
import { count, percent, unknown } from '../text/numbers.ts';
import type { Figures } from './figures.ts';
import type { Summary } from './gather-summary.ts';

/**
 * The result in one sentence: the agreement with its interval and the number of verdicts, the failures
 * of each side if there are any, then speed and price. Unknown figures are `—`.
 */
export const sentence = (summary: Summary): string => {
  const { agreement, counts, latency, cost } = summary;
  const failures = failureText(summary);
  const rest = `p95 latency ${times(latency.ratio.total)}, cost ${costRatio(cost.ratio)}`;
  if (agreement.n > 0) {
    const agrees = `The candidate agrees on ${interval(agreement)} of the judged pairs${summary.filter === null ? '' : ' that match the filter'}${sampleText(summary)}${conflictText(summary)}${aheadText(summary)}`;
    return failures === null ? `${agrees}, ${rest}.` : `${agrees}; ${failures}; ${rest}.`;
  }
  if (summary.filter !== null && counts.replayable === 0) return 'No pair matches the filter.';
  if (counts.answered === 0) {
    return `No pair is answered yet${failures === null ? '' : `; ${failures}`}.`;
  }
  const pairs = (number: number, verb: string): string =>
    `${count(number)} ${number === 1 ? `pair ${verb}s` : `pairs ${verb}`}`;
  const judge = [
    ...(counts.unjudged > 0 ? [`${pairs(counts.unjudged, 'wait')} for a verdict`] : []),
    ...(counts.notCompared > 0 ? [`${pairs(counts.notCompared, 'wait')} to be compared`] : []),
  ];
  const open = judge.length === 0 ? settledText(counts) : judge.join(', ');
  const nothing =
    counts.judgedAhead === 0
      ? 'Nothing is judged yet'
      : `Nothing is judged in the random order yet (${count(counts.judgedAhead)} ahead of it)`;
  return `${nothing}: ${[open, ...(failures === null ? [] : [failures]), rest].join('; ')}.`;
};

/** What the judged pairs stand for, unless it is only themselves. */
const sampleText = ({ agreement, sample }: Summary): string => {
  switch (sample.weighting) {
    case 'equal':
      return '';
    case 'unknown':
      return ', which stand for no traffic';
    case 'traffic':
      return agreement.rate === null
        ? `, because ${count(strataWithoutRate(sample))} of ${count(sample.strata.length)} strata have no verdict`
        : ', weighted by traffic';
  }
};

/** The number of strata that need a person and have no verdict, or that have no answered pair. */
export const strataWithoutRate = ({ strata }: Summary['sample']): number =>
  strata.filter(({ rated }) => !rated).length;

const aheadText = ({ counts: { judgedAhead } }: Summary): string =>
  judgedAhead === 0 ? '' : `, ${count(judgedAhead)} more judged out of order`;

const conflictText = ({ verdicts: { conflict } }: Summary): string =>
  conflict === 0 ? '' : `, ${count(conflict)} of them in conflict`;

const settledText = ({
  bothUnusable,
  settledByMachine,
  settledByRule,
}: Figures['counts']): string => {
  const byMachine =
    bothUnusable === 0 && settledByRule === 0
      ? 'the machine settled every answered pair'
      : bothUnusable === 0
        ? `the machine settled ${count(settledByMachine)} pairs`
        : `the machine settled ${settledByRule === 0 ? 'all ' : ''}${count(settledByMachine)} pairs (${count(bothUnusable)} of them both unusable in the same way)`;
  return settledByRule === 0 ? byMachine : `${byMachine}, and rules ${count(settledByRule)}`;
};

/** The rules that settle pairs, by their authors: `rules of 2 authors`. */
export const rulesText = (rules: Summary['rules']): string => {
  const authors = new Set(rules.filter(({ settled }) => settled > 0).map(({ author }) => author));
  return authors.size === 0
    ? 'rules'
    : `rules of ${count(authors.size)} ${authors.size === 1 ? 'author' : 'authors'}`;
};

/** `the candidate failed 143 of 300 requests, the baseline 0`; null if nothing failed. */
const failureText = ({ counts, failedBy }: Summary): string | null => {
  if (counts.failed === 0) return null;
  const requests = counts.answered + counts.failed;
  return `the candidate failed ${count(failedBy.candidate + failedBy.both)} of ${count(requests)} requests, the baseline ${count(failedBy.baseline + failedBy.both)}`;
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
