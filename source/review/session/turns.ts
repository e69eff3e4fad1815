import { divergingTurn } from '../../summary/conversations.ts';
import type { Conversation } from '../../store/comparisons/conversation-turns.ts';
import { nextPlace } from './controls.ts';
import type { Entry } from './entry.ts';
import { keyHint } from './keymap.ts';
import { isSamePair } from './pair-key.ts';
import { stillSaving } from './saving.ts';
import { currentEntry, stillReading, type Session } from './session.ts';
import { noPair, refuse, say, type Step } from './step.ts';

/** Goes to the next (1) or previous (-1) turn of a conversation, that of the pair on the screen. */
export const goToTurn = (session: Session, by: 1 | -1, ofShownPair: Conversation | null): Step => {
  if (session.pending !== null) return refuse(session, 'the key', stillSaving);
  const shown = currentEntry(session);
  if (shown === null) return say(session, noPair);
  const conversation = session.turns?.conversation ?? ofShownPair;
  if (conversation === null) return say(session, 'no other turn of a conversation is here');
  const { captureIds } = conversation;
  const { comparisonId } = shown;
  for (let at = captureIds.indexOf(shown.captureId) + by; ; at += by) {
    const captureId = captureIds[at];
    if (captureId === undefined) break;
    const index = session.entries.indexOf({ comparisonId, captureId });
    if (index < 0) continue;
    const turns = session.turns ?? {
      conversation,
      start: { comparisonId, captureId: shown.captureId },
      followed: session.following,
    };
    if (isSamePair(turns.start, { comparisonId, captureId })) {
      return say(leaveTurns({ ...session, turns }), 'back in the queue');
    }
    const key = keyHint(session.keymap, 'back');
    return say(
      { ...session, turns, current: index, control: null, following: false },
      `turn ${at + 1} of ${captureIds.length} · ${key}: back to the queue`,
    );
  }
  const end =
    by > 0
      ? 'this is the last turn of the conversation'
      : 'this is the first turn of the conversation';
  return say(session, session.isBeginning ? stillReading : end);
};

/** Returns the session at the place in the queue where the walk through turns began. */
export const leaveTurns = (session: Session): Session => {
  const { entries, turns } = session;
  if (turns === null) return session;
  const left: Session = { ...session, turns: null };
  const next = turns.followed ? nextPlace(left) : null;
  if (next !== null) return { ...left, ...next, following: true };
  const index = entries.indexOf(turns.start);
  return index < 0 ? left : { ...left, current: index, control: null, following: false };
};

/** Returns the session without its walk through turns if the pair on the screen is not of the conversation. */
export const whileAmongTurns = (session: Session): Session => {
  const { turns } = session;
  if (turns === null) return session;
  const shown = currentEntry(session);
  const isTurn =
    shown !== null &&
    shown.control === undefined &&
    turns.conversation.captureIds.includes(shown.captureId);
  return isTurn ? session : { ...session, turns: null };
};

/** Where a pair is in its conversation. Turns count from 1. */
export type TurnPlace = {
  readonly turn: number;
  readonly turns: number;
  /** The first turn that differs or that the candidate failed; `unknown` if one before it is not compared. */
  readonly diverging: ReturnType<typeof divergingTurn>;
};

/** Returns where a pair is in a conversation; null if it is in none. */
export const turnPlace = (
  { entries, turns }: Session,
  { captureId, comparisonId }: Entry,
  ofShownPair: Conversation | null,
): TurnPlace | null => {
  const { captureIds = [] } = turns?.conversation ?? ofShownPair ?? {};
  const at = captureIds.indexOf(captureId);
  if (at < 0) return null;
  const states = captureIds.map((id) => {
    const entry = entries.find({ comparisonId, captureId: id });
    return {
      outcome: entry?.outcome ?? null,
      candidate: entry?.status.candidate === 'failed' ? ('failed' as const) : ('answered' as const),
    };
  });
  return { turn: at + 1, turns: captureIds.length, diverging: divergingTurn(states) };
};
