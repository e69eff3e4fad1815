import type { Capture, RecordedResponse } from './capture.ts';
import type { RedactionCounts } from './redaction-counts.ts';

/** What was replaced in a record by placeholders. */
export type Redactions = {
  readonly counts: RedactionCounts;
  /** Of these, in the recorded responses. */
  readonly recordedCounts: RedactionCounts;
  /** Whether the request holds placeholders now. */
  readonly request: boolean;
};

/**
 * What one record of an imported file comes to.
 * `capture`: a request that can be replayed, with the recorded responses that stand beside it.
 * `answer`: a recorded response whose request stands elsewhere under the id `captureId`; `recorded`
 * is null where the recording says that there was none (an error).
 * `rejected`: nothing that can be replayed; `reason` is a short stable phrase that can be counted,
 * `recordId` the record's own id where it could be read.
 * `id` is a hash of the source record, so that importing it again adds nothing; `line` counts from 1.
 */
export type ImportRecord =
  | {
      readonly kind: 'capture';
      readonly capture: Capture;
      readonly line?: number;
      readonly redactions?: Redactions;
    }
  | {
      readonly kind: 'answer';
      readonly id: string;
      readonly line: number;
      readonly captureId: string;
      readonly recorded: RecordedResponse | null;
      readonly redactions?: Redactions;
    }
  | {
      readonly kind: 'rejected';
      readonly id: string;
      readonly line: number;
      readonly reason: string;
      readonly recordId?: string | null;
    };

/**
 * What became of a record in the store: `added`, it `had` it, `merged` (only recorded responses were
 * new), `rejected` with its reason, or `had_rejected`.
 */
export type RecordFate =
  | { readonly kind: 'added' | 'had' | 'merged' | 'had_rejected' }
  | { readonly kind: 'rejected'; readonly reason: string };
