import type { Outcome, Side } from '../../comparison/outcome.ts';
import type { VerdictEvent } from '../../store/verdicts.ts';
import { isLost, isSettled, standingEvents, type Entry, type SideStatus } from './entry.ts';
import { controlPlace, nextPlace } from './controls.ts';
import type { PairKey } from './pair-key.ts';
import type { PairList } from './pair-list.ts';
import { atTheEnd } from './saving.ts';
import { currentEntry, type Session } from './session.ts';

/** Returns the session after one side of a pair has made progress. A side that fails decides the outcome. */
export const updateSide = (
  session: Session,
  pair: PairKey,
  side: Side,
  status: SideStatus,
): Session =>
  updateEntry(session, pair, (entry) => {
    const now = { ...entry.status, [side]: status };
    const hasFailed = now.baseline === 'failed' || now.candidate === 'failed';
    const before = entry.outcome === 'failed' ? null : entry.outcome;
    return { ...entry, status: now, outcome: hasFailed ? 'failed' : before };
  });

/** Returns the session after a pair was compared. */
export const updateOutcome = (
  session: Session,
  pair: PairKey,
  { byRule = false, outcome }: { readonly outcome: Outcome; readonly byRule?: boolean },
): Session => updateEntry(session, pair, (entry) => ({ ...entry, outcome, byRule }));

/** Returns the session after the replay has started or ended. */
export const updateReplaying = (session: Session, replaying: boolean): Session =>
  leaveSettledPair({ ...session, replaying });

/**
 * Returns the session with the pairs currently in the store; the same pair stays on the screen.
 * Marks stay unchanged, unless `events` lists every event of this reviewer; `others` replaces what the
 * other reviewers say, and `controls` how the review measures itself, if they are given.
 */
export const replaceEntries = (
  session: Session,
  unmarked: PairList,
  events: readonly VerdictEvent[] | null,
  {
    controls,
    others,
  }: {
    readonly controls?: Session['controls'];
    readonly others: Session['others'] | null;
  },
): Session => {
  const standing = events === null ? session.standing : standingEvents(events);
  const entries = unmarked.withMarks(standing);
  const current = session.current === null ? undefined : session.entries.at(session.current);
  const index = current === undefined ? -1 : entries.indexOf(current);
  const { following, isBeginning, mode } = session;
  const next: Session = {
    ...session,
    entries,
    isBeginning: false,
    standing,
    others: others ?? session.others,
    controls: controls ?? session.controls,
    current: index >= 0 ? index : entries.length > 0 ? 0 : null,
  };
  if (session.control !== null) {
    const place = controlPlace(next, session.control);
    if (place !== null) return { ...next, ...place };
  }
  const here: Session = { ...next, control: null };
  // The last pair of those that the review began with has its verdict: the next one is known now.
  const isWaiting = isBeginning && following && mode.kind === 'review' && session.walk === null;
  if (isWaiting && index >= 0 && (currentEntry(here)?.verdict ?? null) !== null) {
    const waiting = nextPlace(here);
    return waiting === null ? atTheEnd(here) : { ...here, ...waiting };
  }
  return leaveSettledPair(index >= 0 ? here : { ...here, ...nextPlace(here) });
};

const updateEntry = (session: Session, pair: PairKey, change: (entry: Entry) => Entry): Session => {
  const index = session.entries.indexOf(pair);
  const entry = session.entries.at(index);
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
  const next = nextPlace(session);
  if (next === null && current.elsewhere === true) return atTheEnd(session);
  return next === null || next.current === session.current ? session : { ...session, ...next };
};
