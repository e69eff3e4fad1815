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
