import type { Outcome, Side } from '../../comparison/outcome.ts';
import type { ComparisonRecord } from '../../store/comparisons/comparisons.ts';
import type { ListedPair } from '../../store/comparisons/pair-traits.ts';
import type { VerdictEvent } from '../../store/verdicts.ts';
import type { SideStatus, UnmarkedEntry } from './entry.ts';
import type { CommandId } from './keymap.ts';
import type { Viewport } from './scroll.ts';
import type { Notice, Session } from './session.ts';

/** An input to a session: a key, the end of a write, or news from the replay or the store. */
export type Action =
  | { readonly kind: 'command'; readonly id: CommandId; readonly viewport: Viewport }
  /** The wait for a deferred verdict key is over. */
  | { readonly kind: 'deferred_over'; readonly atMs: number }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'erase' }
  | { readonly kind: 'committed'; readonly event: VerdictEvent }
  | { readonly kind: 'commit_failed'; readonly message: string }
  | { readonly kind: 'committed_together'; readonly events: readonly VerdictEvent[] }
  /** The pairs that match a filter. */
  | { readonly kind: 'filtered'; readonly text: string; readonly ids: ReadonlySet<string> }
  /** The pairs that contain a text. */
  | { readonly kind: 'found'; readonly text: string; readonly ids: ReadonlySet<string> }
  | { readonly kind: 'pairs_listed'; readonly pairs: readonly ListedPair[] }
  | { readonly kind: 'comparisons_listed'; readonly comparisons: readonly ComparisonRecord[] }
  | { readonly kind: 'notice'; readonly notice: Notice }
  | {
      readonly kind: 'entries';
      readonly entries: readonly UnmarkedEntry[];
      /** Every event of this reviewer if another process may have added some; otherwise null. */
      readonly events: readonly VerdictEvent[] | null;
    }
  | {
      readonly kind: 'side';
      readonly captureId: string;
      readonly side: Side;
      readonly status: SideStatus;
    }
  | { readonly kind: 'outcome'; readonly captureId: string; readonly outcome: Outcome }
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
  /** Load what the lists show, then report `pairs_listed`. */
  | { readonly kind: 'list_pairs' }
  | { readonly kind: 'list_comparisons' }
  /** Leave the review for that of another comparison. */
  | { readonly kind: 'open_comparison'; readonly comparisonId: string }
  | { readonly kind: 'wait'; readonly ms: number; readonly action: Action }
  | { readonly kind: 'retry'; readonly captureId: string }
  /** The summary was opened: compute it. */
  | { readonly kind: 'summarise' }
  | { readonly kind: 'suspend' }
  | { readonly kind: 'quit'; readonly interrupted: boolean };

/** The clock and the source of ids, passed in so that a step can be repeated. */
export type Context = { readonly nowMs: number; readonly newId: () => string };

export type Step = { readonly session: Session; readonly effects: readonly Effect[] };

/** Returns a step without effects. */
export const only = (session: Session): Step => ({ session, effects: [] });

/** Returns a step that only shows a notice. */
export const say = (session: Session, text: string, tone: Notice['tone'] = 'plain'): Step =>
  only({ ...session, notice: { text, tone } });
