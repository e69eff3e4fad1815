import type { Price, Provider } from '../models/model.ts';
import type { PriceBook } from '../models/prices.ts';
import { resolveModel } from '../models/resolve-model.ts';
import { UserError } from '../text/user-error.ts';
import { priceOfLabel } from './price-of-label.ts';
import { noPrice, payable } from './payable.ts';

/**
 * What has to be paid for a model by its label: its price, nothing for a server on this machine that
 * has none, and null where it is not known. Each label is looked up once.
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
    const toPay = price === null && isFree(label, providers) ? noPrice : price;
    known.set(label, toPay);
    return toPay;
  };
};

const isFree = (label: string, providers: readonly Provider[]): boolean => {
  try {
    return payable({ model: resolveModel(label, providers), price: null }) === 'free';
  } catch (error) {
    // A comparison may name a provider that is not configured any more.
    if (error instanceof UserError) return false;
    throw error;
  }
};
