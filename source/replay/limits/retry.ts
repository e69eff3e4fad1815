import type { Failure, FailureReason } from '../../models/answer.ts';
import { duration } from '../../text/numbers.ts';

/** How often one answer is asked for within a run, the first time included. */
export const maximumAttempts = 4;

/**
 * The same where the last attempt was rate limited: it cost nothing, the whole model has waited since,
 * and a limit per minute may take a minute.
 */
export const maximumRateLimited = 8;

const firstBackoffMs = 500;
const longestBackoffMs = 30_000;

/** How long a model is left alone that is rate limited and does not say for how long. */
const rateLimitPauseMs = 1_000;

const firstPauseMs = 5_000;
const longestPauseMs = 300_000;

/**
 * Failures that may pass. A timeout is among them, whether the first byte or a later one was missing:
 * the next attempt may meet a server that is less busy. What a provider refuses (`rejected`,
 * `unauthorized`, …) it refuses again, and an answer above the cap would be above it again.
 */
const passing: ReadonlySet<FailureReason> = new Set([
  'connection',
  'timeout',
  'rate_limited',
  'server_error',
  'truncated',
  'stream_error',
]);

/**
 * How long to wait before the next attempt, in milliseconds; null when there is none, also because the
 * server asks for more than `longestMs`. `failedAttempts` counts those of this run that failed, this
 * one included (≥ 1); `random` gives numbers in [0, 1). What the server asked for is kept to, plus up
 * to a tenth (at most a second), so that the calls it turned away do not all come back at once. Without
 * such a request: exponential backoff from half a second to half a minute, half of it random.
 */
export const retryDelayMs = (
  failure: Failure,
  failedAttempts: number,
  random: () => number,
  longestMs: number,
): number | null => {
  const most = failure.reason === 'rate_limited' ? maximumRateLimited : maximumAttempts;
  if (failedAttempts >= most || !mayPass(failure) || asksTooMuch(failure, longestMs)) return null;
  const requested = failure.retryAfterMs;
  if (requested !== null) {
    return Math.ceil(requested + random() * Math.min(requested / 10, 1000));
  }
  const backoff = Math.min(longestBackoffMs, firstBackoffMs * 2 ** (failedAttempts - 1));
  return Math.ceil(backoff / 2 + (random() * backoff) / 2);
};

/** Whether the same request may be answered later. */
export const mayPass = ({ reason }: Failure): boolean => passing.has(reason);

/** Whether the same request may be answered later, but only after a longer wait than `longestMs`. */
export const asksTooMuch = (failure: Failure, longestMs: number): boolean =>
  mayPass(failure) && (failure.retryAfterMs ?? 0) > longestMs;

/** The failure, with a sentence about the wait where the server asks for more than `longestMs`. */
export const withLongWait = (failure: Failure, longestMs: number): Failure => {
  if (!asksTooMuch(failure, longestMs)) return failure;
  const asked = duration(failure.retryAfterMs);
  const stop = /[.!?…]$/.test(failure.message) ? '' : '.';
  return {
    ...failure,
    message: `${failure.message}${stop} It asks for a wait of ${asked}; this run waits at most ${duration(longestMs)} (--patience).`,
  };
};

/**
 * How long every call to the model is held back after this failure, in milliseconds; null when only
 * the call that failed waits. `delayMs` is how long that one does.
 */
export const modelPauseMs = (failure: Failure, delayMs: number | null): number | null =>
  failure.reason === 'rate_limited' ? (failure.retryAfterMs ?? delayMs ?? rateLimitPauseMs) : null;

/** How long to pause a failing model before the next probe, given the number of failed probes. */
export const probeDelayMs = (failure: Failure, failedProbes: number): number =>
  failure.retryAfterMs ?? Math.min(longestPauseMs, firstPauseMs * 2 ** failedProbes);

/** No batch takes longer than a day, so no wait for a batch is longer. */
export const longestBatchWaitMs = 86_400_000;

/**
 * How long to wait after a failed question about a batch job, in milliseconds; null when it may not
 * be asked again. Never less than `intervalMs`, unless the server names a time and this is the first
 * failure in a row.
 */
export const pollDelayMs = (
  failure: Failure,
  { failuresInRow, intervalMs }: { readonly failuresInRow: number; readonly intervalMs: number },
  random: () => number,
): number | null => {
  const delayMs = retryDelayMs(failure, 1, random, longestBatchWaitMs);
  if (delayMs === null) return null;
  const isAsked = failuresInRow === 1 && failure.retryAfterMs !== null;
  return isAsked ? delayMs : Math.max(delayMs, intervalMs);
};
