import type { RateInterval } from '../statistics/wilson.ts';
import { count, counted, percent, unknown } from '../text/numbers.ts';
import type { Figures } from './figures.ts';
import type { Summary } from './gather-summary.ts';

/** The least number of verdicts or requests that a figure can be relied on for. */
export const enough = 30;

/**
 * The result in one sentence: of all requests, how many the candidate answers as well as the baseline, with
 * interval, and the failures of each side; then the judged pairs, the baseline with itself, speed and price.
 * Unknown figures are left out.
 */
export const sentence = (summary: Summary): string => {
  const { counts, cost, noWorse } = summary;
  const failures = failureText(summary);
  const { total } = summary.latency;
  const known = [
    ...(total.paired === null
      ? []
      : [`latency ${pairedText(summary)}${ofFew(total.n, counts.answered)}`]),
    ...(cost.ratio === null
      ? []
      : [`cost ${costRatio(cost.ratio)}${ofFew(cost.pairs, counts.answered)}`]),
  ];
  const rest = known.length === 0 ? [] : [known.join(', ')];
  if (noWorse.rate !== null) {
    const matching = summary.filter === null ? '' : ' that match the filter';
    const parts = [
      `Of ${requests(noWorse.n)}${matching} the candidate answers ${percent(noWorse.rate)} (${bounds(noWorse)}) as well as the baseline${sampleText(summary)}${openText(summary)}`,
      ...(failures === null ? [] : [failures]),
      ...unusableText(summary),
      ...judgedText(summary),
      ...noiseText(summary),
      ...rest,
    ];
    return `${parts.join('; ')}.`;
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
  const nothing = nothingText(summary);
  return `${nothing}: ${[open, ...(failures === null ? [] : [failures]), ...rest].join('; ')}.`;
};

/** Names the pairs of a figure that only few of the answered ones have. */
const ofFew = (pairs: number, answered: number): string =>
  pairs < enough && pairs < answered ? ` from ${counted(pairs, 'pair')}` : '';

const requests = (number: number): string =>
  `${count(number)} ${number === 1 ? 'request' : 'requests'}`;

/** Why there is no rate yet. */
const nothingText = ({ counts, judgedRates, sample }: Summary): string => {
  if (judgedRates.agreement.n > 0 && sample.weighting === 'traffic') {
    return `There is no rate yet, because ${count(strataWithoutRate(sample))} of ${count(sample.strata.length)} strata have no verdict`;
  }
  return counts.judgedAhead === 0
    ? 'Nothing is judged yet'
    : `Nothing is judged in the random order yet (${count(counts.judgedAhead)} ahead of it)`;
};

/** The requests of which nothing is known yet. */
const openText = ({ counts }: Summary): string => {
  const open = counts.notSent + counts.notCompared;
  return open === 0 ? '' : `, ${count(open)} more ${open === 1 ? 'is' : 'are'} not known yet`;
};

/** Pairs of two answers that no one can use are no worse, which says little. */
const unusableText = ({ counts: { bothUnusable } }: Summary): readonly string[] =>
  bothUnusable === 0
    ? []
    : [
        `the answers of ${counted(bothUnusable, 'pair')} are unusable on both sides in the same way`,
      ];

const judgedText = (summary: Summary): readonly string[] => {
  const { agreement, noWorse } = summary.judgedRates;
  if (agreement.n === 0) return [];
  return [
    `of ${count(agreement.n)} judged ${agreement.n === 1 ? 'pair' : 'pairs'} ${percent(agreement.rate)} agree (${bounds(agreement)}) and ${percent(noWorse.rate)} are no worse${conflictText(summary)}${aheadText(summary)}`,
  ];
};

const noiseText = ({ noise }: Summary): readonly string[] => {
  if (noise === null) return [];
  const { baseline, judged } = noise;
  return judged.overall.rate === null
    ? baseline.rate === null
      ? []
      : [
          `the baseline repeats itself on ${percent(baseline.rate)} (${bounds(baseline)}) of ${counted(baseline.n, 'request')}, as the machine finds`,
        ]
    : [
        `the baseline agrees with itself on ${percent(judged.overall.rate)} (${bounds(judged.overall)}) of ${counted(judged.overall.n, 'request')}`,
      ];
};

/** `0.6× (0.5–0.7)`: the median of the pairs, with its interval. */
export const pairedText = ({ latency }: Pick<Figures, 'latency'>): string => {
  const { lower, paired, upper } = latency.total;
  if (paired === null) return unknown;
  return lower === null || upper === null
    ? times(paired)
    : `${times(paired)} (${significant(lower)}–${significant(upper)})`;
};

/** What the rate stands for, unless it is only these requests. */
const sampleText = ({ sample }: Summary): string => {
  switch (sample.weighting) {
    case 'equal':
      return '';
    case 'unknown':
      return ' (they stand for no traffic)';
    case 'traffic':
      return ', weighted by traffic';
  }
};

/** The number of strata that need a person and have no verdict, or that have no answered pair. */
export const strataWithoutRate = ({ strata }: Summary['sample']): number =>
  strata.filter(({ rated }) => !rated).length;

const aheadText = ({ counts: { judgedAhead } }: Summary): string =>
  judgedAhead === 0 ? '' : `, ${count(judgedAhead)} more judged out of order`;

const conflictText = ({ verdicts: { conflict } }: Summary): string =>
  conflict === 0 ? '' : `, ${count(conflict)} ${conflict === 1 ? 'is' : 'are'} in conflict`;

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

/** `3 skipped; no worse would be 81.0 % (…) if all were worse, 92.0 % (…) if all agreed`. */
export const skipText = ({ skips }: Pick<Figures, 'skips'>): string => {
  const { ifAgreed, ifWorse, pairs } = skips;
  const known =
    ifWorse.rate === null
      ? ''
      : `; no worse would be ${percent(ifWorse.rate)} (${bounds(ifWorse)}) if all were worse, ${percent(ifAgreed.rate)} (${bounds(ifAgreed)}) if all agreed`;
  return `${count(pairs)} skipped${known}`;
};

/** The rules that settle pairs, by their authors: `rules of 2 authors`. */
export const rulesText = (rules: Summary['rules']): string => {
  const authors = new Set(rules.filter(({ settled }) => settled > 0).map(({ author }) => author));
  return authors.size === 0
    ? 'rules'
    : `rules of ${count(authors.size)} ${authors.size === 1 ? 'author' : 'authors'}`;
};

/** `the candidate fails 47.7 % (143), the baseline 0`; null if nothing failed. */
const failureText = ({ counts, failedBy }: Summary): string | null => {
  if (counts.failed === 0) return null;
  const all = counts.answered + counts.failed;
  const failed = (side: 'baseline' | 'candidate'): string => {
    const number = failedBy[side] + failedBy.both;
    return number === 0 ? 'none' : `${percent(number / all)} (${count(number)})`;
  };
  return `the candidate fails ${failed('candidate')} of ${count(all)}, the baseline ${failed('baseline')}`;
};

/** The interval in per cent: `80.6–97.5`. */
export const bounds = ({ lower, upper }: RateInterval): string =>
  lower === null || upper === null
    ? unknown
    : `${(lower * 100).toFixed(1)}–${(upper * 100).toFixed(1)}`;

/** `1.2×`, `< 0.01×`. */
export const times = (ratio: number | null): string =>
  ratio === null ? unknown : `${significant(ratio)}×`;

/** The candidate's cost compared with the baseline's: `1/36`, `1/1.4`, `2.4×`. */
export const costRatio = (ratio: Figures['cost']['ratio']): string => {
  if (ratio === null) return unknown;
  const shown = significant(ratio === 0 ? Infinity : 1 / ratio);
  if (shown === '1.0') return 'the same';
  if (ratio === 0) return 'nothing';
  return ratio > 1 ? times(ratio) : `1/${shown}`;
};

const significant = (value: number): string => {
  if (value < 0.005) return '< 0.01';
  return value >= 9.95
    ? Math.round(value).toLocaleString('en-US')
    : value.toFixed(value >= 0.095 ? 1 : 2);
};
