import { openBatchApi } from '../../models/batch/batch-api.ts';
import { batchProfileOf } from '../../models/batch/batch-profile.ts';
import type { Model, Price } from '../../models/model.ts';
import { withNoPrice } from '../../money/prices-to-pay.ts';
import { printableLine } from '../../text/printable.ts';
import { UserError } from '../../text/user-error.ts';
import { createAmender } from '../batch/amend-request.ts';
import type { BatchEvent } from '../batch/batch-event.ts';
import type { BatchModel } from '../batch/batch-options.ts';
import { startBatchReplay, type BatchReplay } from '../batch/batch-replay.ts';
import type { AskRemedy } from '../remedy-book.ts';
import type { PreparedReplay } from './prepare-replay.ts';
import { realWorld } from './replay-starter.ts';

type BatchStartOptions = {
  /** The longest time to poll, in milliseconds; null polls to the end. */
  readonly pollForMs: number | null;
  readonly signal: AbortSignal;
  readonly ask: AskRemedy | null;
  readonly onEvent: (event: BatchEvent) => void;
};

/** Starts a prepared batch replay on the real network and clock. */
export const startPreparedBatches = (
  prepared: PreparedReplay,
  options: BatchStartOptions,
): BatchReplay => {
  const { asked, comparisons, limit, settings, store } = prepared;
  const [first] = comparisons;
  const ids = comparisons.map(({ comparison }) => comparison.id);
  const priced = comparisons.map((one) => ({
    ...one,
    prices: limit === null ? one.prices : withNoPrice(one.prices),
  }));
  const baselinePrice = priced[0]?.prices.baseline ?? null;
  return startBatchReplay({
    ...realWorld(),
    store,
    thinkTags: settings.thinkTags,
    baseline: batchModel(prepared, options, {
      model: first.models.baseline,
      price: baselinePrice,
      comparisonIds: ids,
    }),
    comparisons: priced.map(({ comparison: { id }, models, prices }) => ({
      comparisonId: id,
      candidate: batchModel(prepared, options, {
        model: models.candidate,
        price: prices.candidate,
        comparisonIds: [id],
      }),
    })),
    samples: asked.samples,
    budget: limit?.usd ?? null,
    pollForMs: options.pollForMs,
    signal: options.signal,
    onEvent: options.onEvent,
  });
};

/** Returns a model with its batch access, for these comparisons. */
const batchModel = (
  { adapting, keyOf }: PreparedReplay,
  { ask, signal }: BatchStartOptions,
  target: {
    readonly model: Model;
    readonly price: Price | null;
    readonly comparisonIds: readonly string[];
  },
): BatchModel => {
  const { comparisonIds, model, price } = target;
  if (model.kind === 'recorded') return model;
  const profile = batchProfileOf(model.provider);
  if (profile === null) throw new UserError(`${printableLine(model.label)} has no Batch API.`);
  const apiKey = keyOf(model);
  const scope = { comparisonIds, modelLabel: model.label, dialect: 'chat' } as const;
  return {
    model,
    profile,
    api: openBatchApi({ model, apiKey, profile, signal }),
    apiKey,
    price,
    ...createAmender({ model, scope, adapting: { ...adapting, ask } }),
  };
};
