import type { Model } from '../../models/model.ts';
import { resolveModel } from '../../models/resolve-model.ts';
import type { LiveReplay } from '../../review/screen/services.ts';
import type { ComparisonRecord } from '../../store/comparisons/comparisons.ts';
import type { Store } from '../../store/open.ts';
import { liveReplay } from './live-replay.ts';
import { keyOf } from './replay-run.ts';
import { replayStarter } from './replay-starter.ts';

/**
 * Sends the sides of one pair that have no answer, to the models that the comparison names. Throws
 * UserError where they cannot be reached from here: a missing key, a provider that is not known (the
 * demo's endpoint lives only as long as the demo).
 */
export const retryPair = (options: {
  readonly store: Store;
  readonly comparison: ComparisonRecord;
  readonly captureId: string;
  readonly signal: AbortSignal;
  readonly environment: Readonly<Record<string, string | undefined>>;
}): LiveReplay => {
  const { store, comparison, environment } = options;
  const models = {
    baseline: resolveModel(comparison.baseline),
    candidate: resolveModel(comparison.candidate),
  };
  const key = (model: Model): string => keyOf(model, environment);
  const start = replayStarter({
    store,
    comparisonId: comparison.id,
    models,
    keys: { baseline: key(models.baseline), candidate: key(models.candidate) },
    prices: { baseline: null, candidate: null },
    concurrency: 2,
    budget: null,
  });
  return liveReplay((on) => start({ signal: options.signal, on, only: [options.captureId] }));
};
