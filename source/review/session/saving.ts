import type { Verdict } from '../../comparison/outcome.ts';
import type { VerdictEvent } from '../../store/verdicts.ts';
import { hiddenLeftAt, shownVerdict, verdictWords } from './blind.ts';
import { controlEntry, controlPlace, nextPlace } from './controls.ts';
import { pairMarks, type Marks, type Opinion } from './entry.ts';
import { keyOf } from './keymap.ts';
import { pairName } from './candidates.ts';
import { nextOpenTurn } from './next-pair.ts';
import { restHint } from './pattern-verdict.ts';
import { isSamePair } from './pair-key.ts';
import { nextOpenRow } from './lists.ts';
import {
  keyOnScreen,
  knownOpinions,
  pairKey,
  stillReading,
  type Notice,
  type Session,
} from './session.ts';
import { only, refuse, refusedText, say, type Context, type EventPair, type Step } from './step.ts';

type CommonFields =
  'id' | 'comparisonId' | 'captureId' | 'reviewer' | 'at' | 'resolves' | 'control';
type Content<Event> = Event extends VerdictEvent ? Omit<Event, CommonFields> : never;

/** The content of an event, without its reviewer, time and pair. */
export type EventContent = Content<VerdictEvent>;

/** The notice while an event is being saved, which can take seconds if the store is locked. */
export const stillSaving = 'the last change is still being saved';

/** Starts saving an event. Only one event is saved at a time, so that none is lost. */
export const beginSaving = (
  session: Session,
  { captureId, comparisonId, control }: EventPair,
  content: EventContent,
  context: Context,
): Step => {
  if (session.pending !== null) return refuse(session, `the ${content.kind}`, stillSaving);
  const event: VerdictEvent = {
    id: context.newId(),
    comparisonId,
    captureId,
    reviewer: session.reviewer,
    at: new Date(context.nowMs).toISOString(),
    ...(session.resolving ? { resolves: true as const } : {}),
    ...(control === undefined ? {} : { control }),
    ...content,
  };
  return { session: { ...session, pending: event }, effects: [{ kind: 'append', event }] };
};

/**
 * Returns the session after an event could not be saved: nothing has changed, and the screen shows
 * the store's message.
 */
export const savingFailed = (session: Session, message: string): Step =>
  say({ ...session, pending: null }, `not saved: ${message}`, 'error');

/** Returns the session after an event is on disk. */
export const saved = (session: Session, event: VerdictEvent): Step => {
  const name = pairName(session.entries, event);
  const standing =
    event.kind === 'undo'
      ? session.standing.filter(({ id }) => id !== event.undoes)
      : [...session.standing, event];
  const marks = pairMarks(standing, event, event.control?.kind);
  const index = session.entries.indexOf(event);
  const entry = session.entries.at(index);
  const entries =
    entry === undefined || event.control !== undefined
      ? session.entries
      : session.entries.with(index, { ...entry, ...marks });
  const { given, tookMs } = session;
  const after: Session = {
    ...session,
    pending: null,
    standing,
    entries,
    given:
      event.kind === 'verdict'
        ? [...given, { eventId: event.id, verdict: event.verdict, tookMs }]
        : event.kind === 'undo'
          ? given.filter(({ eventId }) => eventId !== event.undoes)
          : given,
  };
  const control = session.control === null ? null : controlEntry(after, session.control);
  const next: Session = { ...after, control };
  const undoKey = keyOf(session.keymap, 'verdict.undo');
  const undoHint = undoKey === null ? '' : ` (${undoKey}: undo)`;
  switch (event.kind) {
    case 'verdict': {
      const ahead = event.ahead === true ? ', ahead of the order' : '';
      const backKey = keyOf(session.keymap, 'judged.previous');
      // The names of a blind review appear with the last verdict on a request.
      const isHidden = backKey === null || hiddenLeftAt(next, index) !== null;
      const back = isHidden ? '' : ` (${backKey} shows it)`;
      const isTold = event.left !== undefined && session.controls === null;
      const left = isTold ? `, left was the ${event.left}${back}` : '';
      const words = verdictWords(shownVerdict(session, event, event.verdict));
      const hint = restHint(next);
      const verdict = `${name}: ${words}${left}${ahead}${hint === null ? '' : ` · ${hint}`}`;
      const judged = event.control === undefined ? next.entries.at(index) : undefined;
      const others =
        judged === undefined || session.resolving ? [] : knownOpinions(next, judged).map(saidBy);
      return only(advance(next, event, [`${verdict}${undoHint}`, ...others].join(' · ')));
    }
    case 'skip':
      return only(advance(next, event, `${name}: skipped${undoHint}`));
    case 'tag': {
      const isOn = marks.tags.includes(event.tag);
      return only({
        ...next,
        notice: noticeOf(session, `${name}: ${isOn ? '' : 'removed '}${event.tag}`),
      });
    }
    case 'comment': {
      const text = event.comment === '' ? 'comment removed' : 'comment saved';
      const notice = noticeOf(session, `${name}: ${text}`);
      return only({ ...next, mode: { kind: 'review' }, notice });
    }
    case 'undo': {
      const undone = session.standing.find(({ id }) => id === event.undoes);
      const what = undone === undefined ? '' : `: ${undoneText(session, undone, marks)}`;
      const there = atPairOf(next, event, index);
      const isStill = keyOnScreen(there) === keyOnScreen(next);
      const { mode } = session;
      const row =
        mode.kind === 'rows' ? (mode.rows ?? []).findIndex((one) => isSamePair(one, event)) : -1;
      return only({
        ...there,
        mode: mode.kind === 'rows' && row >= 0 ? { ...mode, cursor: row } : { kind: 'review' },
        following: false,
        scroll: isStill ? next.scroll : 0,
        notice: noticeOf(session, `undone${what}`),
      });
    }
  }
};

/** Returns the session at the pair of an event whose capture has this index, -1 if it is not there any more. */
const atPairOf = (session: Session, { captureId, control }: EventPair, index: number): Session => {
  if (index < 0) return session;
  // A review without control pairs shows the pair itself.
  return control === undefined || session.controls === null
    ? { ...session, current: index, control: null }
    : { ...session, ...controlPlace(session, { captureId, control }) };
};

const saidBy = ({ reviewer, verdict }: Opinion): string => `${reviewer}: ${verdictWords(verdict)}`;

/** Returns a notice of what was saved, and of the keys that were not taken meanwhile. */
const noticeOf = (session: Session, text: string): Notice => {
  const refused = refusedText(session);
  return refused === null
    ? { text, tone: 'plain' }
    : { text: `${text} · ${refused}`, tone: 'warning' };
};

/** Names an event that was undone, and the verdict that counts again: `worse on r12`. */
const undoneText = (session: Session, event: VerdictEvent, marks: Marks): string => {
  const name = pairName(session.entries, event);
  switch (event.kind) {
    case 'verdict': {
      const words = (verdict: Verdict): string =>
        verdictWords(shownVerdict(session, event, verdict));
      const again = marks.verdict === null ? '' : `, which is ${words(marks.verdict)} again`;
      return `${words(event.verdict)} on ${name}${again}`;
    }
    case 'skip':
      return `the skip of ${name}`;
    case 'tag':
      return marks.tags.includes(event.tag)
        ? `the removal of the tag ${event.tag} on ${name}`
        : `the tag ${event.tag} on ${name}`;
    case 'comment':
      return `the comment on ${name}`;
    case 'undo':
      return `an undo on ${name}`;
  }
};

/** Goes from the judged pair to the next one that waits for a verdict, or to the summary if none does. */
export const advance = (session: Session, judged: EventPair, text: string): Session => {
  const notice = noticeOf(session, text);
  const { mode } = session;
  if (mode.kind === 'rows') {
    const next = nextOpenRow(mode, (captureId) => {
      const entry = session.entries.find(captureId);
      return entry?.verdict === null && entry.skipped === null;
    });
    return { ...session, mode: { ...mode, cursor: next < 0 ? mode.cursor : next }, notice };
  }
  if (keyOnScreen(session) !== pairKey(judged)) return { ...session, notice };
  const turn = nextOpenTurn(session, judged);
  if (turn !== null) return { ...session, current: turn, control: null, notice };
  return advanceInQueue({ ...session, turns: null }, text);
};

const advanceInQueue = (session: Session, text: string): Session => {
  const notice = noticeOf(session, text);
  const next = nextPlace(session);
  if (next === null && session.walk !== null) {
    return {
      ...session,
      notice: { text: `${text} · no other pair here waits for a verdict`, tone: 'plain' },
    };
  }
  if (next === null && session.isBeginning) {
    return { ...session, following: true, notice: noticeOf(session, `${text} · ${stillReading}`) };
  }
  if (next === null) return atTheEnd(session);
  return { ...session, ...next, following: true, notice };
};

/** Returns the session when no pair is left to judge: it shows the summary and says why. */
export const atTheEnd = (session: Session): Session => ({
  ...session,
  mode: { kind: 'summary', scroll: 0 },
  notice: noticeOf(session, endText(session)),
});

const endText = ({ entries, resolving }: Session): string => {
  if (resolving) return 'every conflict is resolved';
  const elsewhere = [...entries.indexesWhere((state) => state.elsewhere === true)];
  return elsewhere.some((index) => entries.marksAt(index).verdict === null)
    ? 'every pair that is left for you has a verdict; the others are those of other reviewers'
    : 'every pair that can be judged has a verdict';
};
