import { wholeAnswer } from '../../configuration/rule-content.ts';
import { dim, type StyledRun } from './styled-text.ts';

/**
 * The mark in the gutter: both differ, only baseline, only candidate, moved, differs in what a rule covers,
 * a fold, or nothing.
 */
export type Mark = '~' | '-' | '+' | '↕' | '≈' | '·' | ' ';

/** One line of the candidate that is shown beside the one to judge, marked against the baseline. */
export type OtherCell = { readonly mark: Mark; readonly runs: readonly StyledRun[] | null };

/**
 * One logical line of a document. A single-column document uses `baseline` only, except for the rows of a
 * table: these have a `path` and a cell for each side.
 */
export type DocumentLine = {
  readonly mark: Mark;
  readonly path?: readonly StyledRun[];
  readonly baseline: readonly StyledRun[] | null;
  readonly candidate: readonly StyledRun[] | null;
  /** The indent of the rows after the first, in cells; by default none. For lines of one column. */
  readonly hang?: number;
  /** Where the difference of the line is in the answer: `$.items[3].score`; missing if it has no place. */
  readonly place?: string;
  /** In a unified document, the line of the two-column view that has this text on one of its sides. */
  readonly aligned?: number;
  /** In a document of two candidates, the one that is not judged. */
  readonly other?: OtherCell;
};

/**
 * The content of the panes for a pair, before it is wrapped to a width. Its text is safe to print.
 */
export type Document = {
  readonly columns: 1 | 2;
  readonly lines: readonly DocumentLine[];
  /** Whether rows of a table are among the lines. */
  readonly isTable?: true;
  /** Index of the first line of each difference, ascending. */
  readonly differences: readonly number[];
  /** An important remark about this document, such as a limit that was reached; or null. */
  readonly remark: string | null;
};

/** Returns a document where what rules cover is dim, with a mark of its own, and no difference. */
export const withCovered = (document: Document, covered: ReadonlySet<string>): Document => {
  if (covered.size === 0) return document;
  const dimmed = (runs: readonly StyledRun[] | null): readonly StyledRun[] | null =>
    runs?.map(({ text }) => ({ text, style: 'dim' })) ?? null;
  const isCovered = ({ mark, place = wholeAnswer }: DocumentLine): boolean =>
    mark !== ' ' && mark !== '·' && covered.has(place);
  return {
    ...document,
    lines: document.lines.map((line) =>
      isCovered(line)
        ? {
            ...line,
            mark: '≈',
            baseline: dimmed(line.baseline),
            candidate: dimmed(line.candidate),
          }
        : line,
    ),
    differences: document.differences.filter((index) => {
      const line = document.lines[index];
      return line === undefined || !isCovered(line);
    }),
  };
};

/** The number of equal lines that folding keeps on either side of a difference. */
const contextLines = 2;

/** Replaces every long run of equal lines with one line that shows their number. */
export const fold = (document: Document): Document => {
  if (document.differences.length === 0) return document;
  const lines: DocumentLine[] = [];
  const newIndexes = new Map<number, number>();
  for (let index = 0; index < document.lines.length;) {
    let end = index;
    while (end < document.lines.length && isEqual(document.lines[end])) end++;
    const before = index === 0 ? 0 : contextLines;
    const after = end === document.lines.length ? 0 : contextLines;
    const hidden = end - index - before - after;
    for (let at = index; at < Math.max(end, index + 1); at++) {
      const line = document.lines[at];
      if (line === undefined) continue;
      if (hidden > 1 && at >= index + before && at < end - after) {
        if (at === index + before) {
          lines.push(foldedLine(`${hidden} equal lines`, document.columns, line));
        }
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

const isEqual = (line: DocumentLine | undefined): boolean =>
  line?.mark === ' ' && (line.other === undefined || line.other.mark === ' ');

/** Returns the line that stands for others, in the columns of one of them. */
export const foldedLine = (
  text: string,
  columns: 1 | 2,
  { aligned, other }: Partial<DocumentLine>,
): DocumentLine => {
  const runs = [dim(text)];
  const folded: DocumentLine = {
    mark: '·',
    baseline: runs,
    candidate: columns === 2 ? runs : null,
    ...(aligned === undefined ? {} : { aligned }),
  };
  return other === undefined ? folded : { ...folded, other: { mark: '·', runs } };
};
