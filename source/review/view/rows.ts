import { wrapOffsets } from '../../text/wrap.ts';
import type { Document, DocumentLine, Mark } from './document.ts';
import { runsWidth, type StyledRun } from './styled-text.ts';

/** One screen row of a document; null if a side has no text there. */
export type Row = {
  readonly mark: Mark;
  readonly baseline: readonly StyledRun[] | null;
  readonly candidate: readonly StyledRun[] | null;
};

/** A document wrapped to a width. Rows are built on demand. */
export type Rows = {
  readonly total: number;
  /** The first row of each difference, ascending. */
  readonly differences: readonly number[];
  /** Returns the first row of each line that contains a text, whatever its case. */
  readonly find: (text: string) => readonly number[];
  readonly slice: (from: number, count: number) => readonly Row[];
};

const joinedText = (runs: readonly StyledRun[] | null): string => {
  if (runs === null) return '';
  const [only] = runs;
  return runs.length === 1 && only !== undefined ? only.text : runs.map((run) => run.text).join('');
};

/**
 * Wraps a document to columns of `width` cells. Both columns of a line take as many rows as the
 * longer one, so that corresponding lines stay side by side.
 */
export const layOut = (document: Document, width: number): Rows => {
  const starts = new Int32Array(document.lines.length + 1);
  // A line of 1 MB has thousands of rows: their offsets are computed once, not at every scroll.
  const wrapped = new Map<readonly StyledRun[], readonly number[]>();
  const measure = (runs: readonly StyledRun[] | null): number => {
    if (runs === null) return 1;
    const offsets = wrapOffsets(joinedText(runs), width);
    if (offsets.length > 1) wrapped.set(runs, offsets);
    return offsets.length;
  };
  for (const [index, line] of document.lines.entries()) {
    const rows = Math.max(measure(line.baseline), measure(line.candidate));
    starts[index + 1] = (starts[index] ?? 0) + rows;
  }
  const rowOffsets = (runs: readonly StyledRun[]): readonly number[] => wrapped.get(runs) ?? [0];
  const total = starts[document.lines.length] ?? 0;
  return {
    total,
    differences: document.differences.map((index) => starts[index] ?? 0),
    find: (text) => {
      const wanted = text.toLowerCase();
      return document.lines.flatMap(({ baseline, candidate }, index) =>
        [baseline, candidate].some((runs) => joinedText(runs).toLowerCase().includes(wanted))
          ? [starts[index] ?? 0]
          : [],
      );
    },
    slice: (from, count) => {
      const rows: Row[] = [];
      let index = lineAt(starts, from);
      for (; rows.length < count && index < document.lines.length; index++) {
        const line = document.lines[index];
        if (line === undefined) break;
        const first = starts[index] ?? 0;
        const height = (starts[index + 1] ?? 0) - first;
        const skip = Math.max(0, from - first);
        const take = Math.min(height - skip, count - rows.length);
        rows.push(...lineRows(line, { width, skip, take, rowOffsets }));
      }
      return rows;
    },
  };
};

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
  readonly skip: number;
  readonly take: number;
  readonly rowOffsets: (runs: readonly StyledRun[]) => readonly number[];
};

const lineRows = (line: DocumentLine, cut: Cut): readonly Row[] => {
  const baseline = cutRows(line.baseline, cut);
  const candidate = cutRows(line.candidate, cut);
  return Array.from({ length: cut.take }, (_, at) => ({
    mark: line.mark,
    baseline: baseline[at] ?? null,
    candidate: candidate[at] ?? null,
  }));
};

const cutRows = (
  runs: readonly StyledRun[] | null,
  { width, skip, take, rowOffsets }: Cut,
): readonly (readonly StyledRun[])[] => {
  if (runs === null) return [];
  const offsets = rowOffsets(runs);
  const rows: (readonly StyledRun[])[] = [];
  for (let at = skip; at < Math.min(skip + take, offsets.length); at++) {
    const part = between(runs, offsets[at] ?? 0, offsets[at + 1] ?? Number.POSITIVE_INFINITY);
    rows.push(withoutHangingBlanks(part, width));
  }
  return rows;
};

/** Returns the part of the runs between two offsets of their joined text. */
const between = (runs: readonly StyledRun[], from: number, to: number): readonly StyledRun[] => {
  const parts: StyledRun[] = [];
  let at = 0;
  for (const run of runs) {
    const end = at + run.text.length;
    if (end > from && at < to) {
      parts.push({ ...run, text: run.text.slice(Math.max(0, from - at), to - at) });
    }
    at = end;
    if (at >= to) break;
  }
  return parts;
};

const withoutHangingBlanks = (parts: readonly StyledRun[], width: number): readonly StyledRun[] => {
  const last = parts.at(-1);
  if (last === undefined || !last.text.endsWith(' ') || runsWidth(parts) <= width) return parts;
  return [...parts.slice(0, -1), { ...last, text: last.text.trimEnd() }];
};
