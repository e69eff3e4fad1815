import type { Outcome, Side } from '../../comparison/outcome.ts';
import type { RuleContent } from '../../configuration/rule-content.ts';
import type { RuleRecord } from '../../store/comparisons/stored-rules.ts';
import type { ListedComparison } from '../../store/comparisons/comparisons.ts';
import type { PairNumber } from '../../store/comparisons/pair-numbers.ts';
import type { ListedPair } from '../../store/comparisons/pair-traits.ts';
import type { VerdictEvent } from '../../store/verdicts.ts';
import type { LineEdit } from './line-edit.ts';
import type { Entry, SideStatus } from './entry.ts';
import type { PairList } from './pair-list.ts';
import type { CommandId } from './keymap.ts';
import type { PairKey, PairSet } from './pair-key.ts';
import type { PatternRow } from './pattern-rows.ts';
import type { Viewport } from './scroll.ts';
import type { ClickTarget, PatternsNow, ShortPair } from './modes.ts';
import type { DrawnPair, Notice, Session } from './session.ts';
import type { Walk } from './walk.ts';

/** The pair that an event is about. */
export type EventPair = Pick<Entry, 'comparisonId' | 'captureId' | 'control'>;

/** An input to a session: a key, the end of a write, or news from the replay or the store. */
export type Action =
  | { readonly kind: 'command'; readonly id: CommandId; readonly viewport: Viewport }
  /** Pairs were drawn, each with both answers complete or not. */
  | { readonly kind: 'shown'; readonly pairs: readonly DrawnPair[] }
  /** The wait for a deferred verdict key is over. */
  | { readonly kind: 'deferred_over'; readonly atMs: number }
  | { readonly kind: 'click'; readonly target: ClickTarget; readonly viewport: Viewport }
  /** The wheel was turned by some rows, up if negative. */
  | { readonly kind: 'wheel'; readonly rows: number; readonly viewport: Viewport }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'edit'; readonly edit: LineEdit }
  | { readonly kind: 'comment_written'; readonly pair: EventPair; readonly text: string }
  | { readonly kind: 'committed'; readonly event: VerdictEvent }
  | { readonly kind: 'commit_failed'; readonly message: string }
  | { readonly kind: 'committed_together'; readonly events: readonly VerdictEvent[] }
  /**
   * The pairs that match a filter. `part`: the first of them, while others are looked for, and then all;
   * missing: all at once.
   */
  | {
      readonly kind: 'filtered';
      readonly text: string;
      readonly pairs: PairSet;
      readonly part?: 'first' | 'all';
    }
  /** The pairs that contain a text. `part`: as for a filter. */
  | {
      readonly kind: 'found';
      readonly text: string;
      readonly pairs: PairSet;
      readonly part?: 'first' | 'all';
    }
  | {
      readonly kind: 'rows_listed';
      readonly rows: readonly ShortPair[];
      /** The number of pairs before the last row that no row can show. */
      readonly leftOut: number;
      /** The pair that was next when the rows were asked for. */
      readonly first: PairKey | null;
      readonly isOffered?: boolean;
    }
  | { readonly kind: 'pairs_listed'; readonly pairs: readonly ListedPair[] }
  /** A number of each pair by its index; NaN where it is unknown. */
  | {
      readonly kind: 'numbers_read';
      readonly number: PairNumber;
      readonly values: Float64Array;
    }
  /** The patterns, as far as they are counted, and the paths that differ in their pairs. */
  | {
      readonly kind: 'patterns_listed';
      readonly rows: readonly PatternRow[];
      /** The queue that the indexes of the rows are of. */
      readonly entries: PairList;
      readonly fields: readonly string[];
      readonly isWhole: boolean;
    }
  /** How the pairs of a walk through a pattern differ now. */
  | { readonly kind: 'pattern_checked'; readonly walk: Walk; readonly patterns: PatternsNow }
  | { readonly kind: 'comparisons_listed'; readonly comparisons: readonly ListedComparison[] }
  /** The rules about a difference, and later the pairs that each of them would settle. */
  | { readonly kind: 'rules_offered'; readonly rules: readonly RuleContent[] }
  | { readonly kind: 'rules_counted'; readonly settled: readonly PairSet[] }
  | { readonly kind: 'rules_listed'; readonly rules: readonly RuleRecord[] }
  | { readonly kind: 'notice'; readonly notice: Notice }
  | {
      readonly kind: 'entries';
      readonly entries: PairList;
      /** Every event of this reviewer if another process may have added some; otherwise null. */
      readonly events: readonly VerdictEvent[] | null;
      /** The opinions of other reviewers, if they may have changed; otherwise null. */
      readonly others: Session['others'] | null;
      /** How the review measures itself, if that may have changed. */
      readonly controls?: Session['controls'];
    }
  | ({ readonly kind: 'side'; readonly side: Side; readonly status: SideStatus } & PairKey)
  | ({ readonly kind: 'outcome'; readonly outcome: Outcome; readonly byRule?: boolean } & PairKey)
  | { readonly kind: 'replaying'; readonly replaying: boolean };

/** An effect that the controller must perform after a step. */
export type Effect =
  /** Save the event, then report `committed` or `commit_failed`. */
  | { readonly kind: 'append'; readonly event: VerdictEvent }
  /** Save the events, all or none, then report `committed_together` or `commit_failed`. */
  | { readonly kind: 'append_together'; readonly events: readonly VerdictEvent[] }
  /** Find the pairs that match, then report `filtered`. */
  | { readonly kind: 'filter'; readonly text: string }
  /** Find the pairs with the text, then report `found`. */
  | { readonly kind: 'search'; readonly text: string }
  /** Load what the list shows of these pairs, then report `pairs_listed`. */
  | { readonly kind: 'list_pairs'; readonly pairs: readonly PairKey[] }
  /** Read a number of every pair, then report `numbers_read`. */
  | { readonly kind: 'read_numbers'; readonly number: PairNumber }
  /**
   * Count the patterns, and report `patterns_listed` now and then while the list is open. `isAgain`: the list
   * has patterns, and gets others when all are counted.
   */
  | { readonly kind: 'list_patterns'; readonly isAgain?: boolean }
  /** Read how these pairs of a walk differ now, then report `pattern_checked`. */
  | { readonly kind: 'check_pattern'; readonly walk: Walk; readonly pairs: readonly PairKey[] }
  | { readonly kind: 'list_comparisons' }
  /** Find the rules about a difference of the pair, then report `rules_offered` and `rules_counted`. */
  | {
      readonly kind: 'offer_rules';
      readonly place: string | null;
      readonly endpoints: readonly (string | null)[];
    }
  /** Store the rule, and read what it settles. */
  | { readonly kind: 'make_rule'; readonly rule: RuleContent }
  /** Take the rule back, read the outcomes, then report `rules_listed`. */
  | { readonly kind: 'take_back_rule'; readonly rule: RuleRecord }
  /** Load the rules, then report `rules_listed`. */
  | { readonly kind: 'list_rules' }
  /**
   * Load at most `most` of these pairs that are short, then report `rows_listed`. `others`: what a pair that is
   * not short does, `end` the rows or stay `left_out`. `isOffered`: nobody asked for rows.
   */
  | {
      readonly kind: 'list_rows';
      readonly pairs: readonly PairKey[];
      readonly most: number;
      readonly others: 'end' | 'left_out';
      readonly isOffered?: boolean;
    }
  /** Leave the review for that of another comparison. */
  | { readonly kind: 'open_comparison'; readonly comparisonId: string }
  | { readonly kind: 'wait'; readonly ms: number; readonly action: Action }
  | ({ readonly kind: 'retry' } & PairKey)
  /** The summary was opened: compute it. */
  | { readonly kind: 'summarise' }
  /** Write the comment of the pair in an editor, then report `comment_written`. */
  | { readonly kind: 'edit_comment'; readonly pair: EventPair; readonly comment: string }
  | { readonly kind: 'copy'; readonly what: 'answer' | 'request'; readonly side: Side }
  | { readonly kind: 'page' }
  | { readonly kind: 'suspend' }
  | { readonly kind: 'quit'; readonly interrupted: boolean };

/** The clocks and the source of ids, passed in so that a step can be repeated. */
export type Context = {
  /** The time of day, for events. */
  readonly nowMs: number;
  /** A time that never goes back, for the pace of keys. */
  readonly monotonicMs: number;
  readonly newId: () => string;
};

export type Step = { readonly session: Session; readonly effects: readonly Effect[] };

/** Returns a step without effects. */
export const only = (session: Session): Step => ({ session, effects: [] });

/** Returns a step that only shows a notice. */
export const say = (session: Session, text: string, tone: Notice['tone'] = 'plain'): Step =>
  only({ ...session, notice: { text, tone } });

/** Why a key about a pair does nothing without one. */
export const noPair = 'there is no pair';

/**
 * Returns a step that does not take a key and says so: `worse was not taken: …`. The remark stays with
 * the next notice, so that the end of a save does not hide it.
 */
export const refuse = (session: Session, what: string, why: string): Step => {
  const text = `${what} was not taken: ${why}`;
  const keys = (session.refused?.keys ?? 0) + 1;
  const next: Session = {
    ...session,
    refused: { keys, why: text },
    refusedKeys: session.refusedKeys + 1,
  };
  return say(next, refusedText(next) ?? text, 'warning');
};

/** Returns the remark on the keys that were not taken; null if there are none. */
export const refusedText = ({ refused }: Pick<Session, 'refused'>): string | null =>
  refused === null
    ? null
    : refused.keys === 1
      ? refused.why
      : `${refused.why} (${refused.keys} keys were not)`;
