import type { VerdictEvent } from '../../store/verdicts.ts';
import { pairMarks } from './entry.ts';
import { nextPair } from './next-pair.ts';
import type { Notice, Session } from './session.ts';
import { only, say, type Context, type Step } from './step.ts';

type CommonFields = 'id' | 'comparisonId' | 'captureId' | 'reviewer' | 'at';
type Content<Event> = Event extends VerdictEvent ? Omit<Event, CommonFields> : never;

/** The content of an event, without its reviewer, time and pair. */
export type EventContent = Content<VerdictEvent>;

/** The notice while an event is being saved, which can take seconds if the store is locked. */
export const stillSaving = 'the last change is still being saved';

/** Starts saving an event. Only one event is saved at a time, so that none is lost. */
export const beginSaving = (
  session: Session,
  captureId: string,
  content: EventContent,
  context: Context,
): Step => {
  if (session.pending !== null) return say(session, stillSaving);
  const event: VerdictEvent = {
    id: context.newId(),
    comparisonId: session.comparisonId,
    captureId,
    reviewer: session.reviewer,
    at: new Date(context.nowMs).toISOString(),
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
  const { captureId } = event;
  const standing =
    event.kind === 'undo'
      ? session.standing.filter(({ id }) => id !== event.undoes)
      : [...session.standing, event];
  const marks = pairMarks(standing, captureId);
  const index = session.entries.findIndex((entry) => entry.captureId === captureId);
  const entry = session.entries[index];
  const entries =
    entry === undefined ? session.entries : session.entries.with(index, { ...entry, ...marks });
  const next: Session = { ...session, pending: null, standing, entries };
  switch (event.kind) {
    case 'verdict': {
      const ahead = event.ahead === true ? ', ahead of the order' : '';
      const verdict = `${captureId}: ${event.verdict.replaceAll('_', ' ')}${ahead}`;
      const keys = event.verdict === 'agree' ? 'u: undo' : 'u: undo, 1–9: reason';
      return only(advance(next, index, `${verdict} (${keys})`));
    }
    case 'skip':
      return only(advance(next, index, `${captureId}: skipped (u: undo)`));
    case 'tag': {
      const isOn = marks.tags.includes(event.tag);
      return say(next, `${captureId}: ${isOn ? '' : 'removed '}${event.tag}`);
    }
    case 'comment':
      return say({ ...next, mode: { kind: 'review' } }, `${captureId}: comment saved`);
    case 'undo':
      return say(
        {
          ...next,
          mode: { kind: 'review' },
          current: index < 0 ? next.current : index,
          following: false,
          scroll: index === next.current ? next.scroll : 0,
        },
        `${captureId}: undone`,
      );
  }
};

/** Goes from the judged pair to the next one that waits for a verdict, or to the summary if none does. */
export const advance = (session: Session, judged: number, text: string): Session => {
  const notice: Notice = { text, tone: 'plain' };
  if (session.current !== judged) return { ...session, notice };
  const next = nextPair(session.entries, session.replaying, session.walk);
  if (next === null && session.walk !== null) {
    return {
      ...session,
      notice: { text: `${text} · no other pair here waits for a verdict`, tone: 'plain' },
    };
  }
  if (next === null) {
    return {
      ...session,
      mode: { kind: 'summary', scroll: 0 },
      notice: { text: 'every pair that can be judged has a verdict', tone: 'plain' },
    };
  }
  return { ...session, current: next, scroll: 0, following: true, notice };
};
