import type { Failure } from '../answer.ts';

/**
 * How long the server asked to wait before the next request, in milliseconds ≥ 0 and without an
 * upper bound; null when it asked for nothing. Reads `retry-after-ms` and `retry-after`. A date is
 * compared with the server's own clock where the response tells it.
 */
export const retryAfterMs = (headers: Headers): number | null => {
  const milliseconds = decimal(headers.get('retry-after-ms'));
  if (milliseconds !== null) return milliseconds;
  const value = headers.get('retry-after');
  const seconds = decimal(value);
  if (seconds !== null) return seconds * 1000;
  // Date.parse takes `-3` for a date, too.
  const until = /[a-z]/i.test(value ?? '') ? Date.parse(value ?? '') : Number.NaN;
  if (Number.isNaN(until)) return null;
  const serverNow = Date.parse(headers.get('date') ?? '');
  return Math.max(0, until - (Number.isNaN(serverNow) ? Date.now() : serverNow));
};

const decimal = (text: string | null): number | null =>
  text !== null && /^\s*\d+(?:\.\d+)?\s*$/.test(text) ? Number(text) : null;

/**
 * How long the server asked to wait after a failure, in milliseconds ≥ 0; null if it did not ask.
 * Retries, pauses of a model and polling all respect it.
 */
export const requestedWaitMs = (failure: Failure): number | null =>
  failure.retryAfterMs === null ? null : Math.max(0, failure.retryAfterMs);
