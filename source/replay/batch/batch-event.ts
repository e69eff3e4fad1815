import type { Side } from '../../comparison/outcome.ts';
import type { Failure } from '../../models/answer.ts';
import type { BatchProblem } from '../../models/batch/batch-status.ts';
import type { BatchJob } from '../../store/batches/batch-jobs.ts';

/** Line counts from a job's output and error files. */
export type JoinedLines = {
  readonly answered: number;
  readonly failed: number;
  /** Lines in neither file. They also count as failed. */
  readonly missing: number;
  /** Lines that are unreadable, belong to no request of this job, or are duplicates. */
  readonly malformed: number;
  readonly foreign: number;
  readonly duplicated: number;
};

/** An event of a batch replay. Texts are raw: sanitize them before showing them. */
export type BatchEvent =
  /** A job was found in the store, or its state or counts have changed. */
  | { readonly kind: 'job'; readonly job: BatchJob }
  /** A request to the provider failed and will be retried after this wait. */
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
  /** Nothing more is sent to the provider of this side in this run. */
  | {
      readonly kind: 'stopped';
      readonly side: Side;
      readonly comparisonId: string;
      readonly failure: Failure;
    };
