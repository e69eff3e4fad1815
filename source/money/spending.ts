import type { Price } from '../models/model.ts';
import { batchShareOf, costAtMost, costOf, tiersOf } from '../models/prices.ts';
import { ledger, type LedgerEntry } from '../store/ledger.ts';
import type { Store } from '../store/open.ts';
import { demoModelOf } from './simulated-models.ts';

/** The cost of a number of calls. */
export type Spending = {
  /** Answers, and failed attempts that were charged for. */
  readonly calls: number;
  readonly failed: number;
  readonly input: number;
  readonly output: number;
  readonly cachedInput: number;
  readonly cacheWrite: number;
  readonly hourCacheWrite: number;
  /** USD of the calls with a known cost; null if there are calls but no cost is known. */
  readonly usd: number | null;
  /** The part of `usd` reported by providers. */
  readonly reportedUsd: number;
  /** The part of `calls` answered in batches, and their part of `usd`, at batch prices. */
  readonly batchCalls: number;
  readonly batchUsd: number;
  /** Calls of unknown cost: their tokens were not counted, or their model has no price. */
  readonly unknownCalls: number;
  /** Failed attempts beyond `calls` that may have been charged: they broke off without a count of their tokens. */
  readonly brokenCalls: number;
  /**
   * The most that all these calls can have cost, where prices are known; unknown and broken ones count as
   * their bound.
   */
  readonly atMost: number;
};

const nothing: Spending = {
  calls: 0,
  failed: 0,
  input: 0,
  output: 0,
  cachedInput: 0,
  cacheWrite: 0,
  hourCacheWrite: 0,
  usd: null,
  reportedUsd: 0,
  batchCalls: 0,
  batchUsd: 0,
  unknownCalls: 0,
  brokenCalls: 0,
  atMost: 0,
};

/** The price of a model at the moment of a call, ISO 8601; null or left out: now. */
type PriceOf = (model: string, at?: string | null) => Price | null;

/** Adds up entries of the ledger at the prices of their time. */
export const spendingOf = (entries: readonly LedgerEntry[], priceOf: PriceOf): Spending =>
  entries.reduce(
    (sum, entry) => add(sum, entrySpending(entry, priceOf(entry.model, entry.at))),
    nothing,
  );

/**
 * Returns the most that the calls since a moment (a beginning of ISO 8601 in UTC, such as `2026-11`) can have
 * cost, in USD. A model without a price counts as its provider's reported cost. The demo's calls cost nothing.
 * `comparisonIds` are those that count; null: all.
 */
export const spentSince = async (
  store: Store,
  start: string,
  priceOf: PriceOf,
  comparisonIds: readonly string[] | null = null,
): Promise<number> => {
  const entries = await ledger(store, {
    start,
    tiersOf: (label) => tiersOf(priceOf(label)),
    varies: (label) => priceOf(label)?.varies === true,
  });
  const paid = entries.filter(
    ({ comparison, model }) =>
      demoModelOf(model) === null && comparisonIds?.includes(comparison.id) !== false,
  );
  return spendingOf(paid, priceOf).atMost;
};

const entrySpending = (entry: LedgerEntry, price: Price | null): Spending => {
  const { calls, failed, tokens, reportedUsd, reportedCalls, counted, uncounted } = entry;
  const share = entry.batch ? batchShareOf(price) : 1;
  const reckoned =
    counted.calls === 0 ? null : costOf({ ...counted, reasoning: null }, price, entry.promptTokens);
  const bound = { ...entry.bound, cachedInput: null, reasoning: null };
  // The entry sums up several calls, each of which may have been in the most expensive tier.
  const atMost = costAtMost(bound, price, Number.POSITIVE_INFINITY) ?? 0;
  const known = reckoned === null ? 0 : reckoned * share;
  return {
    calls,
    failed,
    ...tokens,
    usd: reportedCalls > 0 || reckoned !== null ? reportedUsd + known : null,
    reportedUsd,
    batchCalls: entry.batch ? calls : 0,
    batchUsd: entry.batch ? reportedUsd + known : 0,
    unknownCalls: uncounted + (reckoned === null ? counted.calls : 0),
    brokenCalls: entry.unaccounted,
    atMost: reportedUsd + known + atMost * share,
  };
};

const add = (a: Spending, b: Spending): Spending => ({
  calls: a.calls + b.calls,
  failed: a.failed + b.failed,
  input: a.input + b.input,
  output: a.output + b.output,
  cachedInput: a.cachedInput + b.cachedInput,
  cacheWrite: a.cacheWrite + b.cacheWrite,
  hourCacheWrite: a.hourCacheWrite + b.hourCacheWrite,
  usd: a.usd === null ? b.usd : a.usd + (b.usd ?? 0),
  reportedUsd: a.reportedUsd + b.reportedUsd,
  batchCalls: a.batchCalls + b.batchCalls,
  batchUsd: a.batchUsd + b.batchUsd,
  unknownCalls: a.unknownCalls + b.unknownCalls,
  brokenCalls: a.brokenCalls + b.brokenCalls,
  atMost: a.atMost + b.atMost,
});
