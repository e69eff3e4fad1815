import { cellWidth, truncateCells } from '../../text/width.ts';
import type { ShownVerdict } from '../session/blind.ts';

/** The meaning of a run of text; the theme determines its appearance. */
export type Style =
  | 'plain'
  | 'dim'
  | 'bold'
  | 'accent'
  | 'removed'
  | 'added'
  /** The difference that `]` went to, in the baseline and in the candidate. */
  | 'removed_here'
  | 'added_here'
  | 'good'
  | 'warning'
  | 'error'
  /** Where a searched text is. */
  | 'match';

/** Text of one style. It is safe to print: `printable` has replaced control characters. */
export type StyledRun = { readonly text: string; readonly style: Style };

export const plain = (text: string): StyledRun => ({ text, style: 'plain' });
export const dim = (text: string): StyledRun => ({ text, style: 'dim' });

/** A verdict as one character. */
export const verdictMark: Readonly<Record<ShownVerdict, StyledRun>> = {
  agree: { text: '✓', style: 'good' },
  worse: { text: '✗', style: 'error' },
  better: { text: '▲', style: 'accent' },
  both_bad: { text: '○', style: 'warning' },
  left: { text: '<', style: 'accent' },
  right: { text: '>', style: 'accent' },
};

/** The escape codes that start and end each style. */
type Theme = Readonly<Record<Style, readonly [start: string, end: string]>>;

const sgr = (start: string, end: string): readonly [string, string] => [
  `\u001B[${start}m`,
  `\u001B[${end}m`,
];

// The 16 colours follow the user's palette. A difference is also underlined and marked in the gutter,
// so that colour is never the only sign.
const colours: Theme = {
  plain: ['', ''],
  dim: sgr('2', '22'),
  bold: sgr('1', '22'),
  accent: sgr('36', '39'),
  removed: [`\u001B[31m\u001B[4m`, `\u001B[24m\u001B[39m`],
  added: [`\u001B[32m\u001B[4m`, `\u001B[24m\u001B[39m`],
  removed_here: [`\u001B[31m\u001B[4m\u001B[7m`, `\u001B[27m\u001B[24m\u001B[39m`],
  added_here: [`\u001B[32m\u001B[4m\u001B[7m`, `\u001B[27m\u001B[24m\u001B[39m`],
  good: sgr('32', '39'),
  warning: sgr('33', '39'),
  error: [`\u001B[31m\u001B[1m`, `\u001B[22m\u001B[39m`],
  match: sgr('7', '27'),
};

const noColours: Theme = {
  plain: ['', ''],
  dim: ['', ''],
  bold: sgr('1', '22'),
  accent: sgr('1', '22'),
  removed: sgr('4', '24'),
  added: sgr('4', '24'),
  removed_here: [`\u001B[4m\u001B[7m`, `\u001B[27m\u001B[24m`],
  added_here: [`\u001B[4m\u001B[7m`, `\u001B[27m\u001B[24m`],
  good: ['', ''],
  warning: sgr('1', '22'),
  error: sgr('1', '22'),
  match: sgr('7', '27'),
};

/** Turns runs into a string with escape codes. */
export type Paint = (runs: readonly StyledRun[]) => string;

/** Returns a painter with colours, or without them for NO_COLOR. */
export const painter = (colour: boolean): Paint => {
  const theme = colour ? colours : noColours;
  return (runs) => {
    let painted = '';
    for (const { text, style } of runs) {
      const [start, end] = theme[style];
      painted += text === '' ? '' : `${start}${text}${end}`;
    }
    return painted;
  };
};

/** Returns the width of runs in cells. */
export const runsWidth = (runs: readonly StyledRun[]): number =>
  runs.reduce((sum, { text }) => sum + cellWidth(text), 0);

/** Returns the runs truncated to a width in cells, with `…` if something was cut off. */
export const fitRuns = (runs: readonly StyledRun[], width: number): readonly StyledRun[] => {
  const fitted: StyledRun[] = [];
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
 * Returns two groups of runs on one row, one at the left edge and one at the right edge. If both do
 * not fit, the left group is truncated.
 */
export const leftAndRight = (
  left: readonly StyledRun[],
  right: readonly StyledRun[],
  width: number,
): readonly StyledRun[] => {
  const fittedRight = fitRuns(right, width);
  const room = Math.max(0, width - runsWidth(fittedRight) - 1);
  const fittedLeft = fitRuns(left, room);
  const gap = Math.max(0, width - runsWidth(fittedLeft) - runsWidth(fittedRight));
  return [...fittedLeft, { text: ' '.repeat(gap), style: 'plain' }, ...fittedRight];
};

/** Returns groups of runs with ` · ` between those that are not empty. */
export const joinedRuns = (
  groups: readonly (readonly StyledRun[])[],
  between = ' · ',
): readonly StyledRun[] =>
  groups
    .filter((group) => runsWidth(group) > 0)
    .flatMap((group, index) => (index === 0 ? group : [dim(between), ...group]));

/** Returns a rule across `width` cells with a title at its left end and other runs at its right end. */
export const ruleRuns = (
  title: readonly StyledRun[],
  right: readonly StyledRun[],
  width: number,
): readonly StyledRun[] => {
  const room = Math.max(0, width - 7);
  const fittedRight = fitRuns(right, room);
  const taken = runsWidth(fittedRight);
  const left = fitRuns(title, Math.max(0, room - taken));
  const line = '─'.repeat(Math.max(1, width - runsWidth(left) - taken - (taken === 0 ? 3 : 6)));
  return [
    dim('─ '),
    ...left,
    dim(` ${line}`),
    ...(taken === 0 ? [] : [plain(' '), ...fittedRight, dim(' ─')]),
  ];
};
