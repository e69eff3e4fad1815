import { cellWidth, truncateCells } from '../../text/width.ts';
import type { Run, Style } from './run.ts';

/** The escape codes that begin and end a style. */
type Theme = Readonly<Record<Style, readonly [begin: string, end: string]>>;

const sgr = (begin: string, end: string): readonly [string, string] => [
  `\u001B[${begin}m`,
  `\u001B[${end}m`,
];

// The 16 colours follow the user's own palette; a difference is also underlined and has a mark in
// the gutter, so that colour never stands alone.
const colours: Theme = {
  plain: ['', ''],
  dim: sgr('2', '22'),
  bold: sgr('1', '22'),
  accent: sgr('36', '39'),
  removed: [`\u001B[31m\u001B[4m`, `\u001B[24m\u001B[39m`],
  added: [`\u001B[32m\u001B[4m`, `\u001B[24m\u001B[39m`],
  good: sgr('32', '39'),
  warning: sgr('33', '39'),
  error: [`\u001B[31m\u001B[1m`, `\u001B[22m\u001B[39m`],
};

const noColours: Theme = {
  plain: ['', ''],
  dim: ['', ''],
  bold: sgr('1', '22'),
  accent: sgr('1', '22'),
  removed: sgr('4', '24'),
  added: sgr('4', '24'),
  good: ['', ''],
  warning: sgr('1', '22'),
  error: sgr('1', '22'),
};

/** Turns runs into one string for the terminal. */
export type Paint = (runs: readonly Run[]) => string;

/** A painter with or without colours (NO_COLOR). */
export const painter = (colour: boolean): Paint => {
  const theme = colour ? colours : noColours;
  return (runs) => {
    let painted = '';
    for (const { text, style } of runs) {
      const [begin, end] = theme[style];
      painted += text === '' ? '' : `${begin}${text}${end}`;
    }
    return painted;
  };
};

/** The cells that runs take. */
export const runsWidth = (runs: readonly Run[]): number =>
  runs.reduce((sum, { text }) => sum + cellWidth(text), 0);

/** The runs cut to a width in cells, with `…` where something was cut. */
export const fitRuns = (runs: readonly Run[], width: number): readonly Run[] => {
  const fitted: Run[] = [];
  let left = width;
  for (const [index, run] of runs.entries()) {
    const cells = cellWidth(run.text);
    const rest = index < runs.length - 1 && runsWidth(runs.slice(index + 1)) > 0;
    if (cells < left || (cells === left && !rest)) {
      fitted.push(run);
      left -= cells;
      continue;
    }
    if (left > 0)
      fitted.push({ ...run, text: truncateCells(`${run.text}${rest ? '…' : ''}`, left) });
    break;
  }
  return fitted;
};

/**
 * Two groups of runs on one row: the left one from the left edge, the right one up to the right
 * edge. Where there is not room for both, the left one is cut.
 */
export const leftAndRight = (
  left: readonly Run[],
  right: readonly Run[],
  width: number,
): readonly Run[] => {
  const fittedRight = fitRuns(right, width);
  const room = Math.max(0, width - runsWidth(fittedRight) - 1);
  const fittedLeft = fitRuns(left, room);
  const gap = Math.max(0, width - runsWidth(fittedLeft) - runsWidth(fittedRight));
  return [...fittedLeft, { text: ' '.repeat(gap), style: 'plain' }, ...fittedRight];
};
