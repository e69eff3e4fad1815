import type { Failure } from '../../models/answer.ts';
import type { BatchStatus } from '../../models/batch/batch-status.ts';

/**
 * Why a request has no line in the files of a batch that is over. `problem` is what the provider said
 * of its line of the input file; null where it said nothing.
 */
export const missingFailure = (status: BatchStatus, problem: string | null): Failure => {
  const failure = (reason: Failure['reason'], message: string): Failure => ({
    reason,
    message,
    status: null,
    retryAfterMs: null,
    parameter: null,
  });
  if (problem !== null)
    return failure('rejected', `The batch was refused at this line: ${problem}`);
  switch (status.phase) {
    case 'expired':
      return failure('timeout', 'The batch expired before it came to this request.');
    case 'cancelled':
      return failure('interrupted', 'The batch was cancelled before it came to this request.');
    case 'failed':
      return failure(
        'interrupted',
        `The batch was refused as a whole: ${status.problems[0]?.message ?? 'it does not say why'}`,
      );
    default:
      return failure(
        'truncated',
        "The batch is complete, but neither its output nor its error file has this request's line.",
      );
  }
};
