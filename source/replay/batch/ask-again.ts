import type { Side } from '../../comparison/outcome.ts';
import type { Failure } from '../../models/answer.ts';
import { BatchError } from '../../models/batch/batch-client.ts';
import { retryDelayMs } from '../limits/retry.ts';
import type { BatchRun } from './batch-run.ts';

/** How a request to a Batch API ended, for good. */
export type Asked<Result> =
  | { readonly kind: 'done'; readonly result: Result }
  | { readonly kind: 'failed'; readonly failure: Failure };

/**
 * Makes a request that may be made twice without harm, up to four times while its failures may pass
 * by themselves. Errors that are no BatchError go through.
 */
export const askAgain = async <Result>(
  run: BatchRun,
  side: Side,
  what: string,
  ask: () => Promise<Result>,
): Promise<Asked<Result>> => {
  for (let tries = 1; ; tries++) {
    const failure = await failureOf(async () => ({ kind: 'done' as const, result: await ask() }));
    if (failure.kind === 'done') return failure;
    const { random, signal, wait } = run.options;
    const delayMs = signal.aborted ? null : retryDelayMs(failure.failure, tries, random);
    if (delayMs === null) return failure;
    run.emit({
      kind: 'retrying',
      side,
      comparisonId: run.comparisonId,
      what,
      failure: failure.failure,
      delayMs,
    });
    await wait(delayMs, signal);
  }
};

/** The result, or the failure of a BatchError that was thrown. */
export const failureOf = async <Result>(
  ask: () => Promise<Result>,
): Promise<Result | { readonly kind: 'failed'; readonly failure: Failure }> => {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof BatchError) return { kind: 'failed', failure: error.failure };
    throw error;
  }
};
