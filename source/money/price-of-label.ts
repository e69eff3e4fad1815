import { demoModelOf, demoPrices } from '../demo/models.ts';
import type { Price, Provider } from '../models/model.ts';
import type { PriceBook } from '../models/prices.ts';
import { resolveModel } from '../models/resolve-model.ts';
import { UserError } from '../text/user-error.ts';

/** The price of a model by its label, among the providers that there are; null where it is not known. */
export const priceOfLabel = (
  book: PriceBook,
  label: string,
  at: Date,
  providers?: readonly Provider[],
): Price | null => {
  const demo = demoModelOf(label);
  if (demo !== null) return demoPrices[demo];
  try {
    return book.priceOf(resolveModel(label, providers), at);
  } catch (error) {
    // A comparison may name a provider that this version does not know.
    if (error instanceof UserError) return null;
    throw error;
  }
};
