import { randomBytes } from 'node:crypto';
import { readConfiguration } from '../configuration/read-configuration.ts';
import type { Settings } from '../configuration/settings.ts';
import { reasonsByDefault } from '../models/adaptation/thinking.ts';
import type { Failure } from '../models/answer.ts';
import { callModel } from '../models/call/client.ts';
import { deadlinesFor } from '../models/call/deadlines.ts';
import { proxyNotices } from '../models/call/outbound-proxy.ts';
import { checkKeyHosts, readRunKeys, type Environment } from '../models/keys.ts';
import type { Price } from '../models/model.ts';
import { loadPrices } from '../models/prices.ts';
import { resolveModel } from '../models/resolve-model.ts';
import { limitNow, type SpendingLimit } from '../money/settle-limit.ts';
import { askBudget, checkBudget, type AskLine, type RunBudget } from '../money/settle-budget.ts';
import type { Patience } from '../replay/limits/health.ts';
import { maximumAnswerBytes, realWorld } from '../replay/prepare/replay-starter.ts';
import type { LiveModel } from '../replay/replay-options.ts';
import { findComparison, type ComparisonRecord } from '../store/comparisons/comparisons.ts';
import { countForJudge } from '../store/judge-calls.ts';
import { openStore, openToRead, type Store } from '../store/open.ts';
import { printableLine } from '../text/printable.ts';
import { ascendingIds } from '../text/time-ordered-id.ts';
import { UserError } from '../text/user-error.ts';
import { estimateJudging, type JudgingEstimate } from './estimate-judging.ts';
import { promptVersion } from './judge-prompt.ts';
import { startJudging, type Judging } from './start-judging.ts';

/** What the user asked of a judge. */
export type JudgeSettings = {
  /** The label of the model. */
  readonly judge: string;
  /** The id or name of the comparison; null for the newest one. */
  readonly comparison: string | null;
  readonly storeFile: string;
  readonly config: string | undefined;
  readonly concurrency: number;
  readonly patience: Patience;
  readonly budget: RunBudget | null;
};

/** A judge that is ready to start. `store` is open; the caller closes it. */
export type PreparedJudging = {
  readonly store: Store;
  readonly comparison: ComparisonRecord;
  readonly judge: LiveModel;
  readonly limit: SpendingLimit | null;
  readonly settings: Settings;
  /** Lines that the user must read before the first call. */
  readonly notices: readonly string[];
  /**
   * When `ending` is aborted, nothing more is sent, and the run ends with the calls in flight; with `signal`, these are
   * aborted, too.
   */
  readonly start: (options: {
    readonly ending: AbortSignal;
    readonly signal: AbortSignal;
    readonly onFailure: (captureId: string, failure: Failure) => void;
  }) => Judging;
};

type ChosenJudge = {
  readonly settings: Settings;
  readonly model: LiveModel;
  readonly price: Price | null;
};

const chooseJudge = async (
  { config, judge: label }: JudgeSettings,
  environment: Environment,
  at: Date,
): Promise<ChosenJudge> => {
  const settings = await readConfiguration(config, environment);
  const model = resolveModel(label, settings.providers);
  if (model.kind === 'recorded') {
    throw new UserError(
      'A judge must be a model that can be called, such as openai/gpt-4o: recorded answers judge nothing.',
    );
  }
  const book = await loadPrices(settings.prices);
  return { settings, model, price: book.priceOf(model, at) };
};

/**
 * Does everything that comes before the first call to a judge: finds the model, its key and its price, opens the
 * store, and settles what may be spent. Throws UserError like `prepareReplay`, and for a recorded model;
 * Interrupted when the user, asked for a budget, declines.
 */
export const prepareJudging = async (
  asked: JudgeSettings,
  { ask, environment }: { readonly ask: AskLine | null; readonly environment: Environment },
): Promise<PreparedJudging> => {
  const at = new Date();
  const { model, price, settings } = await chooseJudge(asked, environment, at);
  const keys = readRunKeys([model], environment, settings);
  checkBudget(asked.budget, [{ model, price }], ask !== null);
  const store = await openStore(asked.storeFile, { mustExist: true });
  try {
    const comparison = await findComparison(store, asked.comparison);
    const key = { judge: model.label, prompt: promptVersion };
    const { missing } = await countForJudge(store, comparison.id, key);
    // Counting takes time, and only a person who is asked needs it.
    const isAsked = missing > 0 && asked.budget === null && ask !== null;
    const budget = isAsked
      ? await askBudget(
          null,
          [{ model, price, ...(await estimateJudging(store, comparison.id, { model, price })) }],
          ask,
        )
      : asked.budget;
    const run = typeof budget === 'number' ? budget : null;
    const limit = await limitNow({ store, run, comparisonIds: [], settings, at });
    const isSide = [comparison.baseline, comparison.candidate].includes(model.label);
    const notices = [
      ...keys.notices,
      ...proxyNotices([model], environment),
      ...(isSide
        ? [
            `${printableLine(model.label)} is a side of this comparison, too: models tend to prefer their own answers.`,
          ]
        : []),
    ];
    return {
      store,
      comparison,
      judge: model,
      limit,
      settings,
      notices,
      start: ({ ending, signal, onFailure }) =>
        startJudging({
          ...realWorld(),
          newCallId: ascendingIds(Date.now, randomBytes),
          store,
          comparisonId: comparison.id,
          judge: { model, apiKey: keys.keyOf(model), price },
          budget: limit?.usd ?? null,
          concurrency: asked.concurrency,
          modelLimits: settings.modelLimits,
          patience: asked.patience,
          deadlinesOf: () => ({
            ...deadlinesFor(model, reasonsByDefault(model)),
            ...settings.deadlines,
          }),
          maximumBytes: maximumAnswerBytes,
          call: callModel,
          signal,
          ending,
          onFailure,
        }),
    };
  } catch (error) {
    await store.close();
    throw error;
  }
};

/** Reports what a judge would be sent and what that would cost. It needs neither a key nor a budget. */
export const dryRunOfJudge = async (
  asked: JudgeSettings,
  environment: Environment,
): Promise<{ readonly comparison: ComparisonRecord; readonly estimate: JudgingEstimate }> => {
  const { model, price, settings } = await chooseJudge(asked, environment, new Date());
  checkKeyHosts([model], environment, settings);
  const store = await openToRead(asked.storeFile);
  try {
    const comparison = await findComparison(store, asked.comparison);
    return { comparison, estimate: await estimateJudging(store, comparison.id, { model, price }) };
  } finally {
    await store.close();
  }
};
