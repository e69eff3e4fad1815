import { cellWidth, padCells } from './width.ts';

/**
 * Formats a table of printable one-line cells. Columns are as wide as their widest cell and two spaces apart;
 * lines have no trailing spaces, and the last one no line feed. `right` lists the right-aligned columns.
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
