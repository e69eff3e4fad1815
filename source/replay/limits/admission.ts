import type { FailureReason } from '../../models/answer.ts';
import type { Reservation } from './budget.ts';
import type { Lane, LaneEnd, Sent } from './lane.ts';

/** A call that wants to be sent. */
export type Wanted = {
  readonly lane: Lane;
  /** The most that it can cost, USD. */
  readonly atMost: number;
  /** Tokens that it is expected to use. */
  readonly tokens: number;
  /** Is told once what becomes of it. */
  readonly admitted: (admitted: Admitted) => void;
};

/** A call in flight, to be handed back when it ends. */
export type Ticket = {
  readonly lane: Lane;
  readonly sent: Sent;
  readonly reservation: Reservation;
};

/**
 * The call is to be sent now; or why it is not: the run has ended, the budget or the model has, or so
 * many calls wait for a paused model that this one is to come again `later`.
 */
export type Admitted =
  | { readonly kind: 'sent'; readonly ticket: Ticket }
  | {
      readonly kind: 'refused';
      readonly why: 'budget reached' | 'closed' | 'later' | FailureReason;
    };

/** What a model's calls learn of its state. */
export type LaneNews =
  | {
      readonly kind: 'paused';
      readonly lane: Lane;
      readonly reason: FailureReason;
      readonly delayMs: number;
    }
  | { readonly kind: 'probing'; readonly lane: Lane }
  | { readonly kind: 'resumed'; readonly lane: Lane }
  | { readonly kind: 'stopped'; readonly lane: Lane; readonly reason: FailureReason };

/** Lets calls through, as many at once as the limits allow. Nothing in it waits: it is told the time. */
export type Gate = {
  /**
   * Calls that start together, all of them at once. Where a model is paused the others go on alone,
   * and its call waits for it. `taken` is called when the group has left the line, one way or the
   * other. `patient`: its calls are not sent away to come later.
   */
  readonly begin: (
    calls: readonly Wanted[],
    options: { readonly patient: boolean; readonly taken: () => void },
  ) => void;
  /** The next try of a call, to be sent after so many milliseconds. */
  readonly retry: (call: Wanted, delayMs: number) => void;
  /** A call has ended, and this is what it cost, USD. */
  readonly leave: (ticket: Ticket, cost: number, end: LaneEnd) => void;
  /** The model has been warmed up. Until then its calls wait. */
  readonly warm: (lane: Lane) => void;
  /** Looks at the clock. To be called at `wakesAtMs`; more often does no harm. */
  readonly advance: () => void;
  /** When something may change without a call from outside; null: never. */
  readonly wakesAtMs: number | null;
  /** Lets nothing through any more. */
  readonly close: () => void;
  readonly inFlight: number;
  /** Calls that wait for their next try. */
  readonly retrying: number;
};
