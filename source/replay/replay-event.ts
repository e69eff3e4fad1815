import type { Outcome, Side } from '../comparison/outcome.ts';
import type { Remedy } from '../models/adaptation/remedy.ts';
import type { Failure, FailureReason } from '../models/answer.ts';

/** Which answer an event is about. One that serves several comparisons has an event for each. */
export type AnswerKey = {
  readonly comparisonId: string;
  readonly captureId: string;
  readonly side: Side;
  /** 0 for the answer that is reviewed, higher ones for repeated answers. */
  readonly sample: number;
};

/** What happens to one answer, in order. Text is raw: sanitize it before showing it. */
export type AnswerEvent = AnswerKey &
  (
    | { /** It waits for its turn. */ readonly kind: 'queued' }
    /** An attempt begins, numbered from 1. A live view clears the answer. */
    | { readonly kind: 'sent'; readonly attempt: number }
    /** The answer grew by this text. */
    | { readonly kind: 'text'; readonly text: string }
    /** An attempt failed, and the next one is sent after this wait. */
    | {
        readonly kind: 'retrying';
        readonly attempt: number;
        readonly failure: Failure;
        readonly delayMs: number;
        /** How the refused request is changed; null: it is sent as it was. */
        readonly change: Remedy | null;
      }
    /** The answer is in the store. */
    | { readonly kind: 'answered'; readonly recorded: boolean }
    /** It failed, and is not retried in this run. */
    | {
        readonly kind: 'failed';
        readonly attempts: number;
        readonly failure: Failure;
        /** A change that would have helped a refused request and was not made; else null. */
        readonly unused: Remedy | null;
      }
    | { readonly kind: 'not_sent'; readonly reason: string }
  );

/** What happens to a model, for all calls that wait for it. */
export type ModelEvent = {
  /** Its label. */
  readonly model: string;
  readonly side: Side;
} & (
  | {
      /** Nothing is sent to it for so long, unless an answer arrives before. */
      readonly kind: 'paused';
      readonly reason: FailureReason;
      readonly delayMs: number;
    }
  /** One call is sent to a paused model, to see whether it answers again. */
  | { readonly kind: 'probing' }
  | { readonly kind: 'resumed' }
  /** Nothing more is sent to it in this run. */
  | { readonly kind: 'stopped'; readonly reason: FailureReason }
);

/** What happens while a replay runs, in order. */
export type ReplayEvent =
  | AnswerEvent
  | ModelEvent
  /** Both sides are answered and compared. */
  | {
      readonly kind: 'outcome';
      readonly comparisonId: string;
      readonly captureId: string;
      readonly outcome: Exclude<Outcome, 'failed'>;
    };

/** A replay in progress, for a screen that follows it. */
export type LiveReplay = {
  /** Calls the listener with every event until the returned function is called. */
  readonly subscribe: (listener: (event: ReplayEvent) => void) => () => void;
  /** The progress as one short line. */
  readonly progress: () => string;
  /** Resolves when nothing more will be sent; rejects with what ended the replay early. */
  readonly done: Promise<unknown>;
  /** Notices that the user must see before anything is sent. */
  readonly notice?: string;
};
