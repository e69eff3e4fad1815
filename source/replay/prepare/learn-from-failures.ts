import { sides, type Side } from '../../comparison/outcome.ts';
import { adaptRequest } from '../../models/adaptation/adapt-request.ts';
import type { Model } from '../../models/model.ts';
import type { Adapting } from '../remedy-book.ts';
import { loadPair } from '../../store/comparisons/pairs.ts';
import type { Store } from '../../store/open.ts';

/**
 * Remembers what the failed sides of a pair were refused for, so that they are sent with that changed:
 * whoever has a pair sent again has read why it failed.
 */
export const learnFromFailures = async (options: {
  readonly store: Store;
  readonly comparisonId: string;
  readonly captureId: string;
  readonly models: Readonly<Record<Side, Model>>;
  readonly adapting: Pick<Adapting, 'book' | 'keep'>;
}): Promise<void> => {
  const { captureId, comparisonId, models, store } = options;
  const { book, keep } = options.adapting;
  const { capture, sides: records } = await loadPair(store, comparisonId, captureId);
  for (const side of sides) {
    const record = records[side];
    const model = models[side];
    if (record.kind !== 'failed' || model.kind !== 'live') continue;
    const scope = { comparisonIds: [comparisonId], modelLabel: model.label };
    const remedies = await book.remedies(scope, capture.request);
    const { body } = adaptRequest(capture.request, model, { keep, remedies });
    await book.learn(scope, { failure: record.failure, body }, { policy: 'auto', ask: null });
  }
};
