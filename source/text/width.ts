import { eachGrapheme } from './cells.ts';

/**
 * How many terminal cells a harmless text takes, by the table that Ink paints with (string-width;
 * ambiguous characters count one).
 */
export const cellWidth = (text: string): number => {
  if (/^[ -~]*$/.test(text)) return text.length;
  let width = 0;
  eachGrapheme(text, (_start, _end, cells) => {
    width += cells;
    return true;
  });
  return width;
};

/**
 * The text when it fits into `width` cells; else as much of it as leaves room for the `…` that it
 * then ends in. Cuts between graphemes, so that the result may be a cell narrower than `width`;
 * empty when `width` is below 1.
 */
export const truncateCells = (text: string, width: number): string => {
  if (width < 1) return '';
  let used = 0;
  let kept = 0;
  let fits = true;
  eachGrapheme(text, (_start, end, cells) => {
    used += cells;
    if (used <= width - 1) kept = end;
    fits = used <= width;
    return fits;
  });
  return fits ? text : `${text.slice(0, kept)}…`;
};

/** The text, truncated or followed by spaces, in exactly `width` cells. */
export const padCells = (text: string, width: number): string => {
  const shown = truncateCells(text, width);
  return shown + ' '.repeat(Math.max(0, width - cellWidth(shown)));
};

const colours = /\u001B\[[\d;]*m/g;

/** The cells of painted text: harmless text with escape codes that set colours and weight. */
export const paintedWidth = (painted: string): number =>
  cellWidth(painted.includes('\u001B') ? painted.replaceAll(colours, '') : painted);
