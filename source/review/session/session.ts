import type { Side } from '../../comparison/outcome.ts';
import type { VerdictEvent } from '../../store/verdicts.ts';
import { foldMarks, noMarks, standingEvents, type Entry } from './entry.ts';
import { nextPending } from './next-pair.ts';

/** Which part of the screen owns the keys. */
export type Mode =
  | { readonly kind: 'review' }
  | { readonly kind: 'help' | 'summary' | 'request' | 'details'; readonly scroll: number }
  | { readonly kind: 'comment'; readonly text: string }
  /** The replay is still running and `q` was pressed. */
  | { readonly kind: 'quit' };

export const views = ['side_by_side', 'unified', 'fields', 'raw'] as const;
export type View = (typeof views)[number];

export type Notice = { readonly text: string; readonly tone: 'plain' | 'warning' | 'error' };

/** The whole state of a review: plain data, changed only by `reduce`. */
export type Session = {
  readonly comparisonId: string;
  readonly reviewer: string;
  /** In queue order. */
  readonly entries: readonly Entry[];
  /** Index of the pair on the screen; null when the comparison has no pair. */
  readonly current: number | null;
  /** This reviewer's events that no undo has taken back, in order: the undo stack. */
  readonly standing: readonly VerdictEvent[];
  readonly replaying: boolean;
  /** Whether the queue chose the pair on the screen; false after J and K. */
  readonly following: boolean;
  readonly mode: Mode;
  readonly view: View;
  readonly folded: boolean;
  /** The user's choice against the one that the terminal's size makes; null: by size. */
  readonly layout: 'side_by_side' | 'stacked' | null;
  /** The pane that is shown when there is room for one. */
  readonly pane: Side;
  readonly scroll: number;
  /** The event that is being written; until it is on disk no other is begun. */
  readonly pending: VerdictEvent | null;
  /** The last verdict key and when it last arrived, to tell a held key; milliseconds. */
  readonly lastKey: { readonly id: string; readonly atMs: number } | null;
  /** A verdict key that waits to be told from a held one. */
  readonly deferred: { readonly id: string; readonly atMs: number } | null;
  readonly notice: Notice | null;
};

/** A session at its start: the pairs as the store lists them and every event of this reviewer. */
export const startSession = (options: {
  readonly comparisonId: string;
  readonly reviewer: string;
  readonly entries: readonly Entry[];
  readonly events: readonly VerdictEvent[];
  readonly replaying: boolean;
  /** What is said first; default nothing. */
  readonly notice?: Notice | null;
}): Session => {
  const standing = standingEvents(options.events);
  const marks = foldMarks(standing);
  const entries = options.entries.map((entry) => ({
    ...entry,
    ...(marks.get(entry.captureId) ?? noMarks),
  }));
  return {
    comparisonId: options.comparisonId,
    reviewer: options.reviewer,
    entries,
    current: nextPending(entries, 0, options.replaying) ?? (entries.length > 0 ? 0 : null),
    standing,
    replaying: options.replaying,
    following: true,
    mode: { kind: 'review' },
    view: 'side_by_side',
    folded: false,
    layout: null,
    pane: 'baseline',
    scroll: 0,
    pending: null,
    lastKey: null,
    deferred: null,
    notice: options.notice ?? null,
  };
};

/** The pair on the screen. */
export const currentEntry = (session: Session): Entry | null =>
  session.current === null ? null : (session.entries[session.current] ?? null);

/** How the reviewer's verdicts stand, over all pairs. */
export type Tally = {
  readonly agree: number;
  readonly worse: number;
  readonly better: number;
  readonly bothBad: number;
  readonly judged: number;
  readonly settled: number;
  readonly failed: number;
};

export const tally = (entries: readonly Entry[]): Tally => {
  const count = { agree: 0, worse: 0, better: 0, both_bad: 0 };
  let settled = 0;
  let failed = 0;
  for (const entry of entries) {
    if (entry.verdict !== null) count[entry.verdict]++;
    else if (entry.outcome === 'identical' || entry.outcome === 'equivalent') settled++;
    if (entry.status.baseline === 'failed' || entry.status.candidate === 'failed') failed++;
  }
  return {
    agree: count.agree,
    worse: count.worse,
    better: count.better,
    bothBad: count.both_bad,
    judged: count.agree + count.worse + count.better + count.both_bad,
    settled,
    failed,
  };
};
