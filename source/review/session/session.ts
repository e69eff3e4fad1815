import type { Side, Verdict } from '../../comparison/outcome.ts';
import type { VerdictEvent } from '../../store/verdicts.ts';
import { standingEvents, type Entry, type Opinion, type UnmarkedEntry } from './entry.ts';
import { nextPlace, type ControlEntry, type Controls } from './controls.ts';
import { defaultKeymap, type Keymap } from './keymap.ts';
import type { ListedPair } from '../../store/comparisons/pair-traits.ts';
import type { ListMode } from './lists.ts';
import { PairList } from './pair-list.ts';
import { ofPair, pairId, type PairMap } from './pair-key.ts';
import type { Place } from './place.ts';
import type { LineMode, PatternVerdict, Search } from './modes.ts';
import type { TurnWalk, Walk } from './walk.ts';

/** The open view, which determines the meaning of keys. */
export type Mode =
  | { readonly kind: 'review' }
  | { readonly kind: 'help' | 'summary' | 'details'; readonly scroll: number }
  /** `scroll` is null until somebody scrolls: the request opens at the last turn of the user. */
  | { readonly kind: 'request'; readonly scroll: number | null }
  | LineMode
  | ListMode
  /** The screen asks whether the rest of a pattern gets the verdict of its sample. */
  | { readonly kind: 'rest'; readonly found: PatternVerdict }
  /** `q` was pressed during the replay: the screen asks for confirmation. */
  | { readonly kind: 'quit' };

export const views = ['fields', 'side_by_side', 'unified', 'raw'] as const;
export type View = (typeof views)[number];

export type Notice = { readonly text: string; readonly tone: 'plain' | 'warning' | 'error' };

/** The commands that judge or skip the pair on the screen. */
export type VerdictCommand = `verdict.${Verdict | 'left' | 'right' | 'skip'}`;

/** A verdict key and when it arrived, in monotonic milliseconds. */
export type KeyPress = { readonly id: VerdictCommand; readonly atMs: number };

/** A pair that was drawn, and whether both of its answers were complete. `key` is that of `pairKey`. */
export type DrawnPair = { readonly key: string; readonly isComplete: boolean };

/** A pair on the screen, and since when it has been there, in monotonic milliseconds. */
type ShownPair = DrawnPair & { readonly sinceMs: number };

/** A verdict of this sitting. */
export type GivenVerdict = {
  readonly eventId: string;
  readonly verdict: Verdict;
  /** Milliseconds since the pair was shown; null for one of those given to the rest of a pattern. */
  readonly tookMs: number | null;
};

/** The whole state of a review: plain data that only `reduce` changes. */
export type Session = {
  /** One for each candidate. */
  readonly comparisonIds: readonly string[];
  readonly reviewer: string;
  /** In the store's order; the candidates of a capture follow each other. */
  readonly entries: PairList;
  /** Whether these are only the first pairs of the queue, while the rest is being read. */
  readonly isBeginning: boolean;
  /** Index of the pair on the screen, or of the one after a control pair; null without pairs. */
  readonly current: number | null;
  /** The control pair on the screen, in place of the pair at `current`; null for none. */
  readonly control: ControlEntry | null;
  /** This reviewer's events that are not undone, in order: the undo stack. */
  readonly standing: readonly VerdictEvent[];
  /**
   * What the other reviewers say. It is shown once this reviewer has a verdict on the pair. In a walk
   * over conflicts: what everybody says, shown from the start.
   */
  readonly others: PairMap<readonly Opinion[]>;
  /** Whether this is a walk over conflicts, where verdicts resolve them. */
  readonly resolving: boolean;
  /** Whether the models are hidden until the verdict, and the sides in random places. */
  readonly blind: boolean;
  /** How a blind review measures itself; null: it does not. */
  readonly controls: Controls | null;
  readonly replaying: boolean;
  /** Whether the queue chose the pair on the screen; false after J or K. */
  readonly following: boolean;
  readonly mode: Mode;
  /** The view chosen by the user; null if it depends on the pair and on the width of the terminal. */
  readonly view: View | null;
  /** Whether equal lines, and old turns of a request, are folded. */
  readonly folded: boolean;
  /** Whether the reasoning of both sides is shown. */
  readonly reasoning: boolean;
  /** The layout chosen by the user; null if it depends on the size of the terminal. */
  readonly layout: 'side_by_side' | 'stacked' | null;
  /** The pane to show if only one fits. */
  readonly pane: Side;
  /** The first visible row of the pair on the screen; null until somebody scrolls. */
  readonly scroll: number | null;
  /** The difference that `]` or `[` went to; null after any other movement. */
  readonly difference: number | null;
  /** The places in pairs that were on the screen before, by `pairKey`. */
  readonly places: ReadonlyMap<string, Place>;
  /** The event that is being saved. No other is started until it is on disk. */
  readonly pending: VerdictEvent | null;
  /** The last verdict key, to detect a held key. */
  readonly lastKey: KeyPress | null;
  /** A verdict key that may turn out to be a held one, and the pair that it judges if not. */
  readonly deferred: (KeyPress & { readonly pairKey: string }) | null;
  /** The pairs that were drawn last. */
  readonly shown: readonly ShownPair[];
  /** The keys that were not taken since the last one that was, and why the last one was not. */
  readonly refused: { readonly keys: number; readonly why: string } | null;
  /** The number of all keys that were not taken. */
  readonly refusedKeys: number;
  /** How long the pair of the last verdict key had been on the screen, in milliseconds. */
  readonly tookMs: number;
  /** The verdicts of this sitting that are not undone. */
  readonly given: readonly GivenVerdict[];
  readonly keymap: Keymap;
  readonly notice: Notice | null;
  /** The part of the queue that is walked; null: all of it. */
  readonly walk: Walk | null;
  /** The walk through the other turns of a conversation; null in the order of the queue. */
  readonly turns: TurnWalk | null;
  readonly search: Search | null;
  /** The filters and searches of this sitting, the last one at the end. */
  readonly history: Readonly<Record<'filter' | 'search', readonly string[]>>;
  /** The loaded rows of the list of pairs by `pairId`; null for one that is being loaded. */
  readonly listed: ReadonlyMap<string, ListedPair | null>;
  /** The paths that differ in the pairs that lists have shown. */
  readonly fields: readonly string[];
};

/** Starts a session with the pairs currently in the store and every event of this reviewer. */
export const startSession = (options: {
  readonly comparisonIds: readonly string[];
  readonly reviewer: string;
  readonly entries: Iterable<UnmarkedEntry>;
  /** Whether these are only the first pairs of the queue; default false. */
  readonly isBeginning?: boolean;
  readonly events: readonly VerdictEvent[];
  readonly others?: Session['others'];
  readonly resolving?: boolean;
  readonly blind?: boolean;
  readonly controls?: Controls | null;
  readonly replaying: boolean;
  /** The keys and tags; by default the built-in ones. */
  readonly keymap?: Keymap;
  /** The first notice; none by default. */
  readonly notice?: Notice | null;
}): Session => {
  const standing = standingEvents(options.events);
  const entries = PairList.of(options.entries).withMarks(standing);
  const session: Session = {
    comparisonIds: options.comparisonIds,
    reviewer: options.reviewer,
    entries,
    isBeginning: options.isBeginning ?? false,
    current: entries.length > 0 ? 0 : null,
    control: null,
    standing,
    others: options.others ?? new Map(),
    resolving: options.resolving ?? false,
    blind: options.blind ?? false,
    controls: options.controls ?? null,
    replaying: options.replaying,
    following: true,
    mode: { kind: 'review' },
    view: null,
    folded: true,
    reasoning: false,
    layout: null,
    pane: 'baseline',
    scroll: null,
    difference: null,
    places: new Map(),
    pending: null,
    lastKey: null,
    deferred: null,
    shown: [],
    refused: null,
    refusedKeys: 0,
    tookMs: 0,
    given: [],
    keymap: options.keymap ?? defaultKeymap,
    notice: options.notice ?? null,
    walk: null,
    turns: null,
    search: null,
    history: { filter: [], search: [] },
    listed: new Map(),
    fields: [],
  };
  return { ...session, ...nextPlace(session) };
};

/**
 * Whether an answer of the store may change the pair on the screen: not while something is typed, saved or
 * waited for that is about this pair.
 */
export const mayMove = ({ deferred, mode, pending }: Session): boolean =>
  mode.kind === 'review' && pending === null && deferred === null;

/** Returns the pair on the screen. */
export const currentEntry = ({ control, current, entries }: Session): Entry | null =>
  control ?? (current === null ? null : (entries.at(current) ?? null));

/** The notice at the end of the pairs that a review began with. */
export const stillReading = 'the rest of the queue is still being read';

/** Returns the key of the pair on the screen; null without one. */
export const keyOnScreen = (session: Session): string | null => {
  const entry = currentEntry(session);
  return entry === null ? null : pairKey(entry);
};

/** Returns what tells a pair from all others, also a control pair from the pair of the same capture. */
export const pairKey = (pair: Pick<Entry, 'comparisonId' | 'captureId' | 'control'>): string =>
  pair.control === undefined ? pairId(pair) : `${pairId(pair)}\0${pair.control.kind}`;

/**
 * Returns what others say of a pair, as far as this reviewer may know it yet: nothing in a review with
 * control pairs, of which others say nothing.
 */
export const knownOpinions = (session: Session, entry: Entry): readonly Opinion[] =>
  session.controls === null && (session.resolving || entry.verdict !== null)
    ? (ofPair(session.others, entry) ?? [])
    : [];

/** Returns the list that a mode shows; null if it shows none. */
export const listOf = ({ mode }: Pick<Session, 'mode'>): ListMode | null =>
  mode.kind === 'pairs' ||
  mode.kind === 'rows' ||
  mode.kind === 'patterns' ||
  mode.kind === 'comparisons' ||
  mode.kind === 'rule' ||
  mode.kind === 'rules' ||
  mode.kind === 'palette'
    ? mode
    : null;
