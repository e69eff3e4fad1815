import { cellWidth, truncateCells } from '../../text/width.ts';
import { wrapOffsets } from '../../text/wrap.ts';
import type { Syntax } from '../../text/syntax.ts';
import type { ShownVerdict } from '../session/blind.ts';
import type { ClickTarget } from '../session/modes.ts';

/** The meaning of a run of text; the theme determines its appearance. */
export type Style =
  | 'plain'
  | 'dim'
  | 'bold'
  | 'accent'
  /** Words that differ, in the baseline and in the candidate. */
  | 'removed'
  | 'added'
  /** A line that only the baseline, or only the candidate, has. */
  | 'removed_line'
  | 'added_line'
  /** The difference that `]` went to, in the baseline and in the candidate. */
  | 'removed_here'
  | 'added_here'
  | 'good'
  | 'warning'
  | 'error'
  /** Where a searched text is. */
  | 'match';

/** The shade behind a row with differences. */
export type Shade = 'removed' | 'added';

/** Text of one style. It is safe to print: `printable` has replaced control characters. */
export type StyledRun = {
  readonly text: string;
  readonly style: Style;
  /** It shows where the style leaves the colour open. */
  readonly syntax?: Syntax;
  readonly shade?: Shade;
  /** The target of a click; missing if there is none. */
  readonly target?: ClickTarget;
};

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

/** Turns runs into a string with escape codes. */
export type Paint = (runs: readonly StyledRun[]) => string;

/** Returns the width of runs in cells. */
export const runsWidth = (runs: readonly StyledRun[]): number =>
  runs.reduce((sum, { text }) => sum + cellWidth(text), 0);

/** Returns what a click on a cell of a row opens; null for nothing. */
export const targetAt = (runs: readonly StyledRun[], x: number): ClickTarget | null => {
  let end = 0;
  for (const { target, text } of runs) {
    end += cellWidth(text);
    if (x < end) return target ?? null;
  }
  return null;
};

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

/** Returns the text of runs without their styles. */
export const joinedText = (runs: readonly StyledRun[] | null): string => {
  if (runs === null) return '';
  const [only] = runs;
  return runs.length === 1 && only !== undefined ? only.text : runs.map((run) => run.text).join('');
};

/** Returns the part of the runs between two offsets of their joined text. */
export const runsBetween = (
  runs: readonly StyledRun[],
  from: number,
  to: number,
): readonly StyledRun[] => {
  const parts: StyledRun[] = [];
  let at = 0;
  for (const run of runs) {
    const end = at + run.text.length;
    if (end > from && at < to) {
      parts.push({ ...run, text: run.text.slice(Math.max(0, from - at), to - at) });
    }
    at = end;
    if (at >= to) break;
  }
  return parts;
};

/** Returns the runs of a row without the spaces at its end, if these make it too wide. */
export const withoutHangingBlanks = (
  parts: readonly StyledRun[],
  width: number,
): readonly StyledRun[] => {
  const last = parts.at(-1);
  if (last === undefined || !last.text.endsWith(' ') || runsWidth(parts) <= width) return parts;
  return [...parts.slice(0, -1), { ...last, text: last.text.trimEnd() }];
};

/**
 * Returns runs as one row or, if they do not fit into `width` cells, as two, wrapped at words. What does not
 * fit into the second one is cut off.
 */
export const inTwoRows = (
  runs: readonly StyledRun[],
  width: number,
): readonly [readonly StyledRun[], (readonly StyledRun[])?] => {
  const [, second] = wrapOffsets(joinedText(runs), width);
  if (second === undefined) return [runs];
  const first = withoutHangingBlanks(runsBetween(runs, 0, second), width);
  return [first, fitRuns(runsBetween(runs, second, Number.POSITIVE_INFINITY), width)];
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
