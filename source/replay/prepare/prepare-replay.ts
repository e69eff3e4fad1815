import { rm } from 'node:fs/promises';
import { noSettings, readConfiguration } from '../../configuration/read-configuration.ts';
import type { Settings } from '../../configuration/settings.ts';
import type { FileReport } from '../../intake/import-tally.ts';
import { inspectFiles } from '../../intake/inspect-files.ts';
import { isBulk } from '../../intake/store-sink.ts';
import type { ImportProgress } from '../../intake/take-in.ts';
import type { RunKeys } from '../../models/keys.ts';
import type { AskLine } from '../../money/settle-budget.ts';
import { holdDailyBudget } from '../../money/hold-daily-budget.ts';
import { limitToday, settleLimit, type SpendingLimit } from '../../money/settle-limit.ts';
import { listComparisons } from '../../store/comparisons/comparisons.ts';
import { openStore, type Store } from '../../store/open.ts';
import { openRedactor } from '../../store/redaction/open-redactor.ts';
import { UserError } from '../../text/user-error.ts';
import { DailyBudget } from '../limits/daily-budget.ts';
import { RemedyBook, type Adapting } from '../remedy-book.ts';
import { chooseModels, type ChosenModels, type SimulatedModels } from './choose-models.ts';
import { adaptationNotices, partialNotices, redactionNotices } from './preparation-notices.ts';
import { followRules } from './follow-rules.ts';
import { openComparisons, type OpenedComparison } from './open-comparisons.ts';
import { readOriginals } from '../original-requests.ts';
import type { ReplaySettings } from './replay-settings.ts';
import type { Arrivals } from '../shadow/arrivals-of-traffic.ts';
import { replayStarter, type ReplayStarter } from './replay-starter.ts';

/** A run that is ready to start. `store` is open; the caller closes it. */
export type PreparedReplay = {
  readonly store: Store;
  /** One per candidate, in order. The first is the one under review. */
  readonly comparisons: readonly [OpenedComparison, ...OpenedComparison[]];
  /** The spending limit of the run; null for none. */
  readonly limit: SpendingLimit | null;
  readonly asked: ReplaySettings;
  readonly settings: Settings;
  readonly keyOf: RunKeys['keyOf'];
  readonly pricesOf: ChosenModels['pricesOf'];
  /** The result of the import, per file. */
  readonly reports: readonly FileReport[];
  /** The selection of captures as one line; null for all of them. */
  readonly selected: string | null;
  /** Lines that the user must read before the first call, keys and hosts first. */
  readonly notices: readonly string[];
  /** The rules for changing requests. */
  readonly adapting: Omit<Adapting, 'ask'>;
  /** What takes the captures that come into the store; null for a run that ends. */
  readonly arrivals: Arrivals | null;
  readonly start: ReplayStarter;
};

export type PrepareOptions = {
  readonly files: readonly string[];
  readonly asked: ReplaySettings;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Asks the user for a budget; null if nobody can be asked. */
  readonly ask: AskLine | null;
  /** Shows the progress of the import; null shows nothing. */
  readonly progress: ImportProgress | null;
  /** Stops the import, and with it the run; what was imported is kept. */
  readonly signal?: AbortSignal;
  /** The models of the demo, which take the place of those that are asked for. */
  readonly simulated?: SimulatedModels;
  /** A copy of the store, for a dry run, which needs no key and no budget. */
  readonly copy?: string;
};

/**
 * Does everything that comes before the first call: finds models, keys and prices, opens the store and
 * the comparisons, imports the files, settles what may be spent. Throws UserError, and leaves nothing
 * behind that was not there, for a mistake in the configuration, an unknown provider, a missing key or
 * one that would go to a wrong host, a budget that is missing or cannot be kept, files that cannot be
 * read, and a selection with nothing to answer; Interrupted when `signal` ends the import, and when the
 * user, asked for a budget, declines.
 */
export const prepareReplay = async (options: PrepareOptions): Promise<PreparedReplay> => {
  const { ask, asked, copy, environment, files, progress, simulated = null } = options;
  const isDryRun = copy !== undefined;
  const at = new Date();
  const settings =
    simulated === null ? await readConfiguration(asked.config, environment) : noSettings();
  const chosen = await chooseModels(asked, {
    settings,
    environment,
    at,
    isDryRun,
    canAsk: ask !== null,
    simulated,
  });
  const inspected = await inspectFiles(files, asked.mapping);
  const open = {
    file: copy ?? asked.storeFile,
    shownAs: asked.storeFile,
    mustExist: files.length === 0,
    build: !isDryRun && isBulk(inspected),
  };
  return withStore(open, async (store) => {
    const redactor =
      asked.redact && files.length > 0 ? await openRedactor(store, settings.redaction) : null;
    const { arrivals, first, others, reports, selected } = await openComparisons(store, chosen, {
      asked,
      files: inspected,
      redactor,
      progress,
      signal: options.signal,
      at: at.toISOString(),
      isDryRun,
    });
    const comparisons = [first, ...others] as const;
    const models = modelsInComparisons(comparisons);
    if (!isDryRun) {
      for (const { comparison } of comparisons) await followRules(store, comparison.id, settings);
    }
    const daily =
      asked.follow === null
        ? null
        : await dailyBudget(store, asked.follow.budgetPerDay, {
            comparisonIds: comparisons.map(({ comparison }) => comparison.id),
            settings,
          });
    const limit = isDryRun
      ? null
      : asked.follow !== null
        ? (daily?.limit ?? null)
        : await settleLimit({
            store,
            models,
            samples: asked.samples,
            given: asked.budget,
            ask,
            settings,
            at,
          });
    const { keep } = asked;
    const book = new RemedyBook({ store, at: () => new Date().toISOString() });
    const adapting = { keep, policy: asked.adapt, book };
    const read =
      isDryRun || redactor === null || asked.send === 'redacted'
        ? null
        : await readOriginals({
            store,
            files: inspected,
            redactor,
            comparisonIds: comparisons.map(({ comparison }) => comparison.id),
            samples: asked.samples,
            progress,
          });
    const { id } = first.comparison;
    const isAnyCalled = models.some(({ model }) => model.kind === 'live');
    const notices =
      isDryRun || !isAnyCalled
        ? []
        : [
            ...chosen.keys.notices,
            ...chosen.notices,
            ...(await partialNotices(store, id)),
            ...(await redactionNotices(store, id, read?.missing ?? null)),
            ...(await adaptationNotices({ store, models, keep, book })),
          ];
    const { keyOf } = chosen.keys;
    const start = replayStarter({
      store,
      comparisons,
      keyOf,
      concurrency: asked.concurrency,
      budget: limit?.usd ?? null,
      settings,
      adapting,
      samples: asked.samples,
      speed: asked.speed,
      patience: asked.patience,
      ...(arrivals === null ? {} : { following: { arrivals, budget: daily?.budget ?? null } }),
      ...(read === null ? {} : { originals: read.originals }),
    });
    return {
      store,
      comparisons,
      limit,
      asked,
      settings,
      keyOf,
      pricesOf: chosen.pricesOf,
      reports,
      selected,
      notices,
      adapting,
      arrivals,
      start,
    };
  });
};

/** Returns the budget of a run that goes on for days, with what is left of today's; null for no limit. */
const dailyBudget = async (
  store: Store,
  perDay: number | null,
  run: { readonly comparisonIds: readonly string[]; readonly settings: Settings },
): Promise<{ readonly budget: DailyBudget; readonly limit: SpendingLimit } | null> => {
  if (perDay !== null) await holdDailyBudget(store, run.comparisonIds);
  const limitAt = (at: Date) => limitToday({ store, perDay, ...run, at });
  const now = new Date();
  const limit = await limitAt(now);
  if (limit === null) return null;
  const settle = async (at: string) => (await limitAt(new Date(at))) ?? limit;
  const budget = new DailyBudget({ perDay, limit, at: now.toISOString(), settle });
  return { budget, limit: { usd: limit.usd, period: limit.period } };
};

/** Returns the baseline in the first comparison, and each candidate in its own. */
const modelsInComparisons = (comparisons: readonly OpenedComparison[]) =>
  comparisons.flatMap(({ comparison, models, prices }, index) =>
    (index === 0 ? (['baseline', 'candidate'] as const) : (['candidate'] as const)).map((side) => ({
      comparisonId: comparison.id,
      side,
      model: models[side],
      price: prices[side],
    })),
  );

/**
 * Opens a store for `work`, and closes it if that fails. A UserError leaves no new store behind,
 * unless it already holds a comparison.
 */
const withStore = async <Result>(
  open: {
    readonly file: string;
    readonly shownAs: string;
    readonly mustExist: boolean;
    readonly build: boolean;
  },
  work: (store: Store) => Promise<Result>,
): Promise<Result> => {
  const { file, ...options } = open;
  const store = await openStore(file, options);
  try {
    return await work(store);
  } catch (error) {
    const isUnused =
      store.engine.isNew &&
      error instanceof UserError &&
      (await listComparisons(store)).length === 0;
    await store.close();
    if (isUnused) {
      for (const end of ['', '-wal', '-shm']) await rm(`${file}${end}`, { force: true });
    }
    throw error;
  }
};
