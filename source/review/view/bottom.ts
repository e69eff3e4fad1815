import { cellWidth } from '../../text/width.ts';
import { harmlessLine } from '../../text/harmless.ts';
import { isReady } from '../session/entry.ts';
import { footerCommands, tagKeys, type CommandId } from '../session/keymap.ts';
import { currentEntry, type Session } from '../session/session.ts';
import { fitRuns, leftAndRight, runsWidth } from './styled-text.ts';
import { dim, plain, type Run } from './run.ts';
import { verdictMark } from './verdict-mark.ts';

/** How many of the last verdicts the strip shows. */
const stripLength = 10;

/**
 * The three rows below the panes: what to know of this view, the last verdicts and the replay, the
 * keys that work now.
 */
export const bottomRuns = (
  session: Session,
  options: {
    /** How the document on the screen is to be read, or null. */
    readonly remark: string | null;
    /** `12–40 of 318 rows`, or null when all of it is visible. */
    readonly position: string | null;
    /** What the replay is doing, or null when none runs. */
    readonly progress: string | null;
  },
  width: number,
): readonly (readonly Run[])[] => {
  const { notice, mode } = session;
  const status: readonly Run[] =
    mode.kind === 'comment'
      ? [{ text: commentLabel, style: 'accent' }, plain(shownComment(mode.text, width))]
      : mode.kind === 'quit'
        ? [
            {
              text: 'The replay is still running. q stops it and quits, nothing is lost; esc stays.',
              style: 'warning',
            },
          ]
        : notice === null
          ? [dim(options.remark ?? '')]
          : [{ text: harmlessLine(notice.text), style: notice.tone }];
  // What is said to the user goes before where they are.
  const isSaid = mode.kind === 'quit' || notice !== null;
  const room = width - runsWidth(status) - 1;
  const position = options.position ?? '';
  const isHidden = mode.kind === 'comment' || (isSaid && cellWidth(position) > room);
  const right = isHidden ? [] : [dim(position)];
  return [
    leftAndRight(status, right, width),
    stripRow(session, options.progress ?? '', width),
    keyRuns(session, width),
  ];
};

export const commentLabel = 'comment: ';

/** What is shown of a comment while it is typed: its end, where the cursor stands. */
export const shownComment = (comment: string, width: number): string => {
  const room = width - cellWidth(commentLabel) - 1;
  const text = harmlessLine(comment);
  if (cellWidth(text) <= room) return text;
  const characters = Array.from(text).slice(-room);
  while (cellWidth(characters.join('')) > room - 1) characters.shift();
  return `…${characters.join('')}`;
};

/** The last verdicts, the reasons that the digits give to the last one, and the replay. */
const stripRow = (session: Session, progress: string, width: number): readonly Run[] => {
  const left = strip(session);
  const reasons = reasonRuns(session);
  const fits = runsWidth(left) + runsWidth(reasons) + cellWidth(progress) + 2 < width;
  return leftAndRight(fits ? [...left, ...reasons] : left, [plain(progress)], width);
};

/** While a pair was just found wanting: why, digit by digit; what was said already is bold. */
const reasonRuns = (session: Session): readonly Run[] => {
  const last = session.standing.at(-1);
  if (last === undefined || (last.kind !== 'verdict' && last.kind !== 'tag')) return [];
  const judged = session.entries.find(({ captureId }) => captureId === last.captureId);
  if (judged === undefined || judged.verdict === null || judged.verdict === 'agree') return [];
  return tagKeys.flatMap(({ key, tag }) => [
    dim(`  ${key} `),
    judged.tags.includes(tag) ? { text: tag, style: 'bold' as const } : dim(tag),
  ]);
};

const strip = (session: Session): readonly Run[] =>
  session.standing
    .filter((event) => event.kind === 'verdict')
    .slice(-stripLength)
    .flatMap((event) => [verdictMark[event.verdict], plain(' ')]);

/** As many keys as fit as wholes; the ways out always. What cannot work now is dim, and stays put. */
const keyRuns = (session: Session, width: number): readonly Run[] => {
  const entry = currentEntry(session);
  const isMute = session.mode.kind === 'review' && (entry === null || !isReady(entry));
  const hasFailed =
    entry !== null && (entry.status.baseline === 'failed' || entry.status.candidate === 'failed');
  const shown = footerCommands(session.mode.kind)
    .filter(({ id }) => id !== 'side.retry' || hasFailed)
    .map(({ id, key, label }) => ({
      cells: cellWidth(key) + 1 + cellWidth(label) + 2,
      runs: [
        isMute && needsAnswers.has(id) ? dim(key) : { text: key, style: 'bold' as const },
        dim(` ${label}  `),
      ],
      always: always.has(id),
    }));
  let room =
    width - shown.filter((command) => command.always).reduce((sum, { cells }) => sum + cells, 0);
  const runs: Run[] = [];
  for (const command of shown) {
    if (!command.always) {
      room -= command.cells;
      if (room < 0) continue;
    }
    runs.push(...command.runs);
  }
  return fitRuns(runs, width);
};

const needsAnswers: ReadonlySet<CommandId> = new Set([
  'verdict.agree',
  'verdict.worse',
  'verdict.better',
  'verdict.both_bad',
]);

const always: ReadonlySet<CommandId> = new Set(['side.retry', 'help.open', 'back', 'quit']);
