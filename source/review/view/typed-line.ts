import { count } from '../../text/numbers.ts';
import { printableLine } from '../../text/printable.ts';
import { cellWidth, truncateCells } from '../../text/width.ts';
import { keyHint, type Keymap } from '../session/keymap.ts';
import type { TypedLine } from '../session/line-edit.ts';
import type { Session } from '../session/session.ts';
import { dim, plain, type StyledRun } from './styled-text.ts';

type Runs = readonly StyledRun[];

/** A line at the bottom that is typed or asked, with the column of the cursor; null if there is none. */
export const lineRuns = (
  session: Session,
  width: number,
): { readonly runs: Runs; readonly below: Runs | null; readonly cursor: number | null } | null => {
  const { mode } = session;
  switch (mode.kind) {
    case 'filter': {
      const { cells, cursor, runs } = typed('filter: ', mode.line, width);
      const below: Runs | null =
        mode.problem === null
          ? mode.options.length > 1
            ? [
                dim(
                  `${keyHint(session.keymap, 'filter.complete')}: ${mode.options.map((option) => option.trim().split(' ').at(-1)).join('  ')}`,
                ),
              ]
            : [dim(filterHint(mode.line.text, session.keymap))]
          : problemRuns(mode.problem.message, cells(mode.problem.position), width);
      return {
        runs,
        below: below.map((run) => ({ ...run, text: printableLine(run.text) })),
        cursor,
      };
    }
    case 'comment':
    case 'search':
    case 'palette': {
      const { cursor, runs } = typed(lineLabels[mode.kind], mode.line, width);
      return { runs, below: null, cursor };
    }
    case 'rest': {
      const { rest, seen, verdict } = mode.found;
      const pattern = session.blind ? mode.found.sidelessText : mode.found.text;
      const text = `${verdict.replaceAll('_', ' ')} for the other ${count(rest.length)} pairs? ${count(seen)} seen, all ${verdict.replaceAll('_', ' ')} · ${keyHint(session.keymap, 'pattern.give')} gives it, ${keyHint(session.keymap, 'back')} does not · ${pattern}`;
      return { runs: [{ text: printableLine(text), style: 'warning' }], below: null, cursor: null };
    }
    default:
      return null;
  }
};

const filterHint = (text: string, map: Keymap): string => {
  const [complete, walk] = [keyHint(map, 'filter.complete'), keyHint(map, 'filter.apply')];
  return text === ''
    ? `endpoint: outcome: verdict: tag: reviewer: field: reason: cost> ttft> total> length> "text" & | ! ( )   ${complete} completes, ${walk} walks`
    : `${complete} completes, ${walk} walks the pairs that match`;
};

const lineLabels = { comment: 'comment: ', search: '/', palette: ':' } as const;

/**
 * Returns the visible part of a line while it is typed, and the column of its cursor. Where it is too
 * long, it shows the text before the cursor and a little of what follows. `cells` is the column of a
 * character of the line.
 */
const typed = (
  label: string,
  { cursor, text }: TypedLine,
  width: number,
): {
  readonly runs: Runs;
  readonly cursor: number;
  readonly cells: (at: number) => number;
} => {
  const start = cellWidth(label);
  const room = width - start - 1;
  const before = printableLine(text.slice(0, cursor));
  const after = printableLine(text.slice(cursor));
  const isWhole = cellWidth(before) + cellWidth(after) <= room;
  const aside = Math.min(cellWidth(after), Math.floor(room / 4));
  const left = isWhole ? before : lastCells(before, room - aside);
  const right = isWhole ? after : truncateCells(after, room - cellWidth(left));
  const hidden = cellWidth(before) - cellWidth(left);
  return {
    runs: [{ text: label, style: 'accent' }, plain(left + right)],
    cursor: start + cellWidth(left),
    cells: (at) => {
      const place = cellWidth(printableLine(text.slice(0, at))) - hidden;
      return start + Math.min(Math.max(0, place), room);
    },
  };
};

/** Returns the end of a text that fits into the cells, after an ellipsis if that is not all. */
const lastCells = (text: string, cells: number): string => {
  if (cellWidth(text) <= cells) return text;
  const characters = Array.from(text).slice(-cells);
  while (cellWidth(characters.join('')) > cells - 1) characters.shift();
  return `…${characters.join('')}`;
};

/** A caret at the column of a problem, with what would be valid. */
const problemRuns = (message: string, place: number, width: number): Runs => {
  const before = place - cellWidth(message) - 1;
  return place + cellWidth(message) + 2 <= width || before < 0
    ? [{ text: `${' '.repeat(place)}^ ${message}`, style: 'error' }]
    : [{ text: `${' '.repeat(before)}${message} ^`, style: 'error' }];
};
