import { cellWidth, padCells } from './width.ts';

/**
 * A table of harmless one-line cells, without a newline at its end: two spaces between columns, each
 * as wide as its widest cell, no space at a line's end. `right` holds the columns that stand right.
 */
export const tableText = (
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
): string => {
  const lines = [head, ...rows];
  const widths = head.map((_, column) =>
    Math.max(...lines.map((cells) => cellWidth(cells[column] ?? ''))),
  );
  const cell = (text: string, column: number): string => {
    const width = widths[column] ?? 0;
    if (!right.includes(column)) return padCells(text, width);
    return ' '.repeat(Math.max(0, width - cellWidth(text))) + text;
  };
  return lines.map((cells) => cells.map(cell).join('  ').trimEnd()).join('\n');
};
