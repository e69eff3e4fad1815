import type { Failure, FailureReason } from '../../models/answer.ts';
import { requestedWaitMs } from '../../models/call/retry-after.ts';

/** How often one answer is asked for within a run, the first time included. */
export const maximumAttempts = 4;

/**
 * The same where the last try was turned away for coming too soon: it cost nothing, the whole model
 * has waited since, and a limit of a minute may need a minute.
 */
export const maximumRateLimited = 8;

const firstBackoffMs = 500;
const longestBackoffMs = 30_000;

/**
 * What passes by itself. A timeout is among them: whether the first byte or a later one was missing,
 * the next try may meet a server that is less busy. What a provider refuses (`rejected`,
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
 * How long to wait before the next try, in milliseconds, or null when there is none.
 * `failedAttempts` counts the tries of this run that failed, this one included (≥ 1); `random` gives
 * numbers in [0, 1). What the server asked to wait is kept to however long it is, with up to a tenth
 * (at most a second) on top, so that the calls which it turned away do not all come back at once.
 * Otherwise: exponential backoff from half a second to half a minute, half of it random.
 */
export const retryDelayMs = (
  failure: Failure,
  failedAttempts: number,
  random: () => number,
): number | null => {
  const most = failure.reason === 'rate_limited' ? maximumRateLimited : maximumAttempts;
  if (failedAttempts >= most || !passing.has(failure.reason)) return null;
  const requested = requestedWaitMs(failure);
  if (requested !== null) {
    return Math.ceil(requested + random() * Math.min(requested / 10, 1000));
  }
  const backoff = Math.min(longestBackoffMs, firstBackoffMs * 2 ** (failedAttempts - 1));
  return Math.ceil(backoff / 2 + (random() * backoff) / 2);
};
