import type { Side } from '../../comparison/outcome.ts';
import type { Settings } from '../../configuration/settings.ts';
import { readRunKeys } from '../../models/keys.ts';
import type { Price } from '../../models/model.ts';
import { resolveModel } from '../../models/resolve-model.ts';
import type { LiveReplay } from '../event.ts';
import { createRemedyBook } from '../remedy-book.ts';
import { loadCapture } from '../../store/captures/captures.ts';
import type { ComparisonRecord } from '../../store/comparisons/comparisons.ts';
import type { Store } from '../../store/open.ts';
import { countSentAs } from '../../store/redaction/redactions.ts';
import { UserError } from '../../text/user-error.ts';
import { withNoPrice } from '../../money/payable.ts';
import { limitNow, spendNoMore } from '../../money/settle-limit.ts';
import { requireNoOpenLines } from './require-batches.ts';
import { learnFromFailures } from './learn-from-failures.ts';
import { liveReplay } from '../live-replay.ts';
import { replayStarter } from './replay-starter.ts';

/**
 * Sends the sides of one pair that have no answer, to the models that the comparison names. Throws
 * UserError where they cannot be reached from here: a missing key or one that may not go there, a provider that is not known (the
 * demo's endpoint lives only as long as the demo); and where an answer of the pair is in a batch.
 */
export const retryPair = async (options: {
  readonly store: Store;
  readonly comparison: ComparisonRecord;
  readonly captureId: string;
  readonly settings: Settings;
  readonly prices: Readonly<Record<Side, Price | null>>;
  readonly signal: AbortSignal;
  readonly environment: Readonly<Record<string, string | undefined>>;
}): Promise<LiveReplay> => {
  const { captureId, store, comparison, environment, prices, settings } = options;
  await requireNoOpenLines(store, comparison.id, captureId);
  const models = {
    baseline: resolveModel(comparison.baseline, settings.providers),
    candidate: resolveModel(comparison.candidate, settings.providers),
  };
  const keys = readRunKeys([models.baseline, models.candidate], environment, settings);
  const isRedacted = (await loadCapture(store, captureId))?.redacted === true;
  if (isRedacted && (await countSentAs(store, comparison.id)).original > 0) {
    throw new UserError(
      'This comparison sends originals, which are not in the store: try it again with understudy replay FILES --send original.',
    );
  }
  const book = createRemedyBook({ store, at: () => new Date().toISOString() });
  const adapting = { keep: new Set<string>(), policy: 'auto' as const, book };
  await learnFromFailures({ store, comparisonId: comparison.id, captureId, models, adapting });
  // Whoever asks for one pair again means it; the month's budget holds all the same. It is set aside
  // last: what is refused before must not keep it from other runs.
  const limit = await limitNow({
    store,
    run: null,
    comparisonIds: [],
    settings,
    at: new Date(),
  });
  const start = replayStarter({
    store,
    comparisonId: comparison.id,
    models,
    keyOf: keys.keyOf,
    prices: limit === null ? prices : withNoPrice(prices),
    concurrency: 2,
    budget: limit?.usd ?? null,
    settings,
    adapting,
  });
  const again = liveReplay((on) => {
    const replay = start({ signal: options.signal, on, only: [captureId] });
    return { ...replay, done: replay.done.finally(() => spendNoMore(store)) };
  });
  return { ...again, notice: keys.notices.join(' ') };
};
