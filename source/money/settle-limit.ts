import type { Side } from '../comparison/outcome.ts';
import type { Settings } from '../configuration/settings.ts';
import { loadPrices } from '../models/prices.ts';
import { changeAllowance, takeAllowance } from '../store/allowances.ts';
import { missingCalls, missingHourBytes } from '../store/comparisons/answer-counts.ts';
import { orderedInBatches } from '../store/ledger.ts';
import type { Store } from '../store/open.ts';
import { thisProcess } from '../store/this-process.ts';
import { pricesToPay, type PricedModel } from './prices-to-pay.ts';
import { askBudget, type AskLine, type RunBudget } from './settle-budget.ts';
import { spentSince } from './spending.ts';

/** The spending limit of a run in USD, and which of the limits it is. */
export type SpendingLimit = {
  readonly usd: number;
  readonly period: 'run' | 'day' | 'month';
  /** The part of the month's budget that is reserved by runs of other processes; absent if none. */
  readonly others?: number;
};

/**
 * Returns the spending limit of a run: the given or entered budget, and the rest of the month's
 * budget from the configuration; null for no limit. `models` are those of the comparisons that are
 * replayed together. A model in several comparisons is listed once for each.
 */
export const settleLimit = async (options: {
  readonly store: Store;
  readonly models: readonly (PricedModel & {
    readonly comparisonId: string;
    readonly side: Side;
  })[];
  /** The number of answers that each model gives to each capture. */
  readonly samples: number;
  readonly given: RunBudget | null;
  /** Null if nobody can be asked. */
  readonly ask: AskLine | null;
  readonly settings: Settings;
  readonly at: Date;
}): Promise<SpendingLimit | null> => {
  const { store, samples, given, ask, settings, at } = options;
  const models = [];
  if (given === null && ask !== null) {
    for (const one of options.models) {
      if (one.model.kind === 'recorded') continue;
      const wanted = [store, one.comparisonId, one.side, samples] as const;
      // To look for them reads every request.
      const hasOwnPrice = typeof one.price?.hourCacheWrite === 'number';
      const hourBytes = hasOwnPrice ? await missingHourBytes(...wanted) : 0;
      models.push({ ...one, outlook: { ...(await missingCalls(...wanted)), hourBytes } });
    }
  }
  const budget = await askBudget(given, models, ask);
  const run = typeof budget === 'number' ? budget : null;
  const comparisonIds = options.models.map(({ comparisonId }) => comparisonId);
  return limitNow({ store, run, comparisonIds, settings, at });
};

/**
 * Returns the limit of a run that starts now with its own budget (USD; null for none). The month's
 * budget includes pending batches of other comparisons (the run counts its own itself) and the
 * current reservations of other processes. Together, all of them stay within the month's budget.
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
  // Reserve first, and reserve the most that it can be. Another run's spending in the meantime may
  // then be counted twice for a moment, but is never missed.
  const others = await takeAllowance(store, self, run ?? perMonth);
  const month = at.toISOString().slice(0, 7);
  const spent = await spentSince(store, month, pricesToPay(book, at, settings.providers));
  const ordered = await orderedInBatches(store, options.comparisonIds);
  const limit = spendingLimit({ run, perMonth, spentThisMonth: spent + ordered + others });
  if (limit !== null) await changeAllowance(store, self, limit.usd);
  return limit === null || others === 0 ? limit : { ...limit, others };
};

/**
 * Returns what may be spent on the rest of the day of `at` (UTC): the rest of `perDay` (USD; null for no
 * limit), after what these comparisons have cost on that day, or the rest of the month's budget; null without
 * a limit.
 */
export const limitToday = async (options: {
  readonly store: Store;
  readonly perDay: number | null;
  readonly comparisonIds: readonly string[];
  readonly settings: Settings;
  readonly at: Date;
}): Promise<{
  readonly usd: number;
  readonly period: 'day' | 'month';
  readonly spentBefore: number;
} | null> => {
  const { at, comparisonIds, perDay, settings, store } = options;
  const priceOf = pricesToPay(await loadPrices(settings.prices), at, settings.providers);
  const day = at.toISOString().slice(0, 10);
  const spentBefore = await spentSince(store, day, priceOf, comparisonIds);
  const run = perDay === null ? null : Math.max(0, perDay - spentBefore);
  const limit = await limitNow({ store, run, comparisonIds, settings, at });
  if (limit === null) return null;
  return { usd: limit.usd, period: limit.period === 'month' ? 'month' : 'day', spentBefore };
};

/**
 * Returns the limit of a run in USD: its own (`run`) or the rest of the month's budget, whichever
 * is smaller; null without either. `spentThisMonth` is the most that this month's calls can have
 * cost. An exhausted month leaves 0.
 */
export const spendingLimit = (limits: {
  readonly run: number | null;
  readonly perMonth: number | null;
  readonly spentThisMonth: number;
}): SpendingLimit | null => {
  const { run, perMonth, spentThisMonth: spent } = limits;
  const left = perMonth === null ? null : Math.max(0, perMonth - spent);
  if (left !== null && (run === null || left < run)) return { usd: left, period: 'month' };
  return run === null ? null : { usd: run, period: 'run' };
};

/** Releases this process's unused part of the month's budget to other runs. */
export const spendNoMore = (store: Store): Promise<void> =>
  changeAllowance(store, thisProcess(), 0);
