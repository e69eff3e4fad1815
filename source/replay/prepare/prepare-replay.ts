import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { Side } from '../../comparison/outcome.ts';
import { noSettings, readConfiguration } from '../../configuration/read-configuration.ts';
import type { Settings } from '../../configuration/settings.ts';
import { checkKeyHosts, noKeys, readRunKeys, type RunKeys } from '../../models/keys.ts';
import type { Model, Price } from '../../models/model.ts';
import { createRemedyBook, type Adapting } from '../remedy-book.ts';
import {
  listComparisons,
  openComparison,
  type ComparisonRecord,
} from '../../store/comparisons/comparisons.ts';
import { selectLike } from '../../store/comparisons/select-captures.ts';
import { openStore, type Store } from '../../store/open.ts';
import { UserError } from '../../text/user-error.ts';
import type { FileReport } from '../../intake/import-tally.ts';
import { inspectFiles } from '../../intake/inspect-files.ts';
import type { ImportProgress } from '../../intake/take-in.ts';
import { openRedactor } from '../../store/redaction/open-redactor.ts';
import { requireSentAlike } from './require-sent-alike.ts';
import { readOriginals } from './read-originals.ts';
import { redactionNotice } from '../../commands/texts/notices.ts';
import type { Ask } from '../../commands/terminal/ask.ts';
import { withNoPrice } from '../../money/payable.ts';
import { checkBudget } from '../../money/settle-budget.ts';
import { settleLimit } from '../../money/settle-limit.ts';
import type { SpendingLimit } from '../../money/spending-limit.ts';
import { adaptationNotices } from './adaptation-notices.ts';
import { modelsOf, type ReplaySettings, type RunModels } from './replay-settings.ts';
import { replayStarter, type ReplayStarter } from './replay-starter.ts';
import { requireBatchApis, requireNoOpenBatches } from './require-batches.ts';
import { requireRecordings } from './require-recordings.ts';
import { partialNotice } from '../../commands/texts/partial-notice.ts';
import { sidesOfRun, withPrices } from './sides-of-run.ts';
import { takeCaptures } from '../../intake/take-captures.ts';

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
  readonly keyOf: RunKeys['keyOf'];
  /** What was imported, file by file. */
  readonly reports: readonly FileReport[];
  /** What was selected of the captures, as a line; null: all of them. */
  readonly selected: string | null;
  /** What the user must know before the first call, as lines: keys and hosts first. */
  readonly notices: readonly string[];
  /** What may be changed of requests. */
  readonly adapting: Omit<Adapting, 'ask'>;
  readonly start: ReplayStarter;
};

/** The comparison of a further candidate with the same baseline. */
export type OtherComparison = Pick<PreparedReplay, 'comparison' | 'models' | 'prices'>;

/**
 * Does everything that comes before the first call: finds keys and prices, opens the store and the
 * comparison, imports the files into it or, without files, takes the captures of the store, and
 * selects of them what is asked for. Throws UserError, and leaves nothing behind that was not there,
 * for a mistake in the configuration, an unknown provider, a missing key or one that would go to a
 * wrong host, a budget that is missing or cannot be kept, files that cannot be read, and a selection
 * with nothing to answer; Interrupted when the user, asked for a budget by `ask`, declines. `models`
 * and `prices` take the place of those that are asked for and of the configuration's (the demo).
 */
export const prepareReplay = async (options: {
  readonly files: readonly string[];
  readonly asked: ReplaySettings;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly models?: Readonly<Record<Side, Model>>;
  readonly prices?: Readonly<Record<Side, Price | null>>;
  /** Null where nobody can be asked. */
  readonly ask: Ask | null;
  /** Shows how far the import of the files is; null shows nothing. */
  readonly progress: ImportProgress | null;
  /** A dry run: a copy of the store to work on. Without a call no key and no budget is needed. */
  readonly copy?: string;
}): Promise<PreparedReplay> => {
  const { ask, asked, copy, files, environment, progress } = options;
  const { adapt: policy, batch, budget: given, concurrency, keep, name, samples, send } = asked;
  const isDry = copy !== undefined;
  const settings =
    options.models === undefined
      ? await readConfiguration(asked.config, environment)
      : noSettings();
  const chosen: RunModels =
    options.models === undefined
      ? modelsOf(asked, settings.providers)
      : { baseline: options.models.baseline, candidates: [options.models.candidate] };
  const [candidate, ...others] = chosen.candidates;
  const models = { baseline: chosen.baseline, candidate };
  if (batch) requireBatchApis(sidesOfRun(chosen));
  const today = new Date();
  const priced = await withPrices(sidesOfRun(chosen), {
    settings,
    at: today,
    given: options.prices,
  });
  /** Of the baseline and a candidate, by its place among them. */
  const pricesOf = (index: number): Readonly<Record<Side, Price | null>> => ({
    baseline: priced[0]?.price ?? null,
    candidate: priced[index + 1]?.price ?? null,
  });
  const prices = pricesOf(0);
  const called = sidesOfRun(chosen).map(({ model }) => model);
  if (isDry) checkKeyHosts(called, environment, settings);
  const keys = isDry ? noKeys : readRunKeys(called, environment, settings);
  if (options.prices === undefined && !isDry) checkBudget(given, priced, ask !== null);
  const inspected = await inspectFiles(files, asked.mapping);
  const shownAs = asked.storeFile;
  const file = copy ?? shownAs;
  const isNew = !existsSync(file);
  const store = await openStore(file, { mustExist: files.length === 0, shownAs });
  try {
    const at = today.toISOString();
    const comparison = await openComparison(store, {
      name,
      baseline: models.baseline.label,
      candidate: models.candidate.label,
      at,
    });
    const comparisonId = comparison.id;
    if (!batch && !isDry) await requireNoOpenBatches(store, comparisonId);
    const redactor =
      !asked.redact || files.length === 0 ? null : await openRedactor(store, settings.redaction);
    const { reports, selected } = await takeCaptures(store, comparisonId, {
      files: inspected,
      storeFile: file,
      lastTurn: asked.lastTurn,
      redactor,
      asked: asked.selection,
      progress,
      at,
    });
    await requireRecordings(store, comparison, models);
    const more: OtherComparison[] = [];
    for (const [index, other] of others.entries()) {
      const opened = await openComparison(store, {
        name,
        baseline: models.baseline.label,
        candidate: other.label,
        at,
      });
      await selectLike(store, comparisonId, opened.id);
      const both = { baseline: models.baseline, candidate: other };
      if (!batch && !isDry) await requireNoOpenBatches(store, opened.id);
      await requireRecordings(store, opened, both);
      more.push({ comparison: opened, models: both, prices: pricesOf(index + 1) });
    }
    for (const one of [comparison, ...more.map((other) => other.comparison)]) {
      await requireSentAlike(store, one.id, send);
    }
    const inComparisons = priced.map((one, index) => ({
      ...one,
      comparisonId: more[index - 2]?.comparison.id ?? comparisonId,
    }));
    const limit = isDry
      ? null
      : await settleLimit({
          store,
          models: inComparisons,
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
            progress,
            comparisonIds: [comparisonId, ...more.map((other) => other.comparison.id)],
            samples,
          });
    const notices = isDry
      ? []
      : [
          ...keys.notices,
          ...(await partialNotice(store, comparisonId, isCalled)),
          ...(await redactionNotice(store, comparisonId, isCalled, read)),
          ...(await adaptationNotices({
            store,
            models: inComparisons,
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
      keyOf: keys.keyOf,
      reports,
      selected,
      notices,
      adapting,
      start: replayStarter({
        store,
        comparisonId,
        models,
        keyOf: keys.keyOf,
        prices: limit === null ? prices : withNoPrice(prices),
        more: more.map((one) => ({
          comparisonId: one.comparison.id,
          candidate: {
            model: one.models.candidate,
            apiKey: keys.keyOf(one.models.candidate),
            price: (limit === null ? one.prices : withNoPrice(one.prices)).candidate,
          },
        })),
        concurrency,
        budget: limit?.usd ?? null,
        settings,
        adapting,
        samples,
        speed: asked.speed,
        patience: asked.patience,
        ...(read === null ? {} : { originals: read.originals }),
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
