import type { Outcome, Side } from '../comparison/outcome.ts';
import type { Remedy } from '../models/adaptation/remedy.ts';
import type { Failure, FailureReason } from '../models/answer.ts';

/** Which answer an event is of. What serves several comparisons is told once for each. */
export type AnswerKey = {
  readonly comparisonId: string;
  readonly captureId: string;
  readonly side: Side;
  /** 0 for the answer that is reviewed, higher ones for repeated answers. */
  readonly sample: number;
};

/** What happens to one answer, in order. Text is raw: harmless it before it is shown. */
export type AnswerEvent = AnswerKey &
  (
    | { /** It waits for its turn. */ readonly kind: 'queued' }
    /** A try begins, the first being number 1: what a live view shows of it starts empty. */
    | { readonly kind: 'sent'; readonly attempt: number }
    /** The answer grew by this text. */
    | { readonly kind: 'text'; readonly text: string }
    /** A try failed, and the next one is sent after this wait. */
    | {
        readonly kind: 'retrying';
        readonly attempt: number;
        readonly failure: Failure;
        readonly delayMs: number;
        /** What is changed of the request that was refused; null: it is sent as it was. */
        readonly change: Remedy | null;
      }
    /** The answer is in the store. */
    | { readonly kind: 'answered'; readonly recorded: boolean }
    /** It failed, and is not tried again in this run. */
    | {
        readonly kind: 'failed';
        readonly attempts: number;
        readonly failure: Failure;
        /** What could have been changed of a request that was refused, and was not; else null. */
        readonly unused: Remedy | null;
      }
    | { readonly kind: 'not_sent'; readonly reason: string }
  );

/** What happens to a model, whichever calls wait for it. */
export type ModelEvent = {
  /** Its label. */
  readonly model: string;
  readonly side: Side;
} & (
  | {
      /** Nothing is sent to it for so long, unless an answer comes before. */
      readonly kind: 'paused';
      readonly reason: FailureReason;
      readonly delayMs: number;
    }
  /** One call is sent to a paused model, to see whether it is well again. */
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

/** A replay in progress, for a screen that shows what it does. */
export type LiveReplay = {
  /** Calls the listener with every event until the returned function is called. */
  readonly subscribe: (listener: (event: ReplayEvent) => void) => () => void;
  /** The progress as one short line. */
  readonly progress: () => string;
  /** Resolves when nothing more will be sent; rejects with what ended the replay early. */
  readonly done: Promise<unknown>;
  /** What the user must know before anything is sent and has not been told yet. */
  readonly notice?: string;
};
