import type { Side, Verdict } from '../../comparison/outcome.ts';
import type { VerdictEvent } from '../../store/verdicts.ts';
import { markEntries, standingEvents, type Entry, type UnmarkedEntry } from './entry.ts';
import { nextPair } from './next-pair.ts';

/** What is open on the screen; it decides what keys mean. */
export type Mode =
  | { readonly kind: 'review' }
  | { readonly kind: 'help' | 'summary' | 'request' | 'details'; readonly scroll: number }
  | { readonly kind: 'comment'; readonly text: string }
  /** `q` was pressed while the replay is running: the screen asks whether to quit. */
  | { readonly kind: 'quit' };

export const views = ['side_by_side', 'unified', 'fields', 'raw'] as const;
export type View = (typeof views)[number];

export type Notice = { readonly text: string; readonly tone: 'plain' | 'warning' | 'error' };

/** The commands that judge or skip the pair on the screen. */
export type VerdictCommand = `verdict.${Verdict | 'skip'}`;

/** A verdict key and when it arrived, in milliseconds. */
export type KeyPress = { readonly id: VerdictCommand; readonly atMs: number };

/** The whole state of a review: plain data that only `reduce` changes. */
export type Session = {
  readonly comparisonId: string;
  readonly reviewer: string;
  /** In the order in which the store lists them. */
  readonly entries: readonly Entry[];
  /** Index of the pair on the screen; null if the comparison has no pairs. */
  readonly current: number | null;
  /** This reviewer's events that are not undone, in order: the undo stack. */
  readonly standing: readonly VerdictEvent[];
  readonly replaying: boolean;
  /** Whether the queue chose the pair on the screen; false after J or K. */
  readonly following: boolean;
  readonly mode: Mode;
  readonly view: View;
  readonly folded: boolean;
  /** The layout that the user chose; null: the size of the terminal decides. */
  readonly layout: 'side_by_side' | 'stacked' | null;
  /** The pane to show if there is room for only one. */
  readonly pane: Side;
  readonly scroll: number;
  /** The event that is being saved. No other is started until it is on disk. */
  readonly pending: VerdictEvent | null;
  /** The last verdict key, to recognise a held key. */
  readonly lastKey: KeyPress | null;
  /** A verdict key that may turn out to be a held one. */
  readonly deferred: KeyPress | null;
  readonly notice: Notice | null;
};

/** A new session over the pairs as the store lists them and every event of this reviewer. */
export const startSession = (options: {
  readonly comparisonId: string;
  readonly reviewer: string;
  readonly entries: readonly UnmarkedEntry[];
  readonly events: readonly VerdictEvent[];
  readonly replaying: boolean;
  /** The first notice; none by default. */
  readonly notice?: Notice | null;
}): Session => {
  const standing = standingEvents(options.events);
  const entries = markEntries(options.entries, standing);
  return {
    comparisonId: options.comparisonId,
    reviewer: options.reviewer,
    entries,
    current: nextPair(entries, options.replaying) ?? (entries.length > 0 ? 0 : null),
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
