import type { AlignedLine, Alignment, Segment } from '../../comparison/alignment/alignment.ts';
import type { FieldRow, FieldTable } from '../../comparison/json/json-fields.ts';
import { unifiedLines } from '../../comparison/alignment/alignment.ts';
import { harmless, harmlessLine } from '../../text/harmless.ts';
import type { Run, Style } from './run.ts';

/** The sign in the gutter: both differ, only the baseline, only the candidate, a fold, nothing. */
export type Mark = '~' | '-' | '+' | '·' | ' ';

/** One logical line of a document; a single-column document uses `baseline` alone. */
export type DocumentLine = {
  readonly mark: Mark;
  readonly baseline: readonly Run[] | null;
  readonly candidate: readonly Run[] | null;
};

/** What the panes show of a pair, before it is cut to a width. Text in it is harmless. */
export type Document = {
  readonly columns: 1 | 2;
  readonly lines: readonly DocumentLine[];
  /** Index of the first line of each difference, ascending. */
  readonly differences: readonly number[];
  /** How the document is to be read, when that is not plain: a limit that was hit, say. */
  readonly remark: string | null;
};

const remarkOf = (alignment: Alignment): string | null =>
  alignment.coarse ??
  (alignment.granularity === 'blocks'
    ? 'two texts unlike: set side by side, words not marked'
    : null);

const marks: Record<AlignedLine['change'], Mark> = {
  same: ' ',
  changed: '~',
  removed: '-',
  added: '+',
};

const runs = (segments: readonly Segment[] | null, changed: Style): readonly Run[] | null =>
  segments === null
    ? null
    : segments.map((segment) => ({
        text: harmless(segment.text),
        style: segment.changed ? changed : 'plain',
      }));

/** The side-by-side view. */
export const sideBySideDocument = (alignment: Alignment): Document => ({
  columns: 2,
  lines: alignment.lines.map((line) => ({
    mark: marks[line.change],
    baseline: runs(line.baseline, 'removed'),
    candidate: runs(line.candidate, 'added'),
  })),
  differences: alignment.differences,
  remark: remarkOf(alignment),
});

/** The unified view: one column, the baseline's lines of a difference before the candidate's. */
export const unifiedDocument = (alignment: Alignment): Document => {
  const lines = unifiedLines(alignment);
  return {
    columns: 1,
    lines: lines.map((line) => ({
      mark: line.mark,
      baseline: runs(line.segments, line.mark === '+' ? 'added' : 'removed'),
      candidate: null,
    })),
    differences: lines.flatMap((line, index) =>
      line.mark !== ' ' && (index === 0 || lines[index - 1]?.mark === ' ') ? [index] : [],
    ),
    remark: remarkOf(alignment),
  };
};

/** Raw texts beside each other: as they came, nothing aligned, nothing marked. */
export const rawDocument = (baseline: string, candidate: string): Document => {
  const left = baseline.split('\n');
  const right = candidate.split('\n');
  const line = (text: string | undefined): readonly Run[] | null =>
    text === undefined ? null : [{ text: harmless(text), style: 'plain' }];
  return {
    columns: 2,
    lines: Array.from({ length: Math.max(left.length, right.length) }, (_, index) => ({
      mark: ' ' as const,
      baseline: line(left[index]),
      candidate: line(right[index]),
    })),
    differences: [],
    remark: null,
  };
};

/** The JSON fields of both sides as a table: path and value, row-aligned. */
export const fieldsDocument = ({ rows, omitted }: FieldTable): Document => {
  const cell = (row: FieldRow, value: string | null, changed: Style): readonly Run[] | null =>
    value === null
      ? null
      : [
          { text: `${harmlessLine(row.path)}  `, style: 'dim' },
          { text: harmlessLine(value), style: row.kind === 'same' ? 'plain' : changed },
        ];
  return {
    columns: 2,
    lines: rows.map((row) => ({
      mark:
        row.kind === 'same'
          ? ' '
          : row.candidate === null
            ? '-'
            : row.baseline === null
              ? '+'
              : '~',
      baseline: cell(row, row.baseline, 'removed'),
      candidate: cell(row, row.candidate, 'added'),
    })),
    differences: rows.flatMap((row, index) => (row.kind === 'same' ? [] : [index])),
    remark:
      omitted === 0
        ? 'JSON fields'
        : `JSON fields · ${omitted.toLocaleString('en-US')} more are not shown`,
  };
};

/** Lines of equal text kept on either side of a difference when equal text is folded. */
const context = 2;

/** The document with every long run of equal lines folded into one line that says how many. */
export const folded = (document: Document): Document => {
  if (document.differences.length === 0) return document;
  const lines: DocumentLine[] = [];
  const newIndex = new Map<number, number>();
  for (let index = 0; index < document.lines.length;) {
    let end = index;
    while (end < document.lines.length && document.lines[end]?.mark === ' ') end++;
    const before = index === 0 ? 0 : context;
    const after = end === document.lines.length ? 0 : context;
    const hidden = end - index - before - after;
    for (let at = index; at < Math.max(end, index + 1); at++) {
      const line = document.lines[at];
      if (line === undefined) continue;
      if (hidden > 1 && at >= index + before && at < end - after) {
        if (at === index + before) lines.push(foldLine(hidden, document.columns));
        continue;
      }
      newIndex.set(at, lines.length);
      lines.push(line);
    }
    index = Math.max(end, index + 1);
  }
  return {
    ...document,
    lines,
    differences: document.differences.map((index) => newIndex.get(index) ?? 0),
  };
};

const foldLine = (hidden: number, columns: 1 | 2): DocumentLine => {
  const text: readonly Run[] = [{ text: `${hidden} equal lines`, style: 'dim' }];
  return { mark: '·', baseline: text, candidate: columns === 2 ? text : null };
};
