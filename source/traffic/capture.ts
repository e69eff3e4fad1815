import type { JsonObject } from '../text/json.ts';

/**
 * What one model answered to a capture when the traffic was recorded, as it was recorded: a
 * `chat.completion` object. Timings are milliseconds; null where the recording does not say.
 */
export type RecordedResponse = {
  /** The name after `recorded:`. */
  readonly model: string;
  /** Whether this is what production answered, which a plain `recorded` names. */
  readonly production: boolean;
  readonly body: JsonObject;
  readonly timeToFirstTokenMs: number | null;
  readonly totalMs: number | null;
};

/** One request that production made, as it was sent, with the recorded responses that are known. */
export type Capture = {
  /** The recorded id or, without one, the hash of the canonical request. */
  readonly id: string;
  /** The production feature that made the request. */
  readonly endpoint: string;
  /** ISO 8601 in UTC, null where the recording does not say. */
  readonly timestamp: string | null;
  /** The body of the chat-completions call, unknown keys included, key order kept. */
  readonly request: JsonObject;
  readonly recorded: readonly RecordedResponse[];
  readonly metadata: JsonObject | null;
  /** Parameters and parts of the request that the recording did not keep: `response_format`, `images`. */
  readonly partial: readonly string[];
  /** Placeholders stand in the request for what was redacted; known of captures in a store. */
  readonly redacted?: true;
};
