import type { Outcome, Side } from '../../comparison/outcome.ts';
import type { VerdictEvent } from '../../store/verdicts.ts';
import type { Entry, Marks, SideStatus } from './entry.ts';
import type { CommandId } from './keymap.ts';
import type { Viewport } from './scroll.ts';
import type { Notice, Session } from './session.ts';

/** What happens to a session: a key, the end of a write, news from the replay. */
export type Action =
  | { readonly kind: 'command'; readonly id: CommandId; readonly viewport: Viewport }
  /** The time that a deferred verdict key was given has passed. */
  | { readonly kind: 'deferred_over'; readonly atMs: number }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'erase' }
  | { readonly kind: 'committed'; readonly event: VerdictEvent }
  | { readonly kind: 'commit_failed'; readonly event: VerdictEvent; readonly message: string }
  | { readonly kind: 'notice'; readonly notice: Notice }
  | {
      readonly kind: 'entries';
      readonly entries: readonly Omit<Entry, keyof Marks>[];
      /** Every event of this reviewer, where another process may have added some; null: as known. */
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

/** What the edge must do after a step. */
export type Effect =
  | { readonly kind: 'append'; readonly event: VerdictEvent }
  | { readonly kind: 'wait'; readonly ms: number; readonly action: Action }
  | { readonly kind: 'retry'; readonly captureId: string }
  | { readonly kind: 'suspend' }
  | { readonly kind: 'quit'; readonly interrupted: boolean };

/** The clock and the maker of ids, handed in so that a step is repeatable. */
export type Context = { readonly nowMs: number; readonly newId: () => string };

export type Step = { readonly session: Session; readonly effects: readonly Effect[] };

/** A step that asks nothing of the edge. */
export const only = (session: Session): Step => ({ session, effects: [] });

/** A step that only tells the user something. */
export const say = (session: Session, text: string, tone: Notice['tone'] = 'plain'): Step =>
  only({ ...session, notice: { text, tone } });
