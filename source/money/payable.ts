import type { Side } from '../comparison/outcome.ts';
import { isLoopback } from '../models/loopback.ts';
import type { Model, Price } from '../models/model.ts';

/** A model of a run with its price; null where that is not known. */
export type PricedModel = { readonly model: Model; readonly price: Price | null };

/**
 * Whether the calls of a model cost money. A recording costs nothing, and neither does a server on
 * this machine that has no listed price: nobody sends a bill for it. (A summary still shows its cost
 * as not known, for it is not nothing to run one.)
 */
export const payable = ({ model, price }: PricedModel): 'free' | 'priced' | 'unpriced' => {
  if (model.kind === 'recorded') return 'free';
  if (price !== null) return 'priced';
  return isLoopback(model.provider.baseUrl) ? 'free' : 'unpriced';
};

/** The price that a budget reckons with where there is none: nothing. */
export const noPrice: Price = {
  input: 0,
  output: 0,
  cachedInput: 0,
  source: 'not priced',
  date: '',
};

/** Prices for a budget. Whoever has agreed to calls without a price has agreed that it counts none. */
export const withNoPrice = (
  prices: Readonly<Record<Side, Price | null>>,
): Readonly<Record<Side, Price>> => ({
  baseline: prices.baseline ?? noPrice,
  candidate: prices.candidate ?? noPrice,
});
