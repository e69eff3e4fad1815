import type { Outcome, Side } from '../comparison/outcome.ts';
import type { Remedy } from '../models/adaptation/remedy.ts';
import type { Failure, FailureReason } from '../models/answer.ts';

/**
 * The answer that an event is about. An answer that serves several comparisons has one event per
 * comparison.
 */
export type AnswerKey = {
  readonly comparisonId: string;
  readonly captureId: string;
  readonly side: Side;
  /** 0 for the answer under review, higher for repeated answers. */
  readonly sample: number;
};

/** The events of one answer, in order. Text is raw: sanitize it before showing it. */
export type AnswerEvent = AnswerKey &
  (
    | { /** It waits for its turn. */ readonly kind: 'queued' }
    /** An attempt begins, numbered from 1. A live view clears the answer. */
    | { readonly kind: 'sent'; readonly attempt: number }
    /** The answer grew by this text. */
    | { readonly kind: 'text'; readonly text: string }
    /** An attempt failed; the next one follows after this wait. */
    | {
        readonly kind: 'retrying';
        readonly attempt: number;
        readonly failure: Failure;
        readonly delayMs: number;
        /** The change to the refused request; null if it is sent unchanged. */
        readonly change: Remedy | null;
      }
    /** The answer is in the store. */
    | { readonly kind: 'answered'; readonly recorded: boolean }
    /** The answer failed and is not retried in this run. */
    | {
        readonly kind: 'failed';
        readonly attempts: number;
        readonly failure: Failure;
        /** A change that would have helped a refused request but was not made; otherwise null. */
        readonly unused: Remedy | null;
      }
    | { readonly kind: 'not_sent'; readonly reason: string }
  );

/** An event of a model, for all calls that wait for it. */
export type ModelEvent = {
  /** Its label. */
  readonly model: string;
  readonly side: Side;
} & (
  | {
      /** Nothing is sent to the model for this long, unless an answer arrives earlier. */
      readonly kind: 'paused';
      readonly reason: FailureReason;
      readonly delayMs: number;
    }
  /** One call is sent to a paused model as a probe. */
  | { readonly kind: 'probing' }
  | { readonly kind: 'resumed' }
  /** Nothing more is sent to the model in this run. */
  | { readonly kind: 'stopped'; readonly reason: FailureReason }
);

/** The events of a replay, in order. */
export type ReplayEvent =
  | AnswerEvent
  | ModelEvent
  /** Captures came into the store, and a comparison took them. */
  | { readonly kind: 'arrived'; readonly comparisonId: string; readonly captures: number }
  /** Nothing is sent until the budget is renewed, or calls are sent again. */
  | { readonly kind: 'budget_used_up' | 'budget_renewed'; readonly period: 'day' | 'month' }
  /** Both sides are answered and compared. */
  | {
      readonly kind: 'outcome';
      readonly comparisonId: string;
      readonly captureId: string;
      readonly outcome: Exclude<Outcome, 'failed'>;
      /** Whether rules settle the pair, and not the machine. */
      readonly byRule: boolean;
    };

/** A replay in progress, for a screen that follows it. */
export type LiveReplay = {
  /** Calls the listener with every event until the returned function is called. */
  readonly subscribe: (listener: (event: ReplayEvent) => void) => () => void;
  /** The progress as one short line. */
  readonly progress: () => string;
  /**
   * Resolves when nothing more will be sent; rejects with the error that ended the replay early.
   */
  readonly done: Promise<unknown>;
  /** A notice that the user must read before anything is sent. */
  readonly notice?: string;
};
