import type { Side, Verdict } from '../../comparison/outcome.ts';
import type { VerdictEvent } from '../../store/verdicts.ts';
import { markEntries, standingEvents, type Entry, type UnmarkedEntry } from './entry.ts';
import type { ListedPair } from '../../store/comparisons/pair-traits.ts';
import type { ListMode } from './lists.ts';
import { nextPair } from './next-pair.ts';
import type { LineMode, PatternVerdict, Search } from './modes.ts';
import type { Walk } from './walk.ts';

/** The open view, which determines the meaning of keys. */
export type Mode =
  | { readonly kind: 'review' }
  | { readonly kind: 'help' | 'summary' | 'request' | 'details'; readonly scroll: number }
  | { readonly kind: 'comment'; readonly text: string }
  | LineMode
  | ListMode
  /** The screen asks whether the rest of a pattern gets the verdict of its sample. */
  | { readonly kind: 'rest'; readonly found: PatternVerdict }
  /** `q` was pressed during the replay: the screen asks for confirmation. */
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
  /** In the store's order. */
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
  /** The layout chosen by the user; null if it depends on the size of the terminal. */
  readonly layout: 'side_by_side' | 'stacked' | null;
  /** The pane to show if only one fits. */
  readonly pane: Side;
  readonly scroll: number;
  /** The event that is being saved. No other is started until it is on disk. */
  readonly pending: VerdictEvent | null;
  /** The last verdict key, to detect a held key. */
  readonly lastKey: KeyPress | null;
  /** A verdict key that may turn out to be a held one. */
  readonly deferred: KeyPress | null;
  readonly notice: Notice | null;
  /** The part of the queue that is walked; null: all of it. */
  readonly walk: Walk | null;
  readonly search: Search | null;
  /** The pairs as the last open list had them; null before the first. */
  readonly listed: readonly ListedPair[] | null;
};

/** Starts a session with the pairs currently in the store and every event of this reviewer. */
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
    walk: null,
    search: null,
    listed: null,
  };
};

/**
 * Whether an answer of the store may change the pair on the screen: not while something is typed, saved or
 * waited for that is about this pair.
 */
export const mayMove = ({ deferred, mode, pending }: Session): boolean =>
  mode.kind === 'review' && pending === null && deferred === null;

/** Returns the pair on the screen. */
export const currentEntry = (session: Session): Entry | null =>
  session.current === null ? null : (session.entries[session.current] ?? null);

/** Returns the list that a mode shows; null if it shows none. */
export const listOf = ({ mode }: Pick<Session, 'mode'>): ListMode | null =>
  mode.kind === 'pairs' ||
  mode.kind === 'patterns' ||
  mode.kind === 'comparisons' ||
  mode.kind === 'palette'
    ? mode
    : null;
