import { cellWidth } from '../../text/width.ts';
import { printableLine } from '../../text/printable.ts';
import { hasFailed, isLost, isReady } from '../session/entry.ts';
import { footerCommands, tagKeys, type CommandId } from '../session/keymap.ts';
import { nextReadyPair } from '../session/next-pair.ts';
import { lineRuns, walkRuns } from './list-rows.ts';
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
  const line = lineRuns(session, width);
  const status: readonly StyledRun[] =
    line !== null
      ? notice === null || mode.kind === 'rest'
        ? line.runs
        : [...line.runs, dim(`  ${printableLine(notice.text)}`)]
      : mode.kind === 'comment'
        ? [{ text: commentLabel, style: 'accent' }, plain(shownComment(mode.text, width))]
        : mode.kind === 'quit'
          ? [
              {
                text: 'The replay is still running. q stops it and quits, losing nothing; esc stays.',
                style: 'warning',
              },
            ]
          : notice === null
            ? (waitingRuns(session) ?? [...(walkRuns(session) ?? []), dim(options.remark ?? '')])
            : [{ text: printableLine(notice.text), style: notice.tone }, ...afterNotice(session)];
  // A notice takes precedence over the position.
  const hasNotice = mode.kind === 'quit' || notice !== null;
  const room = width - runsWidth(status) - 1;
  const position = options.position ?? '';
  const isHidden =
    line !== null || mode.kind === 'comment' || (hasNotice && cellWidth(position) > room);
  const right = isHidden ? [] : [dim(position)];
  return [
    leftAndRight(status, right, width),
    line?.below === null || line?.below === undefined
      ? verdictRow(session, options.progress ?? '', width)
      : fitRuns(line.below, width),
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

/** Returns the visible part of a comment while it is typed: its end, where the cursor is. */
export const shownComment = (comment: string, width: number): string => {
  const room = width - cellWidth(commentLabel) - 1;
  const text = printableLine(comment);
  if (cellWidth(text) <= room) return text;
  const characters = Array.from(text).slice(-room);
  while (cellWidth(characters.join('')) > room - 1) characters.shift();
  return `…${characters.join('')}`;
};

/**
 * Returns recent verdicts, the reasons to tag the last one with, and the progress of the replay.
 */
const verdictRow = (session: Session, progress: string, width: number): readonly StyledRun[] => {
  const left = verdictRuns(session);
  const reasons = reasonRuns(session);
  const fits = runsWidth(left) + runsWidth(reasons) + cellWidth(progress) + 2 < width;
  return leftAndRight(fits ? [...left, ...reasons] : left, [plain(progress)], width);
};

/**
 * Returns the reasons and their digits after a verdict other than agree. Existing reasons are bold.
 */
const reasonRuns = (session: Session): readonly StyledRun[] => {
  const last = session.standing.at(-1);
  if (last === undefined || (last.kind !== 'verdict' && last.kind !== 'tag')) return [];
  const judged = session.entries.find(({ captureId }) => captureId === last.captureId);
  if (judged === undefined || judged.verdict === null || judged.verdict === 'agree') return [];
  return tagKeys.flatMap(({ key, tag }) => [
    dim(`  ${key} `),
    judged.tags.includes(tag) ? { text: tag, style: 'bold' as const } : dim(tag),
  ]);
};

const verdictRuns = (session: Session): readonly StyledRun[] =>
  session.standing
    .filter((event) => event.kind === 'verdict')
    .slice(-recentVerdicts)
    .flatMap((event) => [verdictMark[event.verdict], plain(' ')]);

/**
 * Returns as many keys as fit, always including those for help and for leaving. An unavailable key
 * is dim and keeps its position.
 */
const keyRuns = (session: Session, width: number): readonly StyledRun[] => {
  const entry = currentEntry(session);
  const cannotJudge = session.mode.kind === 'review' && (entry === null || !isReady(entry));
  const canRetry = entry !== null && hasFailed(entry);
  const shown = footerCommands(session.mode.kind)
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
