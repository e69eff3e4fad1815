import { entryOf } from '../../text/json.ts';
import { count } from '../../text/numbers.ts';
import { printableLine } from '../../text/printable.ts';
import { cellWidth } from '../../text/width.ts';
import { hiddenLeft } from '../session/blind.ts';
import { hasFailed, isLost, isReady } from '../session/entry.ts';
import { footerCommands, keyHint, tagKeys, type CommandId } from '../session/keymap.ts';
import { nextReadyPair } from '../session/next-pair.ts';
import { hasPair } from '../session/pair-key.ts';
import { hasSample } from '../session/pattern-verdict.ts';
import { currentEntry, type Session } from '../session/session.ts';
import { givesVerdict } from '../session/verdict-key.ts';
import { walkIndexes } from '../session/walk.ts';
import {
  dim,
  fitRuns,
  inTwoRows,
  leftAndRight,
  plain,
  runsWidth,
  type StyledRun,
} from './styled-text.ts';
import { lineRuns } from './typed-line.ts';

/**
 * Returns the three rows below the panes: a notice or a remark on the view, the tags, and the available
 * keys. A notice or a question that is too long for its row goes on in that of the tags.
 */
export const bottomRuns = (
  session: Session,
  options: {
    /** A remark on the document on the screen, or null. */
    readonly remark: string | null;
    /** `difference 2 of 9 · rows 12–40 of 318`; null if there is nothing to say. */
    readonly position: string | null;
  },
  width: number,
): readonly (readonly StyledRun[])[] => {
  const { notice, mode } = session;
  const line = lineRuns(session, width);
  const keys = keyRuns(session, width);
  if (line !== null && mode.kind !== 'rest') {
    const [first, below] = typedRows(line, notice, width);
    return [
      leftAndRight(first, [], width),
      below === null ? tagRuns(session, width) : fitRuns(below, width),
      keys,
    ];
  }
  const said: readonly StyledRun[] | null =
    line !== null
      ? line.runs
      : mode.kind === 'quit'
        ? [
            {
              text: `The replay is still running. ${keyHint(session.keymap, 'quit')} stops it and quits, losing nothing; ${keyHint(session.keymap, 'back')} stays.`,
              style: 'warning',
            },
          ]
        : notice === null
          ? null
          : [{ text: printableLine(notice.text), style: notice.tone }, ...afterNotice(session)];
  const right = [dim(options.position ?? '')];
  if (said === null) {
    // It stays for as long as the pair does, so it leaves the tags their row.
    const stays = waitingRuns(session) ?? remarkRuns(session, options.remark);
    return [leftAndRight(stays, right, width), tagRuns(session, width), keys];
  }
  const [first, second = tagRuns(session, width)] = inTwoRows(said, width - 1);
  // What is said takes precedence over the position.
  const isHidden = line !== null || runsWidth(said) + 1 + runsWidth(right) > width;
  return [leftAndRight(first, isHidden ? [] : right, width), second, keys];
};

/** A line that is typed with a notice beside it, or below it where that is too narrow and free. */
const typedRows = (
  { below, runs }: NonNullable<ReturnType<typeof lineRuns>>,
  notice: Session['notice'],
  width: number,
): readonly [first: readonly StyledRun[], below: readonly StyledRun[] | null] => {
  if (notice === null) return [runs, below];
  const said = dim(printableLine(notice.text));
  const both = [...runs, dim('  '), said];
  return runsWidth(both) < width || below !== null ? [both, below] : [runs, [said]];
};

/** The part of the queue that is walked, and the remark on the document. */
const remarkRuns = (session: Session, remark: string | null): readonly StyledRun[] => {
  const walked = walkRuns(session);
  if (remark === null) return walked ?? [];
  return walked === null ? [dim(remark)] : [...walked, dim(` · ${remark}`)];
};

/** Why the screen stays on a pair without its answers; null if it does not. */
const waitingRuns = (session: Session): readonly StyledRun[] | null => {
  const { current, entries, keymap, replaying } = session;
  const entry = currentEntry(session);
  if (current === null || entry === null) return null;
  if (isReady(entry) || isLost(entry, replaying)) return null;
  const isAnother = nextReadyPair(entries, current, replaying, session.walk) !== null;
  const key = isAnother ? ` · ${keyHint(keymap, 'pair.ready')}: go on out of order` : '';
  // Another process may be sending it, or this one if the reviewer has it retried.
  const what = replaying
    ? 'waiting for this pair, next in the random order'
    : 'this pair is being sent, waiting for its answers';
  return [plain(`${what}${key}`)];
};

const afterNotice = (session: Session): readonly StyledRun[] => {
  const waiting = waitingRuns(session);
  return waiting === null ? [] : [dim(' · '), ...waiting];
};

/** Shorter names of tags, where the whole ones do not fit. */
const shortTags: Readonly<Record<string, string>> = { 'wrong value': 'wrong', language: 'lang' };

/** The numbers of characters to which the short names are cut until all fit. */
const tagLengths = [100, 5, 4, 3];

/** Returns the tags and their digits, about the pair on the screen; those that it has are bold. */
const tagRuns = (session: Session, width: number): readonly StyledRun[] => {
  const entry = currentEntry(session);
  const runs = (length: number | null, between: string): readonly StyledRun[] =>
    tagKeys(session.keymap).flatMap(({ key, tag }, index) => {
      const isOn = entry?.tags.includes(tag) ?? false;
      const name = printableLine(
        length === null ? tag : (entryOf(shortTags, tag) ?? tag).slice(0, length),
      );
      return [
        plain(index === 0 ? '' : between),
        isOn ? { text: key, style: 'bold' as const } : plain(key),
        isOn ? { text: ` ${name}`, style: 'bold' as const } : dim(` ${name}`),
      ];
    });
  const all = runs(null, '  ');
  if (runsWidth(all) + tagLabel.length <= width) return [dim(tagLabel), ...all];
  if (runsWidth(all) <= width) return all;
  const shorter = tagLengths.map((length) => runs(length, ' '));
  return shorter.find((candidate) => runsWidth(candidate) <= width) ?? fitRuns(all, width);
};

const tagLabel = 'tag this pair:  ';

/**
 * Returns as many keys as fit, always including those for help and for leaving. An unavailable key
 * is dim and keeps its position.
 */
const keyRuns = (session: Session, width: number): readonly StyledRun[] => {
  const entry = currentEntry(session);
  const cannotJudge = session.mode.kind === 'review' && (entry === null || !isReady(entry));
  const isHidden = hiddenLeft(session) !== null;
  const canRetry = entry !== null && hasFailed(entry);
  const isUnavailable = (id: CommandId): boolean =>
    id === 'pattern.rest' ? !hasSample(session) : cannotJudge && givesVerdict(id);
  const shown = footerCommands(session.keymap, session.mode.kind)
    .filter(({ id }) => id !== 'side.retry' || canRetry)
    .filter(({ id }) => id !== 'pattern.rest' || session.walk?.choice.kind === 'pattern')
    .filter(({ id }) => !(isHidden ? openOnly : hiddenOnly).has(id))
    .map(({ id, key, label }) => ({
      cells: cellWidth(key) + 1 + cellWidth(label) + 2,
      runs: [
        isUnavailable(id) ? dim(key) : { text: key, style: 'bold' as const },
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

/** The verdicts that name the candidate, and those that name a place. */
const openOnly: ReadonlySet<CommandId> = new Set(['verdict.worse', 'verdict.better']);
const hiddenOnly: ReadonlySet<CommandId> = new Set(['verdict.left', 'verdict.right']);

const always: ReadonlySet<CommandId> = new Set([
  'side.retry',
  'pattern.rest',
  'help.open',
  'back',
  'quit',
]);

/** Names the part of the queue that is walked; null for the whole queue. */
const walkRuns = ({ blind, entries, keymap, walk }: Session): readonly StyledRun[] | null => {
  if (walk === null) return null;
  const own = [...entries.marked()].filter((entry) => hasPair(walk.pairs, entry));
  const judged = own.filter(({ verdict }) => verdict !== null).length;
  return [
    { text: `${walk.choice.kind} `, style: 'accent' },
    plain(printableLine((blind ? walk.pattern?.sidelessText : undefined) ?? walk.choice.text)),
    dim(
      ` · ${count(judged)} of ${count(walkIndexes(entries, walk).length)}${walk.isBeginning === true ? ' or more' : ''} judged · ${keyHint(keymap, 'filter.end')}: every pair`,
    ),
  ];
};
