import type { RateInterval } from '../statistics/wilson.ts';
import { count, counted, percent } from '../text/numbers.ts';
import { printableLine } from '../text/printable.ts';
import { paragraph } from './paragraph.ts';
import type { Summary } from './gather-summary.ts';
import type { Rates } from './rates.ts';
import { verdictText } from './reviewers-text.ts';
import type { VerdictCounts } from './reviewers.ts';
import { bounds, strataWithoutRate } from './sentence.ts';

/** The rates with their intervals, and which requests and verdicts they count. */
export const rateLines = (summary: Summary): readonly string[] => {
  const {
    aheadVerdicts,
    chosenVerdicts,
    counts,
    judgedRates,
    ruledVerdicts,
    settledVerdicts,
    unseenVerdicts,
    verdicts,
  } = summary;
  const base = requestBase(summary);
  const width = Math.max(27, base.length + 2);
  const cell = (rate: RateInterval): string =>
    `${percent(rate.rate).padStart(7)}  ${bounds(rate)}`.padEnd(width);
  const hasJudged = judgedRates.agreement.n > 0;
  const hasRates = hasJudged || summary.noWorse.rate !== null;
  const line = (name: string, key: keyof Rates): string =>
    `  ${name.padEnd(12)}${cell(summary[key])}${hasJudged ? cell(judgedRates[key]) : ''}`.trimEnd();
  const judged = hasJudged ? `of ${counted(judgedRates.agreement.n, 'judged pair')}` : '';
  const table = [
    `  ${' '.repeat(12)}${base.padEnd(width)}${judged}`.trimEnd(),
    line('no worse', 'noWorse'),
    line('agreement', 'agreement'),
    line('better', 'better'),
    ...paragraph(`No worse is agree, better or equally bad.${productionText(summary)}`, '  '),
  ];
  return [
    ...(hasRates ? table : []),
    ...ifAny(sumOf(verdicts), `Verdicts: ${verdictText(verdicts)}${flipText(summary)}`),
    ...sampleLines(summary),
    ...(hasRates ? paragraph(`Intervals: 95 %, Wilson.${settledText(summary)}`, '  ') : []),
    ...targetLines(summary),
    ...ifAny(
      counts.judgedAhead,
      `${count(counts.judgedAhead)} more judged ahead of the random order, while pairs before them waited: ${verdictText(aheadVerdicts)}. They are no random sample and in no rate until the order comes to them.`,
    ),
    ...ifAny(
      counts.judgedByChoice,
      `${count(counts.judgedByChoice)} of the judged pairs were chosen by a filter or a pattern: ${verdictText(chosenVerdicts)}. They count in the rates only where the random order has come to them.`,
    ),
    ...ifAny(
      counts.judgedUnseen,
      `${count(counts.judgedUnseen)} of them got the verdict of a sample of their pattern, without a look at each: ${verdictText(unseenVerdicts)}.`,
    ),
    ...ifAny(
      counts.judgedInUnknownOrder,
      `${count(counts.judgedInUnknownOrder)} judged by an earlier version, which did not record whether they kept to the random order: the sample may not be random.`,
    ),
    ...ifAny(
      sumOf(settledVerdicts),
      `Also judged, of what the machine settled: ${verdictText(settledVerdicts)}. They change these pairs alone.`,
    ),
    ...ifAny(
      sumOf(ruledVerdicts),
      `Also judged, of what rules settle: ${verdictText(ruledVerdicts)}. They change these pairs alone.`,
    ),
  ];
};

/** Whether the target is reached, and why the interval above does not say so. */
const targetLines = ({ noWorse, target }: Summary): readonly string[] => {
  if (target === null) return [];
  const { decision, interval, more, planned, threshold } = target;
  const asked = `Target ${percent(threshold)} no worse`;
  if (decision === null) {
    return paragraph(`${asked}: not decided, because these rates are weighted by traffic.`, '  ');
  }
  const open =
    interval.n === 0
      ? `open, about ${counted(more ?? 0, 'verdict')} if all agree`
      : more === null
        ? 'open until the conflicts are resolved'
        : `open, about ${count(more)} more at the present rate`;
  const result = { reached: 'reached', ruled_out: 'ruled out', open }[decision];
  const plan =
    interval.n === 0
      ? ''
      : ` ${bounds(interval)} holds however often you look (tightest at ${count(planned)} verdicts); ${bounds(noWorse)} if you had planned this n.`;
  return paragraph(`${asked}: ${result}.${plan}`, '  ');
};

/** A remark that stands only if there is something to count. */
const ifAny = (number: number, text: string): readonly string[] =>
  number === 0 ? [] : paragraph(text, '  ');

const sumOf = ({ agree, worse, better, bothBad, conflict }: VerdictCounts): number =>
  agree + worse + better + bothBad + conflict;

/** The rate as an estimate for what production will send. */
const productionText = ({ productionRates: { noWorse } }: Summary): string =>
  noWorse.rate === null
    ? ''
    : ` The interval is of these requests; of all that production will send, if traffic stays like this: ${bounds(noWorse)}.`;

/** How likely so unequal a number of better and worse verdicts is by chance. */
const flipText = ({ flips: { better, pValue, worse } }: Summary): string =>
  pValue === null
    ? ''
    : `. ${count(worse)} worse and ${count(better)} better: so unequal by chance with p ${pValue < 0.001 ? '< 0.001' : `= ${pValue.toFixed(3)}`} (exact sign test)`;

const requestBase = ({ noWorse, sample }: Summary): string => {
  if (sample.weighting !== 'traffic') return `of ${counted(noWorse.n, 'request')}`;
  const captures = sample.strata.reduce((sum, stratum) => sum + stratum.captures, 0);
  return `of ${counted(captures, 'request')}, ${count(noWorse.n)} drawn`;
};

/** What a sample by strata stands for. */
const sampleLines = ({ comparison, sample }: Summary): readonly string[] => {
  const by = printableLine(comparison.selection?.stratify?.by ?? 'stratum');
  const open = strataWithoutRate(sample);
  switch (sample.weighting) {
    case 'equal':
      return [];
    case 'unknown':
      return paragraph(
        'These pairs were drawn by strata that the comparison no longer names: their rates are of these pairs and stand for no traffic.',
        '  ',
      );
    case 'traffic': {
      const verdicts =
        open === 0
          ? ''
          : ` There is no rate yet, because ${count(open)} of them ${open === 1 ? 'has' : 'have'} no verdict.`;
      return paragraph(
        `Rates are weighted by the traffic of ${counted(sample.strata.length, 'stratum', 'strata')} (${by}), of which ${count(comparison.selection?.stratify?.most ?? 0)} pairs each were drawn at most.${verdicts} Speed, tokens and cost are those of the drawn pairs; of the costs, that of a month alone is weighted.`,
        '  ',
      );
    }
  }
};

/** What the rates of all requests count besides verdicts; empty if every pair needs a person. */
const settledText = ({ counts, failedBy, sample }: Summary): string => {
  const failed = failedBy.candidate + failedBy.both;
  const parts: readonly (readonly [number, string])[] = [
    [counts.settledByMachine - counts.bothUnusable, 'settled by the machine count as agreed'],
    [counts.settledByRule, 'settled by rules as agreed'],
    [counts.bothUnusable, 'both unusable in the same way as equally bad'],
    [failed, 'failed by the candidate as worse'],
    [failedBy.baseline, 'failed by the baseline are left out'],
  ];
  const shown = parts.flatMap(([pairs, text]) => (pairs > 0 ? [`${count(pairs)} ${text}`] : []));
  const all = sample.weighting === 'traffic' ? 'the drawn requests' : 'all requests';
  return shown.length === 0 ? '' : ` Of ${all}, ${shown.join(', ')}.`;
};
