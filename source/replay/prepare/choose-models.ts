import type { Side } from '../../comparison/outcome.ts';
import type { Settings } from '../../configuration/settings.ts';
import { proxyNotices } from '../../models/call/outbound-proxy.ts';
import { checkKeyHosts, noKeys, readRunKeys, type RunKeys } from '../../models/keys.ts';
import type { Model, Price } from '../../models/model.ts';
import { loadPrices, type PriceBook } from '../../models/prices.ts';
import { printableLine } from '../../text/printable.ts';
import { comparisonPrices, type ComparisonPrices } from '../../money/prices-to-pay.ts';
import { checkBudget, checkDailyBudget } from '../../money/settle-budget.ts';
import { modelsOf, type ReplaySettings, type RunModels } from './replay-settings.ts';
import { requireBatchApis } from './requirements.ts';

/** A model of a run with its side and its price (null if unknown). */
export type SideModel = {
  readonly side: Side;
  readonly model: Model;
  readonly price: Price | null;
};

/** The models of a run, with their prices and keys. */
export type ChosenModels = {
  readonly baseline: SideModel;
  /** At least one. */
  readonly candidates: readonly SideModel[];
  readonly keys: RunKeys;
  /** The prices of a comparison with these labels, now and at the moment of each call. */
  readonly pricesOf: (labels: Readonly<Record<Side, string>>) => ComparisonPrices;
  /** Models that no list knows, and the proxies that calls go through, as lines. */
  readonly notices: readonly string[];
};

/** Models and prices that replace the user's (for the demo). */
export type SimulatedModels = {
  readonly models: RunModels;
  readonly prices: Readonly<Record<Side, Price | null>>;
};

/**
 * Finds the models that are asked for, with their prices and keys. Nothing is opened and nothing sent.
 * Throws UserError for a model that is unknown, missing or named twice, for one that batches are asked
 * of and that has none, for a missing key and one that would go to a wrong host, for a proxy variable
 * that names none, and for a budget that is missing where nobody can be asked for it or that cannot be
 * kept. A dry run needs neither key nor
 * budget.
 */
export const chooseModels = async (
  asked: Pick<ReplaySettings, 'baseline' | 'batch' | 'budget' | 'candidate' | 'follow'>,
  context: {
    readonly settings: Settings;
    readonly environment: Readonly<Record<string, string | undefined>>;
    readonly at: Date;
    readonly isDryRun: boolean;
    /** Whether a person can be asked for a budget. */
    readonly canAsk: boolean;
    readonly simulated: SimulatedModels | null;
  },
): Promise<ChosenModels> => {
  const { at, canAsk, environment, isDryRun, settings, simulated } = context;
  const { baseline, candidates } = simulated?.models ?? modelsOf(asked, settings.providers);
  const sideModels = [
    { side: 'baseline' as const, model: baseline },
    ...candidates.map((model) => ({ side: 'candidate' as const, model })),
  ];
  if (asked.batch) requireBatchApis(sideModels);
  const book = simulated === null ? await loadPrices(settings.prices) : null;
  const priceOf = ({ model, side }: { readonly model: Model; readonly side: Side }) =>
    book === null ? (simulated?.prices[side] ?? null) : book.priceOf(model, at);
  const [first, ...others] = sideModels.map((one) => ({ ...one, price: priceOf(one) }));
  if (first === undefined) throw new Error('A run has a baseline.');
  const models = sideModels.map(({ model }) => model);
  if (isDryRun) checkKeyHosts(models, environment, settings);
  const keys = isDryRun ? noKeys : readRunKeys(models, environment, settings);
  if (simulated === null && !isDryRun) {
    if (asked.follow === null) checkBudget(asked.budget, [first, ...others], canAsk);
    else checkDailyBudget(asked.follow.budgetPerDay ?? asked.budget, [first, ...others]);
  }
  const notices =
    book === null
      ? []
      : [...unknownModelNotices(models, book), ...proxyNotices(models, environment)];
  const pricesOf: ChosenModels['pricesOf'] = (labels) => {
    if (book !== null) return comparisonPrices(book, labels, at, settings.providers);
    const prices = simulated?.prices ?? { baseline: null, candidate: null };
    return { prices, priceAt: (side) => prices[side] };
  };
  return { baseline: first, candidates: others, keys, notices, pricesOf };
};

/** Lines about models that no price list knows although it lists their provider: most are mistyped. */
const unknownModelNotices = (models: readonly Model[], book: PriceBook): readonly string[] =>
  models.flatMap((model) => {
    const names = book.namesLike(model);
    if (model.kind !== 'live' || names === null) return [];
    const meant = names.length === 0 ? '' : ` Did you mean ${names.join(' or ')}?`;
    return [`No list knows ${printableLine(model.label)}; it may be new, or misspelled.${meant}`];
  });
