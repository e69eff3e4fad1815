import type { JsonObject } from '../text/json.ts';
import type { Dialect } from './dialects/dialect.ts';

/**
 * The answer of one model to a capture when the traffic was recorded, as it was recorded: a body in the
 * dialect of the capture, or in that of the gateway that answered. Times are in milliseconds, null if the
 * recording does not say.
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

/** A request as it was sent: what it means depends on the API. */
export type DialectRequest = {
  readonly dialect: Dialect;
  /** The model in the path of the request; null where the body names it. */
  readonly model: string | null;
  /** The body of the request, with unknown keys and the order of keys. */
  readonly request: JsonObject;
};

/** One request that production made, as it was sent, with the recorded responses that are known. */
export type Capture = DialectRequest & {
  /** The recorded id or, if there is none, `derivedId`. */
  readonly id: string;
  /** The production feature that made the request. */
  readonly endpoint: string;
  /** ISO 8601 in UTC, null if the recording does not say. */
  readonly timestamp: string | null;
  readonly recorded: readonly RecordedResponse[];
  readonly metadata: JsonObject | null;
  /** Parts of the request that the recording did not keep, such as `response_format` or `images`. */
  readonly partial: readonly string[];
  /** Whether placeholders replace values in the request. Known only for captures from a store. */
  readonly redacted?: true;
};
