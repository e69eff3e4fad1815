import type { Side } from '../../comparison/outcome.ts';
import type { Failure } from '../../models/answer.ts';
import type { BatchProblem } from '../../models/batch/batch-status.ts';
import type { BatchJob } from '../../store/batches/batch-jobs.ts';

/** Lines of a job's output and error files by what became of them. */
export type JoinedLines = {
  readonly answered: number;
  readonly failed: number;
  /** In neither file: they count as failed as well. */
  readonly missing: number;
  /** No lines at all, of no request of ours, or a second time. */
  readonly malformed: number;
  readonly foreign: number;
  readonly duplicated: number;
};

/** What happens while a batch replay runs. Texts are raw: harmless them before they are shown. */
export type BatchEvent =
  /** A job's state or counts have changed, or it was found in the store. */
  | { readonly kind: 'job'; readonly job: BatchJob }
  /** A request to the provider failed, and the next is made after this wait. */
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
  /** What came of a job is stored. */
  | { readonly kind: 'joined'; readonly job: BatchJob; readonly lines: JoinedLines }
  /** Nothing more is asked of the provider of this side in this run. */
  | {
      readonly kind: 'stopped';
      readonly side: Side;
      readonly comparisonId: string;
      readonly failure: Failure;
    };
