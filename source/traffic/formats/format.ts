import type { JsonObject } from '../../text/json.ts';
import type { Capture, RecordedResponse } from '../capture.ts';

/** What a format makes of one record; the kinds are those of `ImportRecord`. */
export type FormatRecord =
  | { readonly kind: 'capture'; readonly capture: Capture }
  | {
      readonly kind: 'answer';
      readonly captureId: string;
      readonly recorded: RecordedResponse | null;
    }
  | { readonly kind: 'rejected'; readonly reason: string; readonly recordId: string | null };

/** One way in which traffic is written down, as JSON Lines. */
export type Format = {
  /** As it is named to the user: `native captures`. */
  readonly name: string;
  /** The records are recorded responses that belong to requests in another file, which is read first. */
  readonly holdsAnswers: boolean;
  /** Whether a record looks like this format's. */
  readonly recognises: (record: JsonObject) => boolean;
  readonly read: (record: JsonObject) => FormatRecord;
};
