import type { Failure, FailureReason } from '../../models/answer.ts';
import { duration } from '../../text/numbers.ts';

/** The most attempts at one answer within a run, including the first. */
export const maximumAttempts = 4;

/**
 * The most attempts if the last one was rate limited: it cost nothing, all calls to the model have
 * waited since, and a limit per minute may take a minute to reset.
 */
export const maximumRateLimited = 8;

const firstBackoffMs = 500;
const longestBackoffMs = 30_000;

/** The pause of a rate-limited model whose provider names no time. */
const rateLimitPauseMs = 1_000;

const firstPauseMs = 5_000;
const longestPauseMs = 300_000;

/**
 * Transient failures. Timeouts of the first byte or a later one are included: the server may be
 * less busy at the next attempt. A provider would refuse the same request again (`rejected`,
 * `unauthorized`, …), and an answer above the size limit would exceed it again.
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

/** Returns whether a later attempt at the same request may succeed. */
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
 * Returns how long to hold back every call to the model after this failure, in milliseconds; null
 * if only the failed call waits. `delayMs` is the delay of the failed call.
 */
export const modelPauseMs = (failure: Failure, delayMs: number | null): number | null =>
  failure.reason === 'rate_limited' ? (failure.retryAfterMs ?? delayMs ?? rateLimitPauseMs) : null;

/** Returns the pause before the next probe, given the number of failed probes. */
export const probeDelayMs = (failure: Failure, failedProbes: number): number =>
  failure.retryAfterMs ?? Math.min(longestPauseMs, firstPauseMs * 2 ** failedProbes);

/** No batch takes longer than a day, so no wait for a batch is longer. */
export const longestBatchWaitMs = 86_400_000;

/**
 * Returns the delay after a failed poll of a batch job, in milliseconds; null if the job must not
 * be polled again. The delay is at least `intervalMs`, unless the server names a time and this is
 * the first consecutive failure.
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
