import type { Capture, RecordedResponse } from './capture.ts';
import type { RedactionCounts } from './redaction-counts.ts';

/** The values that redaction replaced in a record. */
export type Redactions = {
  readonly counts: RedactionCounts;
  /** The part of `counts` that stood in the recorded responses. */
  readonly recordedCounts: RedactionCounts;
  /** Whether the request now holds placeholders. */
  readonly request: boolean;
};

/** The error that production got in place of an answer; `status` is null if it is not known. */
export type RecordedError = { readonly status: number | null; readonly message: string };

/**
 * One record of an imported file.
 * `capture`: a request that can be replayed, with its recorded responses; `unreadTime` if the record has a
 * time that cannot be read.
 * `answer`: a recorded response to a request found elsewhere under the id `captureId`; `recorded`
 * is null if the recording says that there was none, for the reason in `error`.
 * `rejected`: nothing that can be replayed. `reason` is a short, stable phrase that can be counted,
 * `recordId` the record's own id if it could be read.
 * `id` is a hash of the source record, so that importing it again adds nothing. `line` counts from 1.
 */
export type ImportRecord =
  | {
      readonly kind: 'capture';
      readonly capture: Capture;
      readonly line?: number;
      readonly unreadTime?: boolean;
      readonly redactions?: Redactions;
    }
  | {
      readonly kind: 'answer';
      readonly id: string;
      readonly line: number;
      readonly captureId: string;
      readonly recorded: RecordedResponse | null;
      readonly error?: RecordedError;
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
 * What the store did with a record: it was `added`; the store already `had` it; it was `merged`, because
 * only recorded responses were new; it was `rejected` with its reason; or it `had_rejected` it before.
 */
export type RecordFate =
  | { readonly kind: 'added' | 'had' | 'merged' | 'had_rejected' }
  | { readonly kind: 'rejected'; readonly reason: string };
