import type { Side } from '../../comparison/outcome.ts';
import type { Failure } from '../../models/answer.ts';
import type { BatchProblem } from '../../models/batch/batch-status.ts';
import type { BatchJob } from '../../store/batches/batch-jobs.ts';

/** What became of the lines of a job's output and error files. */
export type JoinedLines = {
  readonly answered: number;
  readonly failed: number;
  /** In neither file: they count as failed as well. */
  readonly missing: number;
  /** Unreadable, of no request of this job, or a repetition. */
  readonly malformed: number;
  readonly foreign: number;
  readonly duplicated: number;
};

/** What happens while a batch replay runs. Texts are raw: sanitize them before showing them. */
export type BatchEvent =
  /** A job was found in the store, or its state or counts have changed. */
  | { readonly kind: 'job'; readonly job: BatchJob }
  /** A request to the provider failed and is repeated after this wait. */
  | {
      readonly kind: 'retrying';
      readonly side: Side;
      readonly comparisonId: string;
      readonly what: string;
      readonly failure: Failure;
      readonly delayMs: number;
    }
  /** The provider refused the file as a whole. */
  | { readonly kind: 'refused'; readonly job: BatchJob; readonly problems: readonly BatchProblem[] }
  /** The results of a job are stored. */
  | { readonly kind: 'joined'; readonly job: BatchJob; readonly lines: JoinedLines }
  /** Nothing more is asked of the provider of this side in this run. */
  | {
      readonly kind: 'stopped';
      readonly side: Side;
      readonly comparisonId: string;
      readonly failure: Failure;
    };
