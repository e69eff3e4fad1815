import type { Failure } from '../answer.ts';

/**
 * Returns the wait that the server requested before the next request, in milliseconds ≥ 0 without
 * an upper bound; null if it requested none. Reads `retry-after-ms` and `retry-after`. A date is
 * compared with the server's own clock if the response states it.
 */
export const retryAfterMs = (headers: Headers): number | null => {
  const milliseconds = decimal(headers.get('retry-after-ms'));
  if (milliseconds !== null) return milliseconds;
  const value = headers.get('retry-after');
  const seconds = decimal(value);
  if (seconds !== null) return seconds * 1000;
  // Date.parse would also accept `-3` as a date.
  const until = /[a-z]/i.test(value ?? '') ? Date.parse(value ?? '') : Number.NaN;
  if (Number.isNaN(until)) return null;
  const serverNow = Date.parse(headers.get('date') ?? '');
  return Math.max(0, until - (Number.isNaN(serverNow) ? Date.now() : serverNow));
};

const decimal = (text: string | null): number | null =>
  text !== null && /^\s*\d+(?:\.\d+)?\s*$/.test(text) ? Number(text) : null;

/**
 * Returns the wait that the server requested after a failure, in milliseconds ≥ 0; null if none.
 * Retries, pauses of a model and polling all respect it.
 */
export const requestedWaitMs = (failure: Failure): number | null =>
  failure.retryAfterMs === null ? null : Math.max(0, failure.retryAfterMs);
