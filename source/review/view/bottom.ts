import { cellWidth, truncateCells } from '../../text/width.ts';
import { printableLine } from '../../text/printable.ts';
import { hasFailed, isLost, isReady } from '../session/entry.ts';
import { footerCommands, tagKeys, type CommandId } from '../session/keymap.ts';
import { judgedPairs } from '../session/judged-pairs.ts';
import { nextReadyPair } from '../session/next-pair.ts';
import { currentEntry, type Session } from '../session/session.ts';
import { givesVerdict } from '../session/verdict-key.ts';
import {
  dim,
  fitRuns,
  leftAndRight,
  plain,
  runsWidth,
  type StyledRun,
  verdictMark,
} from './styled-text.ts';

/** The number of recent verdicts that are shown. */
const recentVerdicts = 10;

/**
 * Returns the three rows below the panes: a notice or a remark on the view, recent verdicts with
 * the progress of the replay, and the available keys.
 */
export const bottomRuns = (
  session: Session,
  options: {
    /** A remark on the document on the screen, or null. */
    readonly remark: string | null;
    /** `rows 12–40 of 318`, or null if all rows are visible. */
    readonly position: string | null;
    /** The progress of the replay, or null if none runs. */
    readonly progress: string | null;
  },
  width: number,
): readonly (readonly StyledRun[])[] => {
  const { notice, mode } = session;
  const status: readonly StyledRun[] =
    mode.kind === 'comment'
      ? [{ text: commentLabel, style: 'accent' }, plain(shownComment(mode, width).text)]
      : mode.kind === 'quit'
        ? [
            {
              text: 'The replay is still running. q stops it and quits, losing nothing; esc stays.',
              style: 'warning',
            },
          ]
        : notice === null
          ? (waitingRuns(session) ?? [dim(options.remark ?? '')])
          : [{ text: printableLine(notice.text), style: notice.tone }, ...afterNotice(session)];
  // A notice takes precedence over the position.
  const hasNotice = mode.kind === 'quit' || notice !== null;
  const room = width - runsWidth(status) - 1;
  const position = options.position ?? '';
  const isHidden = mode.kind === 'comment' || (hasNotice && cellWidth(position) > room);
  const right = isHidden ? [] : [dim(position)];
  return [
    leftAndRight(status, right, width),
    verdictRow(session, options.progress ?? '', width),
    keyRuns(session, width),
  ];
};

/** Why the screen stays on a pair without its answers; null if it does not. */
const waitingRuns = (session: Session): readonly StyledRun[] | null => {
  const { current, entries, replaying } = session;
  const entry = currentEntry(session);
  if (current === null || entry === null || !replaying) return null;
  if (isReady(entry) || isLost(entry, replaying)) return null;
  const isAnother = nextReadyPair(entries, current, replaying) !== null;
  const key = isAnother ? ' · enter: go on out of order' : '';
  return [plain(`waiting for this pair, next in the random order${key}`)];
};

const afterNotice = (session: Session): readonly StyledRun[] => {
  const waiting = waitingRuns(session);
  return waiting === null ? [] : [dim(' · '), ...waiting];
};

export const commentLabel = 'comment: ';

/**
 * Returns the visible part of a comment while it is typed, and the cells before its cursor. Where it is
 * too long, it shows the text before the cursor and a little of what follows.
 */
export const shownComment = (
  { cursor, text }: { readonly text: string; readonly cursor: number },
  width: number,
): { readonly text: string; readonly cursorCells: number } => {
  const room = width - cellWidth(commentLabel) - 1;
  const before = printableLine(text.slice(0, cursor));
  const after = printableLine(text.slice(cursor));
  if (cellWidth(before) + cellWidth(after) <= room) {
    return { text: before + after, cursorCells: cellWidth(before) };
  }
  const aside = Math.min(cellWidth(after), Math.floor(room / 4));
  const left = lastCells(before, room - aside);
  return {
    text: left + truncateCells(after, room - cellWidth(left)),
    cursorCells: cellWidth(left),
  };
};

/** Returns the end of a text that fits into the cells, after an ellipsis if that is not all. */
const lastCells = (text: string, cells: number): string => {
  if (cellWidth(text) <= cells) return text;
  const characters = Array.from(text).slice(-cells);
  while (cellWidth(characters.join('')) > cells - 1) characters.shift();
  return `…${characters.join('')}`;
};

/**
 * Returns recent verdicts, the tags for the pair on the screen, and the progress of the replay.
 */
const verdictRow = (session: Session, progress: string, width: number): readonly StyledRun[] => {
  const left = verdictRuns(session);
  const reasons = reasonRuns(session);
  const fits = runsWidth(left) + runsWidth(reasons) + cellWidth(progress) + 2 < width;
  return leftAndRight(fits ? [...left, ...reasons] : left, [plain(progress)], width);
};

/** Returns the tags for the pair on the screen with their keys. Those that it has are bold. */
const reasonRuns = (session: Session): readonly StyledRun[] => {
  const entry = currentEntry(session);
  if (entry === null) return [];
  return tagKeys(session.keymap).flatMap(({ key, tag }) => [
    dim(`  ${key} `),
    entry.tags.includes(tag)
      ? { text: printableLine(tag), style: 'bold' as const }
      : dim(printableLine(tag)),
  ]);
};

/** Returns the last verdicts as marks; the one of the pair on the screen is in brackets. */
const verdictRuns = (session: Session): readonly StyledRun[] =>
  judgedPairs(session)
    .slice(-recentVerdicts)
    .flatMap(({ index, verdict }) =>
      index === session.current
        ? [plain('['), verdictMark[verdict], plain('] ')]
        : [verdictMark[verdict], plain(' ')],
    );

/**
 * Returns as many keys as fit, always including those for help and for leaving. An unavailable key
 * is dim and keeps its position.
 */
const keyRuns = (session: Session, width: number): readonly StyledRun[] => {
  const entry = currentEntry(session);
  const cannotJudge = session.mode.kind === 'review' && (entry === null || !isReady(entry));
  const canRetry = entry !== null && hasFailed(entry);
  const shown = footerCommands(session.keymap, session.mode.kind)
    .filter(({ id }) => id !== 'side.retry' || canRetry)
    .map(({ id, key, label }) => ({
      cells: cellWidth(key) + 1 + cellWidth(label) + 2,
      runs: [
        cannotJudge && givesVerdict(id) ? dim(key) : { text: key, style: 'bold' as const },
        dim(` ${label}  `),
      ],
      always: always.has(id),
    }));
  let room =
    width - shown.filter((command) => command.always).reduce((sum, { cells }) => sum + cells, 0);
  const runs: StyledRun[] = [];
  for (const command of shown) {
    if (!command.always) {
      room -= command.cells;
      if (room < 0) continue;
    }
    runs.push(...command.runs);
  }
  return fitRuns(runs, width);
};

const always: ReadonlySet<CommandId> = new Set(['side.retry', 'help.open', 'back', 'quit']);
