import { sides, type Side } from '../../comparison/outcome.ts';
import type { Settings } from '../../configuration/settings.ts';
import { adaptRoutedRequest, routeRequest } from '../../models/adaptation/route-request.ts';
import { proxyNotices } from '../../models/call/outbound-proxy.ts';
import { readRunKeys } from '../../models/keys.ts';
import type { Model, Price } from '../../models/model.ts';
import { resolveModel } from '../../models/resolve-model.ts';
import { limitNow, spendNoMore } from '../../money/settle-limit.ts';
import { loadCapture } from '../../store/captures/captures.ts';
import type { ComparisonRecord } from '../../store/comparisons/comparisons.ts';
import { loadPair } from '../../store/comparisons/pairs.ts';
import type { Store } from '../../store/open.ts';
import { countSentAs } from '../../store/redaction/redactions.ts';
import { UserError } from '../../text/user-error.ts';
import { RemedyBook, type Adapting } from '../remedy-book.ts';
import type { Replay } from '../start-replay.ts';
import { replayStarter, type ReplayStarter } from './replay-starter.ts';
import { requireNoOpenLines } from './requirements.ts';

/** A retry of one pair that is ready to start. */
export type PairRetry = {
  readonly start: (options: Pick<Parameters<ReplayStarter>[0], 'onEvent' | 'signal'>) => Replay;
  /** A notice that the user must read before anything is sent; empty if there is none. */
  readonly notice: string;
};

/**
 * Prepares to send the unanswered sides of one pair to the models of the comparison. Throws
 * UserError if that is not possible: a key is missing or must not go to that host, the provider is
 * unknown (the demo's endpoint exists only during the demo), or an answer of the pair is pending in
 * a batch.
 */
export const preparePairRetry = async (options: {
  readonly store: Store;
  readonly comparison: ComparisonRecord;
  readonly captureId: string;
  readonly settings: Settings;
  readonly prices: Readonly<Record<Side, Price | null>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
}): Promise<PairRetry> => {
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
  const book = new RemedyBook({ store, at: () => new Date().toISOString() });
  const adapting = { keep: new Set<string>(), policy: 'auto' as const, book };
  await learnFromFailures({ store, comparisonId: comparison.id, captureId, models, adapting });
  // The user asked for this one pair, but the month's budget still applies. Reserve it last: a
  // refused retry must not keep it from other runs.
  const limit = await limitNow({ store, run: null, comparisonIds: [], settings, at: new Date() });
  const start = replayStarter({
    store,
    comparisons: [{ comparison, models, prices }],
    keyOf: keys.keyOf,
    concurrency: 2,
    budget: limit?.usd ?? null,
    settings,
    adapting,
  });
  return {
    start: (how) => {
      const replay = start({ ...how, only: [captureId] });
      return { ...replay, done: replay.done.finally(() => spendNoMore(store)) };
    },
    notice: [
      ...keys.notices,
      ...proxyNotices([models.baseline, models.candidate], environment),
    ].join(' '),
  };
};

/**
 * Stores remedies for the failures of a pair, so that its next requests are changed accordingly. A
 * user who retries a pair has read why it failed.
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
    const routed = routeRequest(capture, model, keep);
    const { dialect } = routed;
    const scope = { comparisonIds: [comparisonId], modelLabel: model.label, dialect };
    const remedies = await book.remedies(scope, routed.body);
    const { body } = adaptRoutedRequest(routed, model, { keep, remedies });
    await book.learn(scope, { failure: record.failure, body }, { policy: 'auto', ask: null });
  }
};
