import { sides, type Side } from '../../comparison/outcome.ts';
import type { Document, DocumentLine, Mark } from './document.ts';
import type { StyledRun } from './styled-text.ts';

/** Where a mark begins: a line of a document, one of its columns, and the offset in the text there. */
export type Spot = { readonly line: number; readonly column: Side; readonly offset: number };

/** A difference: a line where it is, and where its mark begins on each side that has one. */
export type MarkedPlace = { readonly line: number; readonly spots: readonly Spot[] };

export const isMarked = ({ style }: StyledRun): boolean =>
  style.startsWith('removed') || style.startsWith('added');

/**
 * Returns the differences of a document: every marked word, a run of marked lines as one, and every
 * difference without marks. Marks of both sides after the same equal text are one difference, also where a
 * unified document has the sides in lines of their own. They are in the order of the two-column view.
 */
export const markedPlaces = (document: Document): readonly MarkedPlace[] => {
  const marked: MarkedPlace[] = [];
  let wholeBefore: string | null = null;
  for (const { cells, index, isRow, isStart, mark } of alignedLines(document)) {
    if (mark === ' ' || mark === '·' || mark === '≈') {
      wholeBefore = null;
      if (isStart) marked.push({ line: index, spots: [] });
      continue;
    }
    const places = isRow ? [cells.flatMap(firstSpot)] : spotsOf(cells);
    const isWhole = cells.every(({ runs }) => runs.every(isMarked));
    if (places.length === 0) {
      if (isStart) marked.push({ line: index, spots: [] });
    } else if (!isWhole || mark === '~' || wholeBefore !== mark || isStart) {
      for (const spots of places) marked.push({ line: index, spots });
    }
    wholeBefore = isWhole ? mark : null;
  }
  return marked;
};

/** The text of one side, and where it is in the document. */
type Cell = Pick<Spot, 'line' | 'column'> & { readonly runs: readonly StyledRun[] };

/** A line of the two-column view, wherever the document has its sides. */
type LineOfSides = {
  /** The line of the document where it begins. */
  readonly index: number;
  readonly mark: Mark;
  readonly isStart: boolean;
  /** Whether it is a row of a table. */
  readonly isRow: boolean;
  readonly cells: readonly Cell[];
};

const alignedLines = (document: Document): readonly LineOfSides[] => {
  const starts = new Set(document.differences);
  const lines = document.lines.map((line, index) => ({
    index,
    mark: line.mark,
    isStart: starts.has(index),
    isRow: line.path !== undefined,
    cells: cellsOf(line, index),
  }));
  const joined = new Map<number, LineOfSides>();
  for (const [index, line] of lines.entries()) {
    const aligned = document.lines[index]?.aligned;
    // Only a unified document has the sides of a line apart.
    if (aligned === undefined) return lines;
    const first = joined.get(aligned);
    joined.set(aligned, first === undefined ? line : joinedLine(first, line));
  }
  return [...joined].toSorted(([one], [other]) => one - other).map(([, line]) => line);
};

const joinedLine = (first: LineOfSides, second: LineOfSides): LineOfSides => ({
  ...first,
  mark: first.mark === second.mark ? first.mark : '~',
  isStart: first.isStart || second.isStart,
  cells: [...first.cells, ...second.cells],
});

const cellsOf = (line: DocumentLine, index: number): readonly Cell[] =>
  sides.flatMap((column) => {
    const runs = line[column];
    return runs === null ? [] : [{ line: index, column, runs }];
  });

/** Returns where the first mark of a cell begins: a row of a table is one difference. */
const firstSpot = ({ column, line, runs }: Cell): readonly Spot[] => {
  let offset = 0;
  for (const run of runs) {
    if (isMarked(run)) return [{ line, column, offset }];
    offset += run.text.length;
  }
  return [];
};

/** Returns where the marks of a line begin, those of both sides after the same equal text together. */
const spotsOf = (cells: readonly Cell[]): readonly (readonly Spot[])[] => {
  const byEqualText = new Map<number, Spot[]>();
  for (const { column, line, runs } of cells) {
    let offset = 0;
    let equal = 0;
    let last: number | null = null;
    for (const run of runs) {
      if (isMarked(run)) {
        // Of marks that follow each other, the first counts.
        if (last !== equal) {
          const spots = byEqualText.get(equal) ?? [];
          spots.push({ line, column, offset });
          byEqualText.set(equal, spots);
        }
        last = equal;
      } else equal += run.text.length;
      offset += run.text.length;
    }
  }
  return [...byEqualText].toSorted(([one], [other]) => one - other).map(([, spots]) => spots);
};
