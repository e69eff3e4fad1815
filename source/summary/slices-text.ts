import type { RateInterval } from '../statistics/wilson.ts';
import { count, percent, unknown } from '../text/numbers.ts';
import { printableLine } from '../text/printable.ts';
import { cellWidth, padCells, truncateCells } from '../text/width.ts';
import { paragraph } from './paragraph.ts';
import { bounds } from './sentence.ts';
import type { SliceDimension } from './slice-dimensions.ts';
import type { Slice, Slices } from './slices.ts';

/** The least number of verdicts that a slice can be relied on for. */
const enough = 30;

const width = 80;

/** The most comments that are listed below a tag. */
const listedComments = 5;

/** What the pairs without a value are called; fields have none. */
const withoutValue: Readonly<Record<SliceDimension, string>> = {
  endpoint: 'unknown',
  field: 'unknown',
  tag: 'commented, no tag',
  reviewer: 'unknown',
  model: 'unknown',
  language: 'unclear',
  length: 'unknown',
  month: 'unknown',
  path: 'not answered',
  conversation: 'in none',
};

/** The figures by one property, for a terminal of 80 columns and safe to print. Empty without any. */
export const slicesLines = (by: Slices | null): readonly string[] => {
  if (by === null) return [];
  const { dimension, more, slices } = by;
  if (slices.length === 0) return [`By ${dimension}: there is nothing to show.`];
  // Tags and reviewers are about judged pairs alone, which stand for no requests.
  const isOfVerdicts = dimension === 'tag' || dimension === 'reviewer';
  const table = isOfVerdicts
    ? verdictTable(by)
    : [rateHeading(dimension), ...slices.map((slice) => rateLine(slice, dimension))];
  return [
    ...table,
    ...(more > 0 ? [`  and ${count(more)} smaller ones`] : []),
    ...notes(by).flatMap((note) => paragraph(note, '  ')),
  ];
};

const notes = ({ dimension, slices }: Slices): readonly string[] => {
  const tested = slices.filter(({ difference }) => difference !== null).length;
  const differing = slices.filter(({ difference }) => difference?.differs === true).length;
  const hasSmall = slices.some(isSmallSample);
  const parts: string[] = [];
  if (hasSmall) parts.push(`~ fewer than ${enough} verdicts, a small sample.`);
  if (tested > 0) {
    parts.push(
      `${differing > 0 ? '* judged worse more or less often than the rest' : 'No slice is judged worse more or less often than the rest'} (Fisher's exact test of ${count(tested)}, Benjamini–Hochberg at 5 %).`,
    );
  }
  if (dimension === 'field' || dimension === 'tag') {
    parts.push('A pair is in every slice that it belongs to.');
  }
  return parts;
};

const nameWidth = 17;

const cell = (text: string, cells: number): string =>
  ' '.repeat(Math.max(1, cells - cellWidth(text))) + text;

const heading = (dimension: SliceDimension): string =>
  padCells(`By ${dimension}`, nameWidth + 2) + cell('pairs', 7);

const head = ({ counts, name }: Slice, dimension: SliceDimension): string => {
  const shown = name === null ? withoutValue[dimension] : printableLine(name);
  return `  ${padCells(truncateCells(shown, nameWidth), nameWidth)}${cell(count(counts.replayable), 7)}`;
};

const isSmallSample = ({ worse }: Slice): boolean => worse.n > 0 && worse.n < enough;

/** `12~` for a small sample. */
const judgedCell = (slice: Slice): string =>
  `${cell(count(slice.worse.n), 7)}${isSmallSample(slice) ? '~' : ' '}`;

const mark = ({ difference }: Slice): string => (difference?.differs === true ? ' *' : '');

const rateCell = (rate: RateInterval): string =>
  rate.rate === null ? unknown : `${percent(rate.rate)} (${bounds(rate)})`;

const rateHeading = (dimension: SliceDimension): string =>
  `${heading(dimension)}${cell('no worse', 22)}${cell('judged', 7)} ${cell('worse', 22)}`;

const rateLine = (slice: Slice, dimension: SliceDimension): string =>
  `${head(slice, dimension)}${cell(rateCell(slice.noWorse), 22)}${judgedCell(slice)}${cell(rateCell(slice.worse), 22)}${mark(slice)}`;

/** The verdicts of each slice; conflicts have a column if there are any, so that a row adds up. */
const verdictTable = ({ dimension, slices }: Slices): readonly string[] => {
  const columns = verdictColumns.filter(
    ({ key }) => key !== 'conflict' || slices.some(({ verdicts }) => verdicts.conflict > 0),
  );
  const names = columns.map(({ name }) => cell(name, 9)).join('');
  return [
    `${heading(dimension)}${cell('judged', 7)} ${names}`,
    ...slices.flatMap((slice) => verdictLines(slice, dimension, columns)),
  ];
};

type VerdictColumn = { readonly key: keyof Slice['verdicts']; readonly name: string };

const verdictColumns: readonly VerdictColumn[] = [
  { key: 'agree', name: 'agree' },
  { key: 'worse', name: 'worse' },
  { key: 'better', name: 'better' },
  { key: 'bothBad', name: 'both bad' },
  { key: 'conflict', name: 'conflict' },
];

const verdictLines = (
  slice: Slice,
  dimension: SliceDimension,
  columns: readonly VerdictColumn[],
): readonly string[] => {
  const cells = columns.map(({ key }) => cell(count(slice.verdicts[key]), 9));
  const more = slice.comments.length - listedComments;
  return [
    `${head(slice, dimension)}${judgedCell(slice)}${cells.join('')}${mark(slice)}`,
    ...slice.comments
      .slice(0, listedComments)
      .map((comment) => `      ${truncateCells(printableLine(comment), width - 6)}`),
    ...(more > 0 ? [`      and ${count(more)} more comments`] : []),
  ];
};
