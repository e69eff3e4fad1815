import type { RateDifference } from '../statistics/rate-difference.ts';
import type { RateInterval } from '../statistics/wilson.ts';
import { count, counted, percent, unknown } from '../text/numbers.ts';
import { printableLine } from '../text/printable.ts';
import { cellWidth, padCells, truncateCells } from '../text/width.ts';
import { paragraph } from './paragraph.ts';
import type { Noise } from './gather-noise.ts';
import type { NoiseResult, NoiseRow } from './against-noise.ts';
import { bounds, enough } from './sentence.ts';

/** `92.3 % (66.7–98.6) of 13, a small sample`. */
export const rateText = (rate: RateInterval): string =>
  `${percent(rate.rate)} (${bounds(rate)}) of ${count(rate.n)}${rate.n < enough ? ', a small sample' : ''}`;

/** What a result is called. */
export const noiseResults: Readonly<Record<NoiseResult, string>> = {
  more: 'more than noise',
  less: 'less than noise',
  'not told apart': 'not told from noise',
};

/** The difference of two rates in percentage points: `+9.0 (3.2–15.1)`, `−0.3 (−2.1–1.4)`. */
export const pointsText = ({ difference, lower, upper }: RateDifference): string => {
  if (difference === null || lower === null || upper === null) return unknown;
  const sign = difference > 0 ? '+' : '';
  return `${sign}${points(difference)} (${points(lower)}–${points(upper)})`;
};

const points = (share: number): string => {
  const shown = (share * 100).toFixed(1).replace('-0.0', '0.0');
  return shown.replace('-', '−');
};

/** Endpoints with their fields below them; an endpoint alone has only its fields. */
export const noiseRows = ({
  byEndpoint,
  byField,
}: Pick<Noise, 'byEndpoint' | 'byField'>): readonly NoiseRow[] =>
  byEndpoint.flatMap((row) => [row, ...byField.filter((one) => one.endpoint === row.endpoint)]);

/** The candidate's differences against those of the baseline from itself, in a sentence of its own. */
export const excessOfTwiceText = (noise: Noise): string =>
  `Of the ${counted(noise.baseline.n, 'request')} that the baseline answered twice, the candidate differs on ${shareText(noise)}`;

const shareText = ({ differing, excess, pValue, result }: Noise): string =>
  `${percent(differing.candidate.rate)}, the baseline from itself on ${percent(differing.baseline.rate)}: ${pointsText(excess)} points, ${noiseResults[result]} (p ${pValue < 0.001 ? '< 0.001' : `= ${pValue.toFixed(3)}`}, exact McNemar).`;

/** How often the baseline agrees with itself, and where the candidate differs more; empty if it is not known. */
export const noiseLines = (noise: Noise | null): readonly string[] => {
  if (noise === null) return [];
  const { baseline, candidate, judged } = noise;
  const { differing, excess, overall } = judged;
  const byPersons =
    differing.n === 0
      ? ''
      : ` Reviewers judged ${count(differing.n)} ${differing.n === 1 ? 'pair' : 'pairs'} of its answers that differ, among the others: agree ${rateText(differing)}. With what the machine settled, the baseline agrees with itself on ${percent(overall.rate)} (${bounds(overall)})${excess.difference === null ? '' : `; minus the candidate's agreement, ${pointsText(excess)} points`}.`;
  return [
    ...paragraph(
      `Noise: of ${count(baseline.n)} ${baseline.n === 1 ? 'request' : 'requests'} that the baseline answered twice, the machine found ${percent(baseline.rate)} (${bounds(baseline)}) identical or equivalent, and ${percent(candidate.rate)} (${bounds(candidate)}) between baseline and candidate. Of these, the candidate differs on ${shareText(noise)}${byPersons}`,
      '',
    ),
    ...tableLines(noise),
  ];
};

const tableLines = (noise: Noise): readonly string[] => {
  const { byField, moreFields, unlisted } = noise;
  const rows = noiseRows(noise);
  if (rows.length < 2) return [];
  const small = rows.some(isSmall) ? [`~ fewer than ${enough} requests, a small sample.`] : [];
  const left =
    unlisted === 0 ? [] : [`${count(unlisted)} requests differ in too many fields to count them.`];
  const notes = [
    ...small,
    ...left,
    `Exact McNemar tests, Benjamini–Hochberg at 5 % over ${count(noise.byEndpoint.length)} ${noise.byEndpoint.length === 1 ? 'endpoint' : 'endpoints'}${byField.length === 0 ? '' : ` and over ${count(byField.length)} ${byField.length === 1 ? 'field' : 'fields'}`}.`,
  ];
  return [
    `  ${padCells('differs in', nameWidth)}${['asked', 'cand.', 'itself', 'excess, points'].map((name, at) => cell(name, widths[at] ?? 0)).join('')}`,
    ...rows.map(rowLine),
    ...(moreFields > 0 ? [`    and ${count(moreFields)} fields that differ less often`] : []),
    ...paragraph(notes.join(' '), '  '),
  ];
};

const nameWidth = 16;

/** Of the columns after the name. */
const widths = [7, 8, 8, 19];

const isSmall = ({ excess }: NoiseRow): boolean => excess.n < enough;

const cell = (text: string, cells: number): string =>
  ' '.repeat(Math.max(1, cells - cellWidth(text))) + text;

const rowLine = (row: NoiseRow): string => {
  const { differing, endpoint, excess, field, result } = row;
  const name = field === null ? printableLine(endpoint) : `  ${printableLine(field)}`;
  const cells = [
    `${count(excess.n)}${isSmall(row) ? '~' : ''}`,
    percent(differing.candidate.rate),
    percent(differing.baseline.rate),
    pointsText(excess),
  ];
  return truncateCells(
    `  ${padCells(truncateCells(name, nameWidth), nameWidth)}${cells.map((text, at) => cell(text, widths[at] ?? 0)).join('')} ${noiseResults[result]}`,
    80,
  );
};
