import { jsonDocument } from '../text/json-document.ts';
import { apiKey } from '../models/keys.ts';
import type { Model, Price, PriceTier } from '../models/model.ts';
import { batchShareOf, hourWriteRate } from '../models/prices.ts';
import { countRecords } from '../store/captures/captures.ts';
import { keepHeapSmall } from './terminal/heap.ts';
import { importProgress } from './terminal/status-line.ts';
import { batchProblem } from '../replay/batch/plan-jobs.ts';
import { countDryRun } from '../replay/estimate/count-calls.ts';
import { copyStore } from '../store/engine/store-copy.ts';
import {
  dryRunReport,
  type CountedCandidate,
  type DryRunReport,
} from '../replay/estimate/report.ts';
import { dryRunText } from './texts/dry-run-text.ts';
import { prepareReplay } from '../replay/prepare/prepare-replay.ts';
import type { ReplaySettings } from '../replay/prepare/replay-settings.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Runs `--dry-run` for a command that replays: prints what would be sent. */
export const runDryRun = async (options: {
  readonly files: readonly string[];
  readonly asked: ReplaySettings;
  readonly environment: Environment;
  /** Whether to print one JSON document instead of text. */
  readonly json: boolean;
}): Promise<0> => {
  keepHeapSmall();
  const report = await dryRun(options);
  process.stdout.write(options.json ? jsonDocument(report, 'indented') : dryRunText(report));
  return 0;
};

/**
 * Reports what a replay of these files would send and cost. It prepares the replay on a temporary
 * copy of the store and sends nothing, so it needs neither keys nor a budget. Throws the same
 * UserErrors as the replay.
 */
export const dryRun = async (options: {
  readonly files: readonly string[];
  readonly asked: ReplaySettings;
  readonly environment: Environment;
}): Promise<DryRunReport> => {
  const { asked, environment } = options;
  const { batch } = asked;
  const copy = await copyStore(asked.storeFile);
  try {
    const prepared = await prepareReplay({
      files: options.files,
      asked,
      environment,
      ask: null,
      progress: importProgress(process.stderr),
      copy: copy.file,
    });
    const { comparisons, selected, settings, store } = prepared;
    const { concurrency, keep, samples } = asked;
    const [{ comparison, models: firstModels, prices: firstPrices }] = comparisons;
    try {
      const candidates: CountedCandidate[] = [];
      for (const { comparison: one, models, prices: full } of comparisons) {
        const prices = {
          baseline: priceIn(full.baseline, batch),
          candidate: priceIn(full.candidate, batch),
        };
        const count = await countDryRun(store, one.id, {
          models,
          prices,
          samples,
          keep,
          ...(batch ? { problem: batchProblem } : {}),
        });
        const { candidate: model } = models;
        const missingKey = missingKeyOf(model, environment);
        candidates.push({ model, price: prices.candidate, missingKey, count });
      }
      return dryRunReport({
        name: comparison.name,
        selected,
        notReplayable: (await countRecords(store, comparison.id)).notReplayable,
        samples,
        batch,
        baseline: {
          model: firstModels.baseline,
          price: priceIn(firstPrices.baseline, batch),
          missingKey: missingKeyOf(firstModels.baseline, environment),
        },
        candidates,
        concurrency,
        modelLimits: settings.modelLimits,
      });
    } finally {
      await store.close();
    }
  } finally {
    copy.remove();
  }
};

const missingKeyOf = (model: Model, environment: Environment): string | null => {
  if (model.kind !== 'live' || !model.provider.keyRequired) return null;
  const { provider } = model;
  return apiKey(provider, environment) === null ? (provider.keyVariables[0] ?? null) : null;
};

const priceIn = (price: Price | null, batch: boolean): Price | null =>
  price === null || !batch ? price : batchPrice(price);

const batchPrice = (price: Price): Price => {
  const share = batchShareOf(price);
  const shared = <Rates extends Omit<PriceTier, 'above'>>(rates: Rates) => ({
    ...rates,
    input: rates.input * share,
    output: rates.output * share,
    cachedInput: rates.cachedInput === null ? null : rates.cachedInput * share,
    cacheWrite: (rates.cacheWrite ?? rates.input) * share,
    hourCacheWrite: hourWriteRate(rates) * share,
  });
  const { at, tiers } = price;
  return {
    ...shared(price),
    ...(tiers === undefined ? {} : { tiers: tiers.map(shared) }),
    ...(at === undefined ? {} : { at: (moment: Date) => batchPrice(at(moment)) }),
  };
};
