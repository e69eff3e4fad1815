import type { Outcome, Side } from '../comparison/outcome.ts';
import type { Failure, FailureReason } from '../models/answer.ts';

/** What happens while a replay runs, in order. Text is raw: harmless it before it is shown. */
export type ReplayEvent =
  /** A try begins, the first of a side being number 1: what a live view shows of it starts empty. */
  | {
      readonly kind: 'sent';
      readonly captureId: string;
      readonly side: Side;
      readonly attempt: number;
    }
  /** The answer grew by this text. */
  | {
      readonly kind: 'text';
      readonly captureId: string;
      readonly side: Side;
      readonly text: string;
    }
  /** A try failed, and the next one is sent after this wait. */
  | {
      readonly kind: 'retrying';
      readonly captureId: string;
      readonly side: Side;
      readonly attempt: number;
      readonly failure: Failure;
      readonly delayMs: number;
    }
  /** The answer is in the store. */
  | {
      readonly kind: 'answered';
      readonly captureId: string;
      readonly side: Side;
      readonly recorded: boolean;
    }
  /** The side failed, and is not tried again in this run. */
  | {
      readonly kind: 'failed';
      readonly captureId: string;
      readonly side: Side;
      readonly attempts: number;
      readonly failure: Failure;
    }
  | {
      readonly kind: 'not_sent';
      readonly captureId: string;
      readonly side: Side;
      readonly reason: string;
    }
  /** Both sides are answered and compared. */
  | {
      readonly kind: 'outcome';
      readonly captureId: string;
      readonly outcome: Exclude<Outcome, 'failed'>;
    }
  /** Nothing more is sent to this side in this run. */
  | { readonly kind: 'stopped'; readonly side: Side; readonly reason: FailureReason };
