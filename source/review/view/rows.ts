import type { Side } from '../../comparison/outcome.ts';
import { wrapOffsets } from '../../text/wrap.ts';
import type { Document, DocumentLine, Mark, OtherCell } from './document.ts';
import { isMarked, markedPlaces, type MarkedPlace } from './marked-places.ts';
import {
  joinedText,
  plain,
  runsBetween,
  runsWidth,
  withoutHangingBlanks,
  type Shade,
  type StyledRun,
} from './styled-text.ts';

/** One screen row of a document; null if a side has no text there. */
export type Row = {
  readonly mark: Mark;
  readonly baseline: readonly StyledRun[] | null;
  readonly candidate: readonly StyledRun[] | null;
  readonly other?: OtherCell;
};

/** A document wrapped to a width. Rows are built on demand. */
export type Rows = {
  readonly total: number;
  /** The row of each marked word, and of each difference without marks; ascending. */
  readonly differences: readonly number[];
  /** Where each of them is in the answer: `$.items[3].score`; null where it has no place. */
  readonly places: readonly (string | null)[];
  /** Returns the first row of each line that contains a text, whatever its case. */
  readonly find: (text: string) => readonly number[];
  /** Returns `count` rows from a row on. The difference with the index `current` stands out. */
  readonly slice: (from: number, count: number, current?: number | null) => readonly Row[];
};

/** The widths of a table's columns in cells, which depend on the width of the screen only. */
export type TableColumns = { readonly path: number; readonly value: number };

/** The number of cells between two columns of a table. */
export const columnGap = 2;

/** Returns the widths of a table's columns on a screen with `width` cells of text. */
export const tableColumns = (width: number): TableColumns => {
  const path = Math.min(60, Math.floor(width * 0.35));
  return { path, value: Math.floor((width - path - 2 * columnGap) / 2) };
};

/**
 * Wraps a document to columns of `width` cells. All columns of a line take as many rows as the
 * longest one, so that corresponding lines stay side by side. A row of a table is one row of the screen.
 */
export const layOut = (document: Document, width: number): Rows => {
  const columns = tableColumns(width);
  const starts = new Int32Array(document.lines.length + 1);
  // A line of 1 MB has thousands of rows: their offsets are computed once, not at every scroll.
  const wrapped = new Map<readonly StyledRun[], readonly number[]>();
  const measure = (runs: readonly StyledRun[] | null, cells: number, hang = 0): number => {
    if (runs === null) return 1;
    const offsets = wrapOffsets(joinedText(runs), cells, hang);
    if (offsets.length > 1) wrapped.set(runs, offsets);
    return offsets.length;
  };
  for (const [index, line] of document.lines.entries()) {
    const { path } = line;
    const cells = path === undefined ? width : columns.value;
    const hang = hangOf(line, width);
    const values = Math.max(...valuesOf(line).map((runs) => measure(runs, cells, hang)));
    const rows = path === undefined ? values : Math.max(values, measure(path, columns.path));
    starts[index + 1] = (starts[index] ?? 0) + rows;
  }
  const rowOffsets = (runs: readonly StyledRun[]): readonly number[] => wrapped.get(runs) ?? [0];
  const total = starts[document.lines.length] ?? 0;
  const rowOf = ({ line, spots }: MarkedPlace): number =>
    spots.length === 0
      ? (starts[line] ?? 0)
      : Math.min(
          ...spots.map((spot) => {
            const runs = document.lines[spot.line]?.[spot.column] ?? [];
            return (starts[spot.line] ?? 0) + rowAt(rowOffsets(runs), spot.offset);
          }),
        );
  const marked = markedPlaces(document)
    .map((place) => ({ ...place, row: rowOf(place) }))
    .toSorted((one, other) => one.row - other.row);
  return {
    total,
    differences: marked.map(({ row }) => row),
    places: marked.map(({ line }) => document.lines[line]?.place ?? null),
    find: (text) => {
      const wanted = text.toLowerCase();
      return document.lines.flatMap((line, index) =>
        [line.path ?? null, ...valuesOf(line)].some((runs) =>
          joinedText(runs).toLowerCase().includes(wanted),
        )
          ? [starts[index] ?? 0]
          : [],
      );
    },
    slice: (from, count, current = null) => {
      const here = current === null ? undefined : marked[current];
      const rows: Row[] = [];
      let index = lineAt(starts, from);
      for (; rows.length < count && index < document.lines.length; index++) {
        const line = document.lines[index];
        if (line === undefined) break;
        const first = starts[index] ?? 0;
        const height = (starts[index + 1] ?? 0) - first;
        const skip = Math.max(0, from - first);
        const take = Math.min(height - skip, count - rows.length);
        const at = here === undefined ? null : offsetsIn(here, index);
        const hang = hangOf(line, width);
        const cut = { width, hang, skip, take, rowOffsets, at };
        rows.push(
          ...(line.path === undefined
            ? lineRows(line, cut)
            : tableRows({ ...line, path: line.path }, cut, columns)),
        );
      }
      return rows;
    },
  };
};

/** The indent of the rows after the first; none where it would take more than half of them. */
const hangOf = ({ hang = 0 }: DocumentLine, width: number): number => (2 * hang > width ? 0 : hang);

/** The texts of a line, one for each column but the path of a table. */
const valuesOf = ({
  baseline,
  candidate,
  other,
}: DocumentLine): readonly (readonly StyledRun[] | null)[] =>
  other === undefined ? [baseline, candidate] : [baseline, candidate, other.runs];

/**
 * Returns the index of the line that a row belongs to, by binary search over the first rows of
 * lines.
 */
const lineAt = (starts: Int32Array, row: number): number => {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= row) low = middle;
    else high = middle - 1;
  }
  return low;
};

type Cut = {
  readonly width: number;
  readonly hang: number;
  readonly skip: number;
  readonly take: number;
  readonly rowOffsets: (runs: readonly StyledRun[]) => readonly number[];
  /** Where the current difference begins in each side of this line; null if it is elsewhere. */
  readonly at: Readonly<Record<Side, number | null>> | null;
};

/** Returns where a difference begins in the columns of a line. */
const offsetsIn = (
  { spots }: MarkedPlace,
  index: number,
): Readonly<Record<Side, number | null>> => {
  const offset = (column: Side): number | null =>
    spots.find((spot) => spot.line === index && spot.column === column)?.offset ?? null;
  return { baseline: offset('baseline'), candidate: offset('candidate') };
};

const lineRows = (line: DocumentLine, cut: Cut): readonly Row[] => {
  const baseline = cutRows(line.baseline, 'baseline', cut);
  const candidate = cutRows(line.candidate, 'candidate', cut);
  const other = line.other === undefined ? null : cutRows(line.other.runs, null, cut);
  return Array.from({ length: cut.take }, (_, index) => {
    const row = { baseline: baseline[index] ?? null, candidate: candidate[index] ?? null };
    // A row of a changed line where nothing is marked has no mark either.
    const isPlain = line.mark === '~' && !hasMark(row.baseline) && !hasMark(row.candidate);
    const mark = isPlain ? ' ' : line.mark;
    if (line.other === undefined || other === null) return { mark, ...row };
    const runs = other[index] ?? null;
    const isOtherPlain = line.other.mark === '~' && !hasMark(runs);
    return { mark, ...row, other: { mark: isOtherPlain ? ' ' : line.other.mark, runs } };
  });
};

/** Returns the rows of a table's line: its path, the baseline's value and the candidate's. */
const tableRows = (
  line: DocumentLine & { readonly path: readonly StyledRun[] },
  cut: Cut,
  columns: TableColumns,
): readonly Row[] => {
  const values = { ...cut, width: columns.value };
  const path = cutRows(line.path, 'baseline', { ...cut, width: columns.path, at: null });
  const baseline = cutRows(line.baseline, 'baseline', values);
  const candidate = cutRows(line.candidate, 'candidate', values);
  return Array.from({ length: cut.take }, (_, index) => ({
    mark: line.mark,
    baseline: [
      ...padded(path[index] ?? [], columns.path + columnGap),
      ...padded(shadedRow(baseline[index] ?? [], columns.value), columns.value),
      plain(' '.repeat(columnGap)),
      ...shadedRow(candidate[index] ?? [], columns.value),
    ],
    candidate: null,
  }));
};

const padded = (runs: readonly StyledRun[], width: number): readonly StyledRun[] => [
  ...runs,
  plain(' '.repeat(Math.max(0, width - runsWidth(runs)))),
];

/**
 * Returns the runs of a row. With a mark among them, the shade of the side that the mark is on is behind all of
 * them, up to `width` cells.
 */
export const shadedRow = (runs: readonly StyledRun[], width: number): readonly StyledRun[] => {
  const mark = runs.find(isMarked);
  if (mark === undefined) return runs;
  const shade: Shade = mark.style.startsWith('removed') ? 'removed' : 'added';
  return padded(runs, width).map((run) => ({ ...run, shade }));
};

const hasMark = (runs: readonly StyledRun[] | null): boolean => runs?.some(isMarked) ?? false;

/** Returns the index of the row that holds an offset of a line's text. */
const rowAt = (offsets: readonly number[], offset: number): number => {
  let low = 0;
  let high = offsets.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((offsets[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
};

const cutRows = (
  runs: readonly StyledRun[] | null,
  side: Side | null,
  { at: here, hang, rowOffsets, skip, take, width }: Cut,
): readonly (readonly StyledRun[])[] => {
  if (runs === null) return [];
  const offsets = rowOffsets(runs);
  const start = side === null ? null : (here?.[side] ?? null);
  const shown = start === null ? runs : withCurrent(runs, start);
  const rows: (readonly StyledRun[])[] = [];
  for (let at = skip; at < Math.min(skip + take, offsets.length); at++) {
    const part = runsBetween(shown, offsets[at] ?? 0, offsets[at + 1] ?? Number.POSITIVE_INFINITY);
    const row =
      at === 0 ? withPlainIndent(part) : hang === 0 ? part : [plain(' '.repeat(hang)), ...part];
    rows.push(withoutHangingBlanks(row, width));
  }
  return rows;
};

/** Returns the runs where the marked ones stand out that follow each other from an offset on. */
const withCurrent = (runs: readonly StyledRun[], start: number): readonly StyledRun[] => {
  let offset = 0;
  let isHere = false;
  return runs.map((run) => {
    isHere = isMarked(run) && (isHere || offset === start);
    offset += run.text.length;
    if (!isHere) return run;
    return { ...run, style: run.style.startsWith('removed') ? 'removed_here' : 'added_here' };
  });
};

/** Returns the runs of a row whose indentation is not underlined. */
const withPlainIndent = (parts: readonly StyledRun[]): readonly StyledRun[] => {
  const [first, ...others] = parts;
  if (first === undefined || !isMarked(first) || !first.text.startsWith(' ')) return parts;
  const text = first.text.trimStart();
  if (text === '') return parts;
  const indent = first.text.slice(0, first.text.length - text.length);
  return [{ text: indent, style: 'plain' }, { ...first, text }, ...others];
};
