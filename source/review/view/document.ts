import { otherPartLines } from '../../comparison/alignment/align-answers.ts';
import {
  unifiedLines,
  type AlignedLine,
  type Alignment,
  type Segment,
} from '../../comparison/alignment/alignment.ts';
import type { FieldRow, FieldTable } from '../../comparison/json/json-fields.ts';
import type { Side } from '../../comparison/outcome.ts';
import type { Answer } from '../../models/answer.ts';
import { printable, printableLine } from '../../text/printable.ts';
import type { PairView } from '../pair-view.ts';
import type { View } from '../session/session.ts';
import type { Style, StyledRun } from './styled-text.ts';

/** The mark in the gutter: both differ, only baseline, only candidate, a fold, or nothing. */
export type Mark = '~' | '-' | '+' | '·' | ' ';

/** One logical line of a document. A single-column document uses `baseline` only. */
export type DocumentLine = {
  readonly mark: Mark;
  readonly baseline: readonly StyledRun[] | null;
  readonly candidate: readonly StyledRun[] | null;
};

/**
 * The content of the panes for a pair, before it is wrapped to a width. Its text is safe to print.
 */
export type Document = {
  readonly columns: 1 | 2;
  readonly lines: readonly DocumentLine[];
  /** Index of the first line of each difference, ascending. */
  readonly differences: readonly number[];
  /** An important remark about this document, such as a limit that was reached; or null. */
  readonly remark: string | null;
};

const documents = new WeakMap<PairView, Map<string, Document>>();

/**
 * Returns the document of a pair in a view; `folded` hides long runs of equal lines. If the pair
 * does not have that view (JSON fields of prose, or a unified view of an answer that is still
 * arriving), the document shows both texts side by side instead.
 */
export const pairDocument = (
  pair: PairView,
  { folded, view }: { readonly folded: boolean; readonly view: View },
): Document => {
  const known = documents.get(pair) ?? new Map<string, Document>();
  documents.set(pair, known);
  const key = `${view} ${folded}`;
  const document = known.get(key) ?? createDocument(pair, view, folded ? fold : unfolded);
  known.set(key, document);
  return document;
};

const createDocument = (
  pair: PairView,
  view: View,
  applyFold: (document: Document) => Document,
): Document => {
  const { alignment, fields } = pair;
  if (alignment === null) return { ...rawDocument(pair), remark: pair.refused };
  switch (view) {
    case 'side_by_side':
      return applyFold(sideBySideDocument(alignment));
    case 'unified':
      return applyFold(unifiedDocument(alignment));
    case 'fields':
      return fields === null
        ? { ...sideBySideDocument(alignment), remark: 'JSON fields: an answer is not JSON' }
        : fieldsDocument(fields);
    case 'raw':
      return { ...rawDocument(pair), remark: 'raw: as received, differences not marked' };
  }
};

const alignmentRemark = (alignment: Alignment): string | null =>
  alignment.coarse ??
  (alignment.granularity === 'blocks'
    ? 'dissimilar texts: aligned by paragraph, words not marked'
    : null);

const marks: Record<AlignedLine['change'], Mark> = {
  same: ' ',
  changed: '~',
  removed: '-',
  added: '+',
};

const styledRuns = (
  segments: readonly Segment[] | null,
  changed: Style,
): readonly StyledRun[] | null =>
  segments === null
    ? null
    : segments.map((segment) => ({
        text: printable(segment.text),
        style: segment.changed ? changed : 'plain',
      }));

const sideBySideDocument = (alignment: Alignment): Document => ({
  columns: 2,
  lines: alignment.lines.map((line) => ({
    mark: marks[line.change],
    baseline: styledRuns(line.baseline, 'removed'),
    candidate: styledRuns(line.candidate, 'added'),
  })),
  differences: alignment.differences,
  remark: alignmentRemark(alignment),
});

/**
 * Returns a single-column document: in each difference, the baseline's lines precede the
 * candidate's.
 */
const unifiedDocument = (alignment: Alignment): Document => {
  const lines = unifiedLines(alignment);
  const remark = alignmentRemark(alignment);
  return {
    columns: 1,
    lines: lines.map((line) => ({
      mark: line.mark,
      baseline: styledRuns(line.segments, line.mark === '+' ? 'added' : 'removed'),
      candidate: null,
    })),
    differences: lines.flatMap((line, index) =>
      line.mark !== ' ' && (index === 0 || lines[index - 1]?.mark === ' ') ? [index] : [],
    ),
    remark: remark === null ? 'unified' : `unified · ${remark}`,
  };
};

/** Returns the JSON fields of both sides as a table of path and value. */
const fieldsDocument = ({ rows, omitted }: FieldTable): Document => ({
  columns: 2,
  lines: rows.map((row) => ({
    mark: fieldMark(row),
    baseline: fieldCell(row, row.baseline, 'removed'),
    candidate: fieldCell(row, row.candidate, 'added'),
  })),
  differences: rows.flatMap((row, index) => (row.kind === 'same' ? [] : [index])),
  remark:
    omitted === 0
      ? 'JSON fields'
      : `JSON fields · ${omitted.toLocaleString('en-US')} more are not shown`,
});

const fieldMark = ({ baseline, candidate, kind }: FieldRow): Mark => {
  if (kind === 'same') return ' ';
  if (candidate === null) return '-';
  return baseline === null ? '+' : '~';
};

const fieldCell = (
  row: FieldRow,
  value: string | null,
  changed: Style,
): readonly StyledRun[] | null =>
  value === null
    ? null
    : [
        { text: `${printableLine(row.path)}  `, style: 'dim' },
        { text: printableLine(value), style: row.kind === 'same' ? 'plain' : changed },
      ];

/** Returns both texts side by side as received, neither aligned nor marked. */
const rawDocument = (pair: PairView): Document => {
  const left = receivedText(pair, 'baseline').split('\n');
  const right = receivedText(pair, 'candidate').split('\n');
  const runs = (text: string | undefined): readonly StyledRun[] | null =>
    text === undefined ? null : [{ text: printable(text), style: 'plain' }];
  return {
    columns: 2,
    lines: Array.from({ length: Math.max(left.length, right.length) }, (_, index) => ({
      mark: ' ',
      baseline: runs(left[index]),
      candidate: runs(right[index]),
    })),
    differences: [],
    remark: null,
  };
};

/** Returns the text of a side that has arrived so far. */
const receivedText = (pair: PairView, side: Side): string => {
  const record = pair.sides[side];
  if (record.kind === 'answered') return answerText(record.answer);
  const live = pair.live[side];
  if (live !== null) return live.text;
  return record.kind === 'failed' && record.partial !== null ? answerText(record.partial) : '';
};

const answerText = (answer: Answer): string =>
  [
    answer.text,
    answer.refusal,
    ...answer.toolCalls.map((call) => `tool ${call.name}(${call.arguments})`),
    ...otherPartLines(answer),
  ]
    .filter((part) => part !== '')
    .join('\n');

/** The number of equal lines that folding keeps on either side of a difference. */
const contextLines = 2;

const unfolded = (document: Document): Document => document;

/** Replaces every long run of equal lines with one line that shows their number. */
const fold = (document: Document): Document => {
  if (document.differences.length === 0) return document;
  const lines: DocumentLine[] = [];
  const newIndexes = new Map<number, number>();
  for (let index = 0; index < document.lines.length;) {
    let end = index;
    while (end < document.lines.length && document.lines[end]?.mark === ' ') end++;
    const before = index === 0 ? 0 : contextLines;
    const after = end === document.lines.length ? 0 : contextLines;
    const hidden = end - index - before - after;
    for (let at = index; at < Math.max(end, index + 1); at++) {
      const line = document.lines[at];
      if (line === undefined) continue;
      if (hidden > 1 && at >= index + before && at < end - after) {
        if (at === index + before) lines.push(foldedLine(hidden, document.columns));
        continue;
      }
      newIndexes.set(at, lines.length);
      lines.push(line);
    }
    index = Math.max(end, index + 1);
  }
  return {
    ...document,
    lines,
    differences: document.differences.map((index) => newIndexes.get(index) ?? 0),
  };
};

const foldedLine = (hidden: number, columns: 1 | 2): DocumentLine => {
  const text: readonly StyledRun[] = [{ text: `${hidden} equal lines`, style: 'dim' }];
  return { mark: '·', baseline: text, candidate: columns === 2 ? text : null };
};
