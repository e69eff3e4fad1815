import type { Price } from '../models/model.ts';
import { tiersOf } from '../models/prices.ts';
import { ledger } from '../store/ledger.ts';
import type { Store } from '../store/open.ts';
import { spendingOf } from './spending.ts';
import { demoModelOf } from '../demo/models.ts';

/**
 * The most that the calls of the calendar month (UTC) of `at` can have cost, USD. A model without a
 * price counts as what its provider said. The demo's calls cost nothing.
 */
export const spentThisMonth = async (
  store: Store,
  at: Date,
  priceOf: (label: string) => Price | null,
): Promise<number> => {
  const entries = await ledger(store, {
    since: at.toISOString().slice(0, 7),
    tiersOf: (label) => tiersOf(priceOf(label)),
  });
  const real = entries.filter(({ model }) => demoModelOf(model) === null);
  return spendingOf(real, priceOf).atMost;
};
