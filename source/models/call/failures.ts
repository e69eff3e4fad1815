import type { Failure, FailureReason } from '../answer.ts';
import type { CutOff, Deadlines } from './deadlines.ts';

/** A failure that comes from no status: nothing to wait for, and no parameter in it. */
export const failureOf = (
  reason: FailureReason,
  message: string,
  status: number | null,
): Failure => ({ reason, message, status, retryAfterMs: null, parameter: null });

/** The failure of a call that was cut off; `status` is null when no headers had come. */
export const cutOffFailure = (
  cutOff: CutOff,
  deadlines: Deadlines,
  status: number | null,
): Failure => {
  if (cutOff === 'interrupted') {
    return failureOf('interrupted', 'The run was stopped while this call was in flight.', status);
  }
  const waited = {
    firstByteMs: 'No answer began',
    firstTokenMs: 'No token came',
    idleMs: 'The answer stood still',
    totalMs: 'The answer was not complete',
  }[cutOff];
  return failureOf('timeout', `${waited} within ${deadlines[cutOff] / 1000} s.`, status);
};
