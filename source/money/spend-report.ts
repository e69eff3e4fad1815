import type { Settings } from '../configuration/settings.ts';
import type { Price, Provider } from '../models/model.ts';
import { loadPrices, tiersOf } from '../models/prices.ts';
import { resolveModel } from '../models/resolve-model.ts';
import { ledger, orderedInBatches, type LedgerEntry } from '../store/ledger.ts';
import type { Store } from '../store/open.ts';
import { pricesToPay } from './prices-to-pay.ts';
import { UserError } from '../text/user-error.ts';
import { demoModelOf } from './simulated-models.ts';
import { spendingOf, type Spending } from './spending.ts';

/** The groupings of the ledger. */
export const groupings = ['month', 'provider', 'model', 'comparison'] as const;

export type Grouping = (typeof groupings)[number];

/** A row of the report: its groups and the cost of their calls. */
export type SpendRow = Spending & Readonly<Partial<Record<Grouping, string>>>;

export type SpendReport = {
  /** The grouping of the rows. */
  readonly groupings: readonly Grouping[];
  readonly rows: readonly SpendRow[];
  readonly total: Spending;
  /** The number of calls to the demo's models, which cost nothing and are not in any total. */
  readonly simulatedCalls: number;
  /** The current month against the configured budget, in USD. */
  readonly budget: {
    readonly month: string;
    readonly perMonth: number;
    /** The most that this month's calls can have cost. */
    readonly spentAtMost: number;
    /** The most that pending batches can cost. */
    readonly orderedAtMost: number;
    readonly remaining: number;
  } | null;
};

/**
 * Reads the ledger of a store from `start` on (ISO 8601; null: all of it) and computes the cost at the
 * prices of each call's moment. `prices` names the price lists that were used.
 */
export const gatherSpendReport = async (
  store: Store,
  options: {
    readonly start: string | null;
    readonly grouping: Grouping | null;
    readonly settings: Settings;
    readonly now: Date;
  },
): Promise<{ readonly report: SpendReport; readonly prices: string }> => {
  const { grouping, now, settings, start } = options;
  const book = await loadPrices(settings.prices);
  const priceOf = pricesToPay(book, now, settings.providers);
  const tiers = (label: string): readonly number[] => tiersOf(priceOf(label));
  const varies = (label: string): boolean => priceOf(label)?.varies === true;
  const month = now.toISOString().slice(0, 7);
  const report = spendReport({
    entries: await ledger(store, { start: start ?? '', tiersOf: tiers, varies }),
    thisMonth: await ledger(store, { start: month, tiersOf: tiers, varies }),
    grouping,
    month,
    perMonth: settings.budgetPerMonth,
    orderedAtMost: await orderedInBatches(store, []),
    priceOf,
    providers: settings.providers,
  });
  const hasOwnPrices = [...settings.prices.values()].some((own) => own.size > 0);
  const prices =
    settings.file !== null && hasOwnPrices ? `${settings.file}, then ${book.source}` : book.source;
  return { report, prices };
};

/**
 * Groups the ledger into rows, the latest month first, then by cost. A null `grouping` groups by
 * everything. `thisMonth` are the entries of the current month.
 */
const spendReport = (options: {
  readonly entries: readonly LedgerEntry[];
  readonly thisMonth: readonly LedgerEntry[];
  readonly grouping: Grouping | null;
  readonly month: string;
  readonly perMonth: number | null;
  /** The most that pending batches can cost, in USD. */
  readonly orderedAtMost: number;
  readonly priceOf: (label: string, at?: string | null) => Price | null;
  readonly providers: readonly Provider[];
}): SpendReport => {
  const { month, orderedAtMost, perMonth, priceOf, providers } = options;
  const used = options.grouping === null ? groupings : [options.grouping];
  const entries = options.entries.filter(isPaid);
  const groups = Map.groupBy(entries, (entry) =>
    JSON.stringify(used.map((grouping) => valueOf(entry, grouping, providers).key)),
  );
  const rows = [...groups.values()].map((group): SpendRow => {
    const [first] = group;
    const names = used.map((grouping) => [
      grouping,
      first === undefined ? '' : valueOf(first, grouping, providers).shown,
    ]);
    return { ...(Object.fromEntries(names) as SpendRow), ...spendingOf(group, priceOf) };
  });
  const spentAtMost = spendingOf(options.thisMonth.filter(isPaid), priceOf).atMost;
  return {
    groupings: used,
    rows: rows.toSorted(
      (a, b) => (b.month ?? '').localeCompare(a.month ?? '') || (b.usd ?? 0) - (a.usd ?? 0),
    ),
    total: spendingOf(entries, priceOf),
    simulatedCalls: options.entries
      .filter((entry) => !isPaid(entry))
      .reduce((sum, { calls }) => sum + calls, 0),
    budget:
      perMonth === null
        ? null
        : {
            month,
            perMonth,
            spentAtMost,
            orderedAtMost,
            remaining: Math.max(0, perMonth - spentAtMost - orderedAtMost),
          },
  };
};

const isPaid = ({ model }: LedgerEntry): boolean => demoModelOf(model) === null;

const valueOf = (
  entry: LedgerEntry,
  grouping: Grouping,
  providers: readonly Provider[],
): { readonly key: string; readonly shown: string } => {
  const same = (text: string) => ({ key: text, shown: text });
  switch (grouping) {
    case 'month':
      return same(entry.month);
    case 'provider':
      return same(providerOf(entry.model, providers));
    case 'model':
      return same(entry.model);
    case 'comparison':
      return { key: entry.comparison.id, shown: entry.comparison.name };
  }
};

/** Returns the provider of a label; the part before the slash if it is no longer known. */
const providerOf = (label: string, providers: readonly Provider[]): string => {
  try {
    const model = resolveModel(label, providers);
    return model.kind === 'live' ? model.provider.id : label;
  } catch (error) {
    if (error instanceof UserError) return label.split('/')[0] ?? label;
    throw error;
  }
};
