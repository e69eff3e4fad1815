import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { recordedStreams } from '../../models/stream/recorded-stream.ts';
import { sides, type Side } from '../../comparison/outcome.ts';
import { noSettings, readConfiguration } from '../../configuration/read-configuration.ts';
import type { Settings } from '../../configuration/settings.ts';
import type { Model, Price } from '../../models/model.ts';
import { loadPrices } from '../../models/prices.ts';
import { requireKey } from '../../models/keys.ts';
import { createRemedyBook, type Adapting } from '../../replay/remedy-book.ts';
import { addRecords } from '../../store/captures/add-records.ts';
import {
  listComparisons,
  openComparison,
  selectRejected,
  type ComparisonRecord,
} from '../../store/comparisons/comparisons.ts';
import { offerAll, offerNone, selectAll } from '../../store/comparisons/select-captures.ts';
import { selectLike } from '../../store/comparisons/select-like.ts';
import { openStore, type Store } from '../../store/open.ts';
import { UserError } from '../../text/user-error.ts';
import { importTraffic } from '../../traffic/import.ts';
import type { FileReport } from '../../traffic/import-tally.ts';
import { inspectFiles } from '../../traffic/inspect-files.ts';
import { redactRecord } from '../../traffic/redaction/redact-record.ts';
import { readSelection } from '../../traffic/selection/read-selection.ts';
import { storeFile } from '../flags.ts';
import { openRedactor } from '../redacting/open-redactor.ts';
import { requireSentAlike } from '../redacting/require-sent-alike.ts';
import { readOriginals } from '../redacting/read-originals.ts';
import { redactionNotice } from '../redacting/redaction-notice.ts';
import { sendOf } from '../redacting/send-flag.ts';
import { trafficOptionsOf } from '../traffic-flags.ts';
import type { Ask } from '../money/ask.ts';
import { withNoPrice } from '../money/payable.ts';
import { budgetOf } from '../money/read-budget.ts';
import { checkBudget } from '../money/settle-budget.ts';
import { settleLimit } from '../money/settle-limit.ts';
import type { SpendingLimit } from '../money/spending-limit.ts';
import { requireBatchApis, requireNoOpenBatches } from './batch/batch-settings.ts';
import { adaptOf, keepOf } from './adapting/adapting-flags.ts';
import { adaptationNotices } from './adapting/adaptation-notices.ts';
import { replayStarter, type ReplayStarter } from './replay-starter.ts';
import { requireCaptures } from './require-captures.ts';
import { requireRecordings } from './require-recordings.ts';
import { partialNotice } from './partial-notice.ts';
import { concurrencyOf, modelsOf, type ReplayFlags } from './replay-settings.ts';
import { patienceOf, samplesOf, speedOf } from './run-flags.ts';
import { selectForRun, selectionOfRun } from './selecting/selection-step.ts';

/** A comparison that can be replayed; `store` is open and the caller closes it. */
export type PreparedReplay = {
  readonly store: Store;
  /** The first one where there are several candidates. */
  readonly comparison: ComparisonRecord & { readonly created: boolean };
  readonly models: Readonly<Record<Side, Model>>;
  readonly prices: Readonly<Record<Side, Price | null>>;
  /** The comparisons of the further candidates. */
  readonly more: readonly OtherComparison[];
  /** What the run may spend; null for as much as it takes. */
  readonly limit: SpendingLimit | null;
  /** Calls in flight at once. */
  readonly concurrency: number;
  /** Answers of each live model to each capture. */
  readonly samples: number;
  readonly settings: Settings;
  /** What was imported, file by file. */
  readonly reports: readonly FileReport[];
  /** What was selected of the captures, as a line; null: all of them. */
  readonly selected: string | null;
  /** What is to be known of the requests before the first call, as lines. */
  readonly notices: readonly string[];
  /** What may be changed of requests. */
  readonly adapting: Omit<Adapting, 'ask'>;
  readonly start: ReplayStarter;
};

/** The comparison of a further candidate with the same baseline. */
export type OtherComparison = Pick<PreparedReplay, 'comparison' | 'models' | 'prices'>;

/**
 * Does everything that comes before the first call: reads the flags, finds keys and prices, opens
 * the store and the comparison, imports the files into it or, without files, takes the captures of
 * the store, and selects of them what the flags say. Throws UserError, and leaves nothing behind
 * that was not there, for wrong flags, a mistake in the configuration, an unknown provider, a missing
 * key, a budget that is missing or cannot be kept, files that cannot be read, and a selection with
 * nothing to answer; Interrupted when the user, asked for a budget by `ask`, does not want to.
 * `models` and `prices` take the place of the flags' and of the configuration's (the demo).
 */
export const prepareReplay = async (options: {
  readonly files: readonly string[];
  readonly flags: ReplayFlags;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly models?: Readonly<Record<Side, Model>>;
  readonly prices?: Readonly<Record<Side, Price | null>>;
  /** Null where nobody can be asked. */
  readonly ask: Ask | null;
  /** A dry run: a copy of the store to work on. Without a call no key and no budget is needed. */
  readonly copy?: string;
  /** The answers are ordered in batches; default false. */
  readonly batch?: boolean;
}): Promise<PreparedReplay> => {
  const { ask, batch = false, copy, files, flags, environment } = options;
  const isDry = copy !== undefined;
  const settings =
    options.models === undefined
      ? await readConfiguration(flags.config, environment)
      : noSettings();
  const asModels = options.models ?? modelsOf(flags, settings.providers);
  const [candidate, ...others] =
    'candidates' in asModels ? asModels.candidates : [asModels.candidate];
  const models = { baseline: asModels.baseline, candidate };
  if (batch) {
    requireBatchApis([
      ...sides.map((side) => ({ side, model: models[side] })),
      ...others.map((model) => ({ side: 'candidate' as const, model })),
    ]);
  }
  const samples = samplesOf(flags);
  const speed = speedOf(flags);
  const patience = patienceOf(flags);
  const concurrency = concurrencyOf(flags);
  const given = budgetOf(flags);
  const keep = keepOf(flags);
  const policy = adaptOf(flags);
  const send = sendOf(flags, { batch, files: files.length });
  const today = new Date();
  const asked = readSelection(flags, today);
  const prices = options.prices ?? (await pricesOf(models, today, settings));
  const otherPrices = await Promise.all(
    others.map(async (other) => {
      const both = { baseline: models.baseline, candidate: other };
      return { ...(await pricesOf(both, today, settings)), baseline: prices.baseline };
    }),
  );
  const priced = [
    ...sides.map((side) => ({ side, model: models[side], price: prices[side] })),
    ...others.map((model, index) => ({
      side: 'candidate' as const,
      model,
      price: otherPrices[index]?.candidate ?? null,
    })),
  ];
  const otherKeys = others.map((other) => (isDry ? '' : keyOf(other, environment)));
  const keys = {
    baseline: isDry ? '' : keyOf(models.baseline, environment),
    candidate: isDry ? '' : keyOf(models.candidate, environment),
  };
  if (options.prices === undefined && !isDry) checkBudget(given, priced, ask !== null);
  const { mapping, lastTurn } = trafficOptionsOf(flags, files);
  const inspected = await inspectFiles(files, mapping);
  const shownAs = storeFile(flags.db, environment);
  const file = copy ?? shownAs;
  const isNew = !existsSync(file);
  const store = await openStore(file, { mustExist: files.length === 0, shownAs });
  try {
    const at = today.toISOString();
    const comparison = await openComparison(store, {
      name: flags.name ?? null,
      baseline: models.baseline.label,
      candidate: models.candidate.label,
      at,
    });
    const comparisonId = comparison.id;
    if (!batch && !isDry) await requireNoOpenBatches(store, comparisonId);
    const selection = await selectionOfRun(store, comparisonId, asked);
    const offer = selection !== null;
    if (offer) await offerNone(store);
    const redactor =
      flags.redact === false || files.length === 0
        ? null
        : await openRedactor(store, settings.redaction);
    const reports = await importTraffic({
      files: inspected,
      tools: recordedStreams,
      lastTurn,
      addRecords: (records, source) =>
        addRecords(
          store,
          records.map((record) => redactRecord(record, redactor)),
          { source, comparisonId, offer, at },
        ),
    });
    if (files.length === 0 && offer) {
      await selectRejected(store, comparisonId);
      await offerAll(store);
    } else if (files.length === 0) await selectAll(store, comparisonId);
    const selected = offer ? await selectForRun(store, comparisonId, selection) : null;
    await requireCaptures(store, comparisonId, { files: files.length, reports, at });
    await requireRecordings(store, comparison, models);
    const more: OtherComparison[] = [];
    for (const [index, other] of others.entries()) {
      const opened = await openComparison(store, {
        name: flags.name ?? null,
        baseline: models.baseline.label,
        candidate: other.label,
        at,
      });
      await selectLike(store, comparisonId, opened.id);
      const both = { baseline: models.baseline, candidate: other };
      if (!batch && !isDry) await requireNoOpenBatches(store, opened.id);
      await requireRecordings(store, opened, both);
      more.push({ comparison: opened, models: both, prices: otherPrices[index] ?? prices });
    }
    for (const one of [comparison, ...more.map((other) => other.comparison)]) {
      await requireSentAlike(store, one.id, send);
    }
    const idOf = (index: number): string => more[index]?.comparison.id ?? comparisonId;
    const limit = isDry
      ? null
      : await settleLimit({
          store,
          models: priced.map((one, index) => ({ ...one, comparisonId: idOf(index - 2) })),
          samples,
          given,
          ask,
          settings,
          at: today,
        });
    const book = createRemedyBook({ store, at: () => new Date().toISOString() });
    const adapting = { keep, policy, book };
    const isCalled = priced.some(({ model }) => model.kind === 'live');
    const read =
      isDry || redactor === null || send === 'redacted'
        ? null
        : await readOriginals({
            store,
            files: inspected,
            redactor,
            comparisonIds: [comparisonId, ...more.map((other) => other.comparison.id)],
            samples,
          });
    const notices = isDry
      ? []
      : [
          ...(await partialNotice(store, comparisonId, isCalled)),
          ...(await redactionNotice(store, comparisonId, isCalled, read)),
          ...(await adaptationNotices({
            store,
            models: priced.map((one, index) => ({ ...one, comparisonId: idOf(index - 2) })),
            keep,
            book,
          })),
        ];
    return {
      store,
      comparison,
      models,
      prices,
      more,
      limit,
      concurrency,
      samples,
      settings,
      reports,
      selected,
      notices,
      adapting,
      start: replayStarter({
        store,
        comparisonId,
        models,
        keys,
        prices: limit === null ? prices : withNoPrice(prices),
        more: more.map((one, index) => ({
          comparisonId: one.comparison.id,
          candidate: {
            model: one.models.candidate,
            apiKey: otherKeys[index] ?? '',
            price: (limit === null ? one.prices : withNoPrice(one.prices)).candidate,
          },
        })),
        concurrency,
        budget: limit?.usd ?? null,
        settings,
        adapting,
        samples,
        speed,
        ...(read === null ? {} : { originals: read.originals }),
        ...(patience === undefined ? {} : { patience }),
      }),
    };
  } catch (error) {
    const leave =
      isNew && error instanceof UserError && (await listComparisons(store)).length === 0;
    await store.close();
    // A mistake leaves no store where there was none.
    if (leave) for (const end of ['', '-wal', '-shm']) await rm(`${file}${end}`, { force: true });
    throw error;
  }
};

const pricesOf = async (
  models: Readonly<Record<Side, Model>>,
  at: Date,
  settings: Settings,
): Promise<Readonly<Record<Side, Price | null>>> => {
  const { priceOf } = await loadPrices(settings.prices);
  return { baseline: priceOf(models.baseline, at), candidate: priceOf(models.candidate, at) };
};

/** The key of a live model, empty for a recorded one. Throws UserError for a missing key. */
export const keyOf = (
  model: Model,
  environment: Readonly<Record<string, string | undefined>>,
): string => (model.kind === 'live' ? requireKey(model.provider, environment) : '');
