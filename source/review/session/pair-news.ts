import type { VerdictEvent } from '../../store/verdicts.ts';
import {
  foldMarks,
  isLost,
  isReady,
  isSettled,
  noMarks,
  standingEvents,
  type Entry,
  type Marks,
} from './entry.ts';
import { nextPending } from './next-pair.ts';
import { currentEntry, type Session } from './session.ts';

/**
 * Goes on to the next pair when the queue chose the one on the screen and no person is needed there:
 * the machine settled it, it failed, or it has not begun while another is ready.
 */
export const follow = (session: Session): Session => {
  const current = currentEntry(session);
  if (!session.following || current === null || session.mode.kind !== 'review') return session;
  if (current.verdict !== null) return session;
  const idle =
    !isReady(current) &&
    session.replaying &&
    (['baseline', 'candidate'] as const).every((side) =>
      ['not_sent', 'sent'].includes(current.status[side]),
    );
  if (!isSettled(current) && !isLost(current, session.replaying) && !idle) return session;
  const next = nextPending(session.entries, session.current ?? 0, session.replaying);
  const target = next === null ? undefined : session.entries[next];
  if (next === null || target === undefined || next === session.current) return session;
  if (idle && !isReady(target)) return session;
  return { ...session, current: next, scroll: 0 };
};

/** The session with one pair changed. */
export const withEntry = (
  session: Session,
  captureId: string,
  change: (entry: Entry) => Entry,
): Session => {
  const index = session.entries.findIndex((entry) => entry.captureId === captureId);
  const entry = session.entries[index];
  return entry === undefined
    ? session
    : { ...session, entries: session.entries.with(index, change(entry)) };
};

/** The pairs as the store lists them now, with the place kept; the marks too unless events are given. */
export const withEntries = (
  session: Session,
  rows: readonly Omit<Entry, keyof Marks>[],
  events: readonly VerdictEvent[] | null,
): Session => {
  const standing = events === null ? session.standing : standingEvents(events);
  const marks = foldMarks(standing);
  const here = currentEntry(session)?.captureId;
  const entries = rows.map((row) => ({ ...row, ...(marks.get(row.captureId) ?? noMarks) }));
  const index = entries.findIndex((entry) => entry.captureId === here);
  const current =
    index >= 0
      ? index
      : (nextPending(entries, 0, session.replaying) ?? (entries.length > 0 ? 0 : null));
  return follow({ ...session, entries, standing, current });
};
