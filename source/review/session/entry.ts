import type { Outcome, Side, Verdict } from '../../comparison/outcome.ts';
import type { VerdictEvent } from '../../store/verdicts.ts';

/** Where a side of a pair stands while the review is open. */
export type SideStatus = 'answered' | 'failed' | 'not_sent' | 'sent' | 'streaming' | 'retrying';

/** What a reviewer has said of a pair: a fold over the events that no undo has taken back. */
export type Marks = {
  readonly verdict: Verdict | null;
  /** The place of the last skip among all events, so that skipped pairs come back in order; null: none. */
  readonly skipped: number | null;
  readonly tags: readonly string[];
  readonly comment: string | null;
};

/** A pair as the queue sees it. */
export type Entry = Marks & {
  readonly captureId: string;
  readonly endpoint: string;
  readonly status: Readonly<Record<Side, SideStatus>>;
  readonly outcome: Outcome | null;
};

export const noMarks: Marks = { verdict: null, skipped: null, tags: [], comment: null };

/** The marks after one more event that stands (an undo is no such event). */
export const addEvent = (marks: Marks, event: VerdictEvent, place: number): Marks => {
  switch (event.kind) {
    case 'verdict':
      return { ...marks, verdict: event.verdict, skipped: null };
    case 'skip':
      return { ...marks, skipped: place };
    case 'tag':
      return {
        ...marks,
        tags: marks.tags.includes(event.tag)
          ? marks.tags.filter((tag) => tag !== event.tag)
          : [...marks.tags, event.tag],
      };
    case 'comment':
      return { ...marks, comment: event.comment === '' ? null : event.comment };
    case 'undo':
      return marks;
  }
};

/**
 * The events that stand: those that no undo event names, without the undo events themselves, in
 * order. The last of them is what the next undo takes back.
 */
export const standingEvents = (events: readonly VerdictEvent[]): readonly VerdictEvent[] => {
  const undone = new Set<string>();
  for (const event of events) if (event.kind === 'undo') undone.add(event.undoes);
  return events.filter((event) => event.kind !== 'undo' && !undone.has(event.id));
};

/** The marks of every pair that has some, by capture id. */
export const foldMarks = (standing: readonly VerdictEvent[]): ReadonlyMap<string, Marks> => {
  const marks = new Map<string, Marks>();
  for (const [place, event] of standing.entries()) {
    marks.set(event.captureId, addEvent(marks.get(event.captureId) ?? noMarks, event, place));
  }
  return marks;
};

/** Both sides have answered, so that a person can judge. */
export const isReady = (entry: Entry): boolean =>
  entry.status.baseline === 'answered' && entry.status.candidate === 'answered';

/** The machine settled the pair and nobody has overruled it. */
export const isSettled = (entry: Entry): boolean =>
  entry.verdict === null && (entry.outcome === 'identical' || entry.outcome === 'equivalent');

/** A side has failed for good, or will not be sent. */
export const isLost = (entry: Entry, replaying: boolean): boolean =>
  (['baseline', 'candidate'] as const).some(
    (side) => entry.status[side] === 'failed' || (!replaying && entry.status[side] === 'not_sent'),
  );
