import type { Outcome, Side } from '../../comparison/outcome.ts';
import type { VerdictEvent } from '../../store/verdicts.ts';
import {
  indexOfPair,
  isLost,
  isSettled,
  markEntries,
  standingEvents,
  type Entry,
  type SideStatus,
  type UnmarkedEntry,
} from './entry.ts';
import { nextPair } from './next-pair.ts';
import type { PairKey } from './pair-key.ts';
import { atTheEnd } from './saving.ts';
import { currentEntry, type Session } from './session.ts';

/** Returns the session after one side of a pair has made progress. */
export const updateSide = (
  session: Session,
  pair: PairKey,
  side: Side,
  status: SideStatus,
): Session =>
  updateEntry(session, pair, (entry) => ({
    ...entry,
    status: { ...entry.status, [side]: status },
  }));

/** Returns the session after a pair was compared. */
export const updateOutcome = (session: Session, pair: PairKey, outcome: Outcome): Session =>
  updateEntry(session, pair, (entry) => ({ ...entry, outcome }));

/** Returns the session after the replay has started or ended. */
export const updateReplaying = (session: Session, replaying: boolean): Session =>
  leaveSettledPair({ ...session, replaying });

/**
 * Returns the session with the pairs currently in the store; the same pair stays on the screen.
 * Marks stay unchanged, unless `events` lists every event of this reviewer; `others` replaces what the
 * other reviewers say, unless it is null.
 */
export const replaceEntries = (
  session: Session,
  unmarked: readonly UnmarkedEntry[],
  events: readonly VerdictEvent[] | null,
  others: Session['others'] | null,
): Session => {
  const standing = events === null ? session.standing : standingEvents(events);
  const entries = markEntries(unmarked, standing);
  const shown = currentEntry(session);
  const index = shown === null ? -1 : indexOfPair(entries, shown);
  const first =
    nextPair(entries, session.replaying, session.walk) ?? (entries.length > 0 ? 0 : null);
  return leaveSettledPair({
    ...session,
    entries,
    standing,
    others: others ?? session.others,
    current: index >= 0 ? index : first,
  });
};

const updateEntry = (session: Session, pair: PairKey, change: (entry: Entry) => Entry): Session => {
  const index = indexOfPair(session.entries, pair);
  const entry = session.entries[index];
  return leaveSettledPair(
    entry === undefined
      ? session
      : { ...session, entries: session.entries.with(index, change(entry)) },
  );
};

/**
 * Goes on to the next pair if the queue chose the one on the screen and it does not need a person: the
 * machine settled it, it failed, or another reviewer has it. A pair whose answers are late is waited for.
 */
const leaveSettledPair = (session: Session): Session => {
  const current = currentEntry(session);
  if (!session.following || current === null || session.mode.kind !== 'review') return session;
  if (current.verdict !== null) return session;
  const isNotOurs = isSettled(current) || current.elsewhere === true;
  if (!isNotOurs && !isLost(current, session.replaying)) return session;
  const next = nextPair(session.entries, session.replaying, session.walk);
  if (next === null && current.elsewhere === true) return atTheEnd(session);
  return next === null || next === session.current ? session : { ...session, current: next };
};
