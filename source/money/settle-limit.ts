import type { Side } from '../comparison/outcome.ts';
import type { Settings } from '../configuration/settings.ts';
import { loadPrices } from '../models/prices.ts';
import { missingCalls } from '../store/comparisons/answer-counts.ts';
import { changeAllowance, takeAllowance } from '../store/allowances.ts';
import { orderedInBatches } from '../store/ledger.ts';
import type { Store } from '../store/open.ts';
import { dollars } from '../text/numbers.ts';
import { thisProcess } from '../store/this-process.ts';
import type { Ask } from '../commands/terminal/ask.ts';
import type { PricedModel } from './payable.ts';
import { pricesToPay } from './price-to-pay.ts';
import { askBudget, type RunBudget } from './settle-budget.ts';
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
      models.push({
        ...one,
        outlook: await missingCalls(store, one.comparisonId, one.side, samples),
      });
    }
  }
  const budget = await askBudget(given, models, ask);
  const run = typeof budget === 'number' ? budget : null;
  const comparisonIds = options.models.map(({ comparisonId }) => comparisonId);
  return limitNow({ store, run, comparisonIds, settings, at });
};

/**
 * The limit of a run that starts now with a budget of its own (USD; null: none). Batches that are
 * under way in other comparisons count against the month's; in those of the run it counts them itself.
 * So does what the runs of other processes may spend at this moment: all of them together keep to it.
 */
export const limitNow = async (options: {
  readonly store: Store;
  readonly run: number | null;
  readonly comparisonIds: readonly string[];
  readonly settings: Settings;
  readonly at: Date;
}): Promise<SpendingLimit | null> => {
  const { store, run, settings, at } = options;
  const perMonth = settings.budgetPerMonth;
  if (perMonth === null) return spendingLimit({ run, perMonth, spentThisMonth: 0 });
  const book = await loadPrices(settings.prices);
  const self = { ...thisProcess(), at: at.toISOString() };
  // First, and for the most that it can be: what another run spends meanwhile is counted twice for a
  // moment, and never not at all.
  const others = await takeAllowance(store, self, run ?? perMonth);
  const spent = await spentThisMonth(store, at, pricesToPay(book, at, settings.providers));
  const ordered = await orderedInBatches(store, options.comparisonIds);
  const limit = spendingLimit({ run, perMonth, spentThisMonth: spent + ordered + others });
  if (limit !== null) await changeAllowance(store, self, limit.usd);
  return limit === null || others === 0 ? limit : { ...limit, others };
};

/** Leaves to other runs what those of this process have not spent of the month's budget. */
export const spendNoMore = (store: Store): Promise<void> =>
  changeAllowance(store, thisProcess(), 0);

/** Says on stderr that it is the month's budget that limits a run. */
export const tellMonthLimit = ({
  limit,
  settings,
}: {
  readonly limit: SpendingLimit | null;
  readonly settings: Settings;
}): void => {
  if (limit?.by !== 'month') return;
  const others =
    limit.others === undefined ? '' : `, beside ${dollars(limit.others)} that other runs may spend`;
  process.stderr.write(
    `At most ${dollars(limit.usd)} may be spent: that is left of the ${dollars(settings.budgetPerMonth)} of this month${others}.\n`,
  );
};
