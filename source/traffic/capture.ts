import type { JsonObject } from '../text/json.ts';

/**
 * What one model answered to a capture when the traffic was recorded, as it was recorded: a
 * `chat.completion` object. Times are in milliseconds, null if the recording does not say.
 */
export type RecordedResponse = {
  /** The name after `recorded:`. */
  readonly model: string;
  /** Whether this is the answer of production, which a plain `recorded` means. */
  readonly production: boolean;
  readonly body: JsonObject;
  readonly timeToFirstTokenMs: number | null;
  readonly totalMs: number | null;
};

/** One request that production made, as it was sent, with the recorded responses that are known. */
export type Capture = {
  /** The recorded id or, if there is none, `derivedId`. */
  readonly id: string;
  /** The production feature that made the request. */
  readonly endpoint: string;
  /** ISO 8601 in UTC, null if the recording does not say. */
  readonly timestamp: string | null;
  /** The body of the chat completions request, with unknown keys and the order of keys. */
  readonly request: JsonObject;
  readonly recorded: readonly RecordedResponse[];
  readonly metadata: JsonObject | null;
  /** Parts of the request that the recording did not keep, such as `response_format` or `images`. */
  readonly partial: readonly string[];
  /** Whether placeholders replace values in the request. Known only for captures from a store. */
  readonly redacted?: true;
};
