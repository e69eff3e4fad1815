import type { Side } from '../../comparison/outcome.ts';
import type { Failure } from '../../models/answer.ts';
import { BatchError } from '../../models/batch/batch-client.ts';
import { longestBatchWaitMs, retryDelayMs } from '../limits/retry.ts';
import type { BatchComparison } from './batch-comparison.ts';

/** The outcome of a request to a Batch API. */
export type ProviderResponse<Result> =
  | { readonly kind: 'done'; readonly result: Result }
  | { readonly kind: 'failed'; readonly failure: Failure };

/**
 * Makes an idempotent request up to four times while its failures are transient. `what` names the
 * request in messages. Errors other than BatchError propagate.
 */
export const repeatRequest = async <Result>(
  comparison: BatchComparison,
  side: Side,
  what: string,
  request: () => Promise<Result>,
): Promise<ProviderResponse<Result>> => {
  const { random, signal, wait } = comparison.options;
  for (let tries = 1; ; tries++) {
    const response = await requestOnce(request);
    if (response.kind === 'done') return response;
    const { failure } = response;
    const delayMs = signal.aborted
      ? null
      : retryDelayMs(failure, tries, random, longestBatchWaitMs);
    if (delayMs === null) return response;
    const comparisonId = comparison.id;
    comparison.run.emit({ kind: 'retrying', side, comparisonId, what, failure, delayMs });
    await wait(delayMs, signal);
  }
};

/**
 * The failure of a request for a batch or its files. One that the provider does not have may be that of another
 * key, or gone for good.
 */
export const goneAtProvider = (failure: Failure): Failure => {
  if (failure.reason !== 'not_found') return failure;
  const message = `${failure.message.replace(/\.$/, '')}. If it was deleted there, its answers are lost, and a replay under another --name asks for them again.`;
  return { ...failure, message };
};

/** Makes a request and returns a BatchError as its failure. */
export const requestOnce = async <Result>(
  request: () => Promise<Result>,
): Promise<ProviderResponse<Result>> => {
  try {
    return { kind: 'done', result: await request() };
  } catch (error) {
    if (error instanceof BatchError) return { kind: 'failed', failure: error.failure };
    throw error;
  }
};
