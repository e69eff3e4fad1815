import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import { errorObjects, errorText } from './error-message.ts';
import { readRateLimits, type RateLimit, type RateLimits } from './rate-limits.ts';
import { readWait, serverNowMs } from './wait-spelling.ts';

/**
 * How long a server asked to wait before the next request, in whole milliseconds ≥ 0 and without an
 * upper bound; null when it asked for nothing. The first of these that says something counts: the
 * headers `retry-after-ms` and `retry-after`, Google's `RetryInfo` and similar members of the error,
 * the error's own words, and, for a 429, when the limit that is used up is restored. Moments are
 * compared with the server's own clock where the response tells it, else with `nowMs`.
 */
export const requestedWaitMs = (
  answer: {
    readonly status: number;
    readonly headers: Headers;
    /** Parsed JSON, or the text. */
    readonly body: JsonValue | undefined;
  },
  nowMs = Date.now(),
): number | null => {
  const { body, headers, status } = answer;
  const now = serverNowMs(headers, nowMs);
  const waitMs =
    readWait(headers.get('retry-after-ms'), now, 'ms') ??
    readWait(headers.get('retry-after'), now) ??
    waitInMembers(body, now) ??
    waitInWords(errorText(body) ?? '', now) ??
    (status === 429 ? waitForReset(headers, body, nowMs) : null);
  return waitMs === null ? null : Math.round(waitMs);
};

const secondsKeys = ['retry_after', 'retryAfter', 'retry-after', 'retry_after_seconds'] as const;
const millisecondsKeys = ['retry_after_ms', 'retryAfterMs'] as const;

const waitInMembers = (body: JsonValue | undefined, nowMs: number): number | null => {
  for (const error of errorObjects(body)) {
    const holders = [error, error['metadata']].filter(isJsonObject);
    for (const holder of holders) {
      const waitMs = retryInfoMs(holder['details'], nowMs) ?? namedWaitMs(holder, nowMs);
      if (waitMs !== null) return waitMs;
    }
  }
  return null;
};

const namedWaitMs = (holder: JsonObject, nowMs: number): number | null => {
  for (const key of millisecondsKeys) {
    const waitMs = readWait(plainText(holder[key]), nowMs, 'ms');
    if (waitMs !== null) return waitMs;
  }
  for (const key of secondsKeys) {
    const waitMs = readWait(plainText(holder[key]), nowMs);
    if (waitMs !== null) return waitMs;
  }
  return null;
};

const plainText = (value: JsonValue | undefined): string | null =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : null;

/** Gemini and Vertex: `details: [{"@type": "…google.rpc.RetryInfo", "retryDelay": "58s"}]`. */
const retryInfoMs = (details: JsonValue | undefined, nowMs: number): number | null => {
  if (!Array.isArray(details)) return null;
  for (const detail of details as readonly JsonValue[]) {
    const delay = isJsonObject(detail) ? detail['retryDelay'] : undefined;
    if (isJsonObject(delay)) {
      const waitMs = Number(delay['seconds'] ?? 0) * 1000 + Number(delay['nanos'] ?? 0) / 1e6;
      // A negative or unreadable time asks for nothing.
      if (waitMs >= 0) return waitMs;
      continue;
    }
    const waitMs = readWait(plainText(delay), nowMs);
    if (waitMs !== null) return waitMs;
  }
  return null;
};

const spanInWords = String.raw`\d+(?:\.\d+)?\s*(?:milliseconds?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d)(?![a-z])`;
const momentInWords = String.raw`\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d)?`;

/** OpenAI, Groq, Azure, Gemini, OpenRouter: "Please try again in 6m0s.", "retry after 6 seconds". */
const waitWords = new RegExp(
  String.raw`\b(?:try(?:ing)? again|retry(?:ing)?|wait|available|reset(?:s|ting)?)(?: your request| at least| about| again)*(?: (?:in|after|for|at|until|about|approximately|another))*:? (${momentInWords}|${spanInWords}(?:(?:,? and |, ?| ?)${spanInWords})*)`,
  'i',
);

const waitInWords = (message: string, nowMs: number): number | null => {
  const words = waitWords.exec(message)?.[1];
  if (words === undefined) return null;
  if (/^\d{4}-/.test(words)) return readWait(words, nowMs);
  const short = words
    .toLowerCase()
    .replaceAll(/ and |[\s,]/g, '')
    .replaceAll(/(\d)(ms|[a-z])[a-z]*/g, (_, digit: string, unit: string) =>
      unit === 'm' && /mill/i.test(words) ? `${digit}ms` : digit + unit,
    );
  return readWait(short, nowMs);
};

/** OpenRouter repeats its headers in `error.metadata.headers`. */
const waitForReset = (
  headers: Headers,
  body: JsonValue | undefined,
  nowMs: number,
): number | null => {
  const inHeaders = untilRestored(readRateLimits(headers, nowMs));
  if (inHeaders !== null) return inHeaders;
  for (const { metadata } of errorObjects(body)) {
    const repeated = isJsonObject(metadata) ? metadata['headers'] : undefined;
    if (!isJsonObject(repeated)) continue;
    const copy = new Headers(headers);
    for (const [name, value] of Object.entries(repeated)) {
      const text = plainText(value);
      if (text !== null && /^x-ratelimit-[\w-]+$/i.test(name)) copy.set(name, text);
    }
    return untilRestored(readRateLimits(copy, nowMs));
  }
  return null;
};

/** Until every limit that is used up is restored; a limit that does not say what remains counts as one. */
const untilRestored = (limits: RateLimits | null): number | null => {
  const known = [limits?.requests, limits?.tokens].filter(
    (limit): limit is RateLimit => limit !== null && limit !== undefined,
  );
  const usedUp = known.filter(({ remaining }) => remaining === null || remaining === 0);
  const resets = usedUp.flatMap(({ resetMs }) => resetMs ?? []);
  return resets.length === 0 ? null : Math.max(...resets);
};
