/**
 * Formats one row of CSV (RFC 4180). Cells with commas, quotation marks or line breaks are quoted. A cell
 * that a spreadsheet would run as a formula (one that begins with `=`, `+`, `-`, `@`, a tab or a carriage
 * return and is no number) gets an apostrophe before it. So does one that begins with apostrophes and then
 * one of these, so that the first apostrophe can be taken away again.
 */
export const csvRow = (cells: readonly (string | number | null)[]): string =>
  `${cells.map(csvCell).join(',')}\r\n`;

const csvCell = (cell: string | number | null): string => {
  if (cell === null) return '';
  if (typeof cell === 'number') return String(cell);
  const needsApostrophe = /^'*[=+\-@\t\r]/.test(cell) && !/^-?\d+(?:\.\d+)?$/.test(cell);
  const text = needsApostrophe ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};
