import type { Side } from '../../comparison/outcome.ts';
import type { Settings } from '../../configuration/settings.ts';
import { loadPrices } from '../../models/prices.ts';
import { outlookOf } from '../../store/comparisons/outlook.ts';
import type { Store } from '../../store/open.ts';
import { dollars } from '../../text/numbers.ts';
import type { Ask } from './ask.ts';
import type { PricedModel } from './payable.ts';
import { pricesToPay } from './price-to-pay.ts';
import type { RunBudget } from './read-budget.ts';
import { askBudget } from './settle-budget.ts';
import { spendingLimit, type SpendingLimit } from './spending-limit.ts';
import { spentThisMonth } from './spent-this-month.ts';

/**
 * What a run may spend in all: the budget as given or as the user answers, and what is left of the
 * month's in the configuration. Null: as much as it takes. `models` are those of the comparisons that
 * are replayed together; a model that several of them have stands in each.
 */
export const settleLimit = async (options: {
  readonly store: Store;
  readonly models: readonly (PricedModel & {
    readonly comparisonId: string;
    readonly side: Side;
  })[];
  /** Answers that each model gives to each capture. */
  readonly samples: number;
  readonly given: RunBudget | null;
  readonly ask: Ask | null;
  readonly settings: Settings;
  readonly at: Date;
}): Promise<SpendingLimit | null> => {
  const { store, samples, given, ask, settings, at } = options;
  const models = [];
  if (given === null && ask !== null) {
    for (const one of options.models) {
      if (one.model.kind === 'recorded') continue;
      models.push({ ...one, outlook: await outlookOf(store, one.comparisonId, one.side, samples) });
    }
  }
  const budget = await askBudget(given, models, ask);
  return limitNow({ store, run: typeof budget === 'number' ? budget : null, settings, at });
};

/** The limit of a run that starts now with a budget of its own (USD; null: none). */
export const limitNow = async (options: {
  readonly store: Store;
  readonly run: number | null;
  readonly settings: Settings;
  readonly at: Date;
}): Promise<SpendingLimit | null> => {
  const { store, run, settings, at } = options;
  const perMonth = settings.budgetPerMonth;
  if (perMonth === null) return spendingLimit({ run, perMonth, spentThisMonth: 0 });
  const book = await loadPrices(settings.prices);
  const spent = await spentThisMonth(store, at, pricesToPay(book, at, settings.providers));
  return spendingLimit({ run, perMonth, spentThisMonth: spent });
};

/** `$3.20, what is left of the month's $5.00`; `$2.00`. */
export const limitText = (limit: SpendingLimit, perMonth: number | null): string =>
  limit.by === 'month'
    ? `${dollars(limit.usd)}, what is left of the ${dollars(perMonth)} of this month`
    : dollars(limit.usd);
