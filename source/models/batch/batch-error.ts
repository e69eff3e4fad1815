import type { Failure } from '../answer.ts';

/** A request to a Batch API that failed. */
export class BatchError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.name = 'BatchError';
    this.failure = failure;
  }
}

/** The error of an answer that has not what was asked for. `what`: what it has, as `no batch`. */
export const notAnAnswer = (what: string): BatchError =>
  new BatchError({
    reason: 'not_an_answer',
    message: `The Batch API answered with ${what}.`,
    status: null,
    retryAfterMs: null,
    parameter: null,
  });
