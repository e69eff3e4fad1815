import type { Side } from '../comparison/outcome.ts';
import { isLoopback } from '../models/loopback.ts';
import type { Model, Price, Provider } from '../models/model.ts';
import type { PriceBook } from '../models/prices.ts';
import { resolveModel } from '../models/resolve-model.ts';
import { UserError } from '../text/user-error.ts';
import { demoModelOf, demoPrices } from './simulated-models.ts';

/** A model of a run with its price; null if unknown. */
export type PricedModel = { readonly model: Model; readonly price: Price | null };

/**
 * Returns whether the calls of a model cost money. A recording costs nothing. A server on this
 * machine without a listed price is also free, because nobody bills for it. (A summary still shows
 * its cost as unknown, because running one is not free.)
 */
export const payable = ({ model, price }: PricedModel): 'free' | 'priced' | 'unpriced' => {
  if (model.kind === 'recorded') return 'free';
  if (price !== null) return 'priced';
  return isLoopback(model.provider.baseUrl) ? 'free' : 'unpriced';
};

/** The price that a budget assumes if none is known. */
const noPrice: Price = {
  input: 0,
  output: 0,
  cachedInput: 0,
  source: 'not priced',
  date: '',
};

/**
 * Returns prices for a budget. A user who agreed to calls without a price agreed to count them as
 * free.
 */
export const withNoPrice = (
  prices: Readonly<Record<Side, Price | null>>,
): Readonly<Record<Side, Price>> => ({
  baseline: prices.baseline ?? noPrice,
  candidate: prices.candidate ?? noPrice,
});

/** Returns the price of a model by its label, among these providers; null if unknown. */
export const priceOfLabel = (
  book: PriceBook,
  label: string,
  at: Date,
  providers?: readonly Provider[],
): Price | null => {
  const demo = demoModelOf(label);
  if (demo !== null) return demoPrices[demo];
  const model = modelOfLabel(label, providers);
  return model === null ? null : book.priceOf(model, at);
};

/**
 * Returns a lookup of the price to pay for a model by its label: its price, zero for an unpriced
 * server on this machine, and null if unknown. Each label is looked up once.
 */
export const pricesToPay = (
  book: PriceBook,
  at: Date,
  providers: readonly Provider[],
): ((label: string) => Price | null) => {
  const known = new Map<string, Price | null>();
  return (label) => {
    const found = known.get(label);
    if (found !== undefined) return found;
    const price = priceOfLabel(book, label, at, providers);
    const model = price === null ? modelOfLabel(label, providers) : null;
    const isFree = model !== null && payable({ model, price: null }) === 'free';
    const toPay = isFree ? noPrice : price;
    known.set(label, toPay);
    return toPay;
  };
};

/**
 * Returns the model with a label; null if this version does not know the provider or it is no
 * longer configured.
 */
const modelOfLabel = (label: string, providers?: readonly Provider[]): Model | null => {
  try {
    return resolveModel(label, providers);
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
};
