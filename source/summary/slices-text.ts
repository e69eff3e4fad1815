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
  conversation: 'without a name',
};

/** The figures by one property, for a report. Names and comments are not escaped. */
export type SlicesTable = {
  readonly title: string;
  /** The headings; the first is that of the names. */
  readonly columns: readonly string[];
  readonly rows: readonly {
    readonly cells: readonly SlicesCell[];
    readonly comments: readonly string[];
  }[];
  readonly notes: readonly string[];
};

/** A cell, and the number that it is sorted by; null sorts it by its text. */
type SlicesCell = { readonly text: string; readonly value: number | null };

/** Tags and reviewers are about judged pairs alone, which stand for no requests. */
const isOfVerdicts = (dimension: SliceDimension): boolean =>
  dimension === 'tag' || dimension === 'reviewer';

/** Returns the figures by one property as a table; null without any. */
export const slicesTable = (by: Slices | null): SlicesTable | null => {
  if (by === null) return null;
  const { dimension, more, slices } = by;
  const title = `By ${dimension}`;
  if (slices.length === 0) {
    return { title, columns: [], rows: [], notes: ['There is nothing to show.'] };
  }
  const verdicts = verdictColumns(by);
  const columns = isOfVerdicts(dimension)
    ? ['judged', ...verdicts.map(({ name }) => name)]
    : ['no worse', 'interval', 'judged', 'worse', 'interval'];
  return {
    title,
    columns: [dimension, 'pairs', ...columns],
    rows: slices.map((slice) => ({
      cells: [
        { text: `${nameOf(slice, dimension)}${mark(slice)}`, value: null },
        numberCell(slice.counts.replayable),
        ...(isOfVerdicts(dimension)
          ? [judgedNumber(slice), ...verdicts.map(({ key }) => numberCell(slice.verdicts[key]))]
          : rateCells(slice)),
      ],
      comments: slice.comments.slice(0, listedComments),
    })),
    notes: [...(more > 0 ? [`And ${count(more)} smaller ones.`] : []), ...notes(by)],
  };
};

const numberCell = (value: number, marks = ''): SlicesCell => ({
  text: `${count(value)}${marks}`,
  value,
});

const judgedNumber = (slice: Slice): SlicesCell =>
  numberCell(slice.worse.n, isSmallSample(slice) ? '~' : '');

const rateCells = (slice: Slice): readonly SlicesCell[] => {
  const cells = (rate: RateInterval): readonly SlicesCell[] => [
    { text: percent(rate.rate), value: rate.rate },
    { text: bounds(rate), value: rate.lower },
  ];
  return [...cells(slice.noWorse), judgedNumber(slice), ...cells(slice.worse)];
};

/** The figures by one property, for a terminal of 80 columns and safe to print. Empty without any. */
export const slicesLines = (by: Slices | null): readonly string[] => {
  if (by === null) return [];
  const { dimension, more, slices } = by;
  if (slices.length === 0) return [`By ${dimension}: there is nothing to show.`];
  const table = isOfVerdicts(dimension)
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

const nameOf = ({ name }: Slice, dimension: SliceDimension): string =>
  name ?? withoutValue[dimension];

const head = (slice: Slice, dimension: SliceDimension): string => {
  const shown = printableLine(nameOf(slice, dimension));
  return `  ${padCells(truncateCells(shown, nameWidth), nameWidth)}${cell(count(slice.counts.replayable), 7)}`;
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
const verdictTable = (by: Slices): readonly string[] => {
  const { dimension, slices } = by;
  const columns = verdictColumns(by);
  const names = columns.map(({ name }) => cell(name, 9)).join('');
  return [
    `${heading(dimension)}${cell('judged', 7)} ${names}`,
    ...slices.flatMap((slice) => verdictLines(slice, dimension, columns)),
  ];
};

type VerdictColumn = { readonly key: keyof Slice['verdicts']; readonly name: string };

const possibleVerdicts: readonly VerdictColumn[] = [
  { key: 'agree', name: 'agree' },
  { key: 'worse', name: 'worse' },
  { key: 'better', name: 'better' },
  { key: 'bothBad', name: 'both bad' },
  { key: 'conflict', name: 'conflict' },
];

const verdictColumns = ({ slices }: Slices): readonly VerdictColumn[] =>
  possibleVerdicts.filter(
    ({ key }) => key !== 'conflict' || slices.some(({ verdicts }) => verdicts.conflict > 0),
  );

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
