import type { Side } from '../comparison/outcome.ts';
import { isLoopback } from '../models/loopback.ts';
import type { Model, Price, Provider } from '../models/model.ts';
import type { CallMoment, PriceBook } from '../models/prices.ts';
import { resolveModel } from '../models/resolve-model.ts';
import { UserError } from '../text/user-error.ts';
import { demoModelOf, demoPrices } from './simulated-models.ts';

/** A model of a run with its price; null if unknown. */
export type PricedModel = { readonly model: Model; readonly price: Price | null };

/**
 * Returns whether the calls of a model cost money. A recording costs nothing. A server on this
 * machine without a listed price is also free, because nobody bills for it.
 */
export const payable = ({ model, price }: PricedModel): 'free' | 'priced' | 'unpriced' => {
  if (model.kind === 'recorded') return 'free';
  if (price !== null) return 'priced';
  return isLoopback(model.provider.baseUrl) ? 'free' : 'unpriced';
};

/** The price of a server on this machine. */
const localPrice: Price = {
  input: 0,
  output: 0,
  cachedInput: 0,
  source: 'free (local)',
  date: '',
};

/** Returns the price of calls to a model: nothing for a server on this machine without a listed price. */
export const priceOfCalls = ({ model, price }: PricedModel): Price | null =>
  price === null && model.kind === 'live' && isLoopback(model.provider.baseUrl)
    ? localPrice
    : price;

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
 * What has to be paid for a model by its label: its price, nothing for a server on this machine that
 * has none, and null where it is not known; at the moment of a call (ISO 8601), else at `at`. Each is
 * looked up once.
 */
export const pricesToPay = (
  book: PriceBook,
  at: Date,
  providers: readonly Provider[],
): ((label: string, at?: string | null) => Price | null) => {
  const known = new Map<string, Price | null>();
  return (label, callAt = null) => {
    const name = `${callAt ?? ''} ${label}`;
    const found = known.get(name);
    if (found !== undefined) return found;
    const price = priceOfLabel(book, label, callAt === null ? at : new Date(callAt), providers);
    const model = price === null ? modelOfLabel(label, providers) : null;
    const isFree = model !== null && payable({ model, price: null }) === 'free';
    const toPay = isFree ? localPrice : price;
    known.set(name, toPay);
    return toPay;
  };
};

/** The prices of a comparison's sides now, and at the moment of a call. */
export type ComparisonPrices = {
  /** Null where the price is not known, and for `recorded`, whose models may be several. */
  readonly prices: Readonly<Record<Side, Price | null>>;
  readonly priceAt: (side: Side, call: CallMoment) => Price | null;
};

/** The prices of a comparison between models with these labels, by which every command reckons. */
export const comparisonPrices = (
  book: PriceBook,
  labels: Readonly<Record<Side, string>>,
  now: Date,
  providers?: readonly Provider[],
): ComparisonPrices => {
  const known = new Map<string, Price | null>();
  const look = (side: Side, { at, model }: CallMoment): Price | null => {
    const moment = at === null ? now : new Date(at);
    const label = labels[side];
    if (label !== 'recorded') {
      return priceOfLabel(book, label, moment, providers) ?? priceIfLocal(label, providers);
    }
    return model === null ? null : book.priceOf({ kind: 'recorded', label, name: model }, moment);
  };
  const priceAt: ComparisonPrices['priceAt'] = (side, call) => {
    const name = JSON.stringify([side, call.at, call.model]);
    const found = known.get(name);
    if (found !== undefined) return found;
    const price = look(side, call);
    known.set(name, price);
    return price;
  };
  const current = { at: null, model: null };
  const prices = {
    baseline: priceAt('baseline', current),
    candidate: priceAt('candidate', current),
  };
  return { prices, priceAt };
};

/** The price of a server on this machine if no price is known; null for any other model. */
const priceIfLocal = (label: string, providers?: readonly Provider[]): Price | null => {
  const model = modelOfLabel(label, providers);
  return model === null ? null : priceOfCalls({ model, price: null });
};

/** Null where this version does not know the provider, or it is not configured any more. */
const modelOfLabel = (label: string, providers?: readonly Provider[]): Model | null => {
  try {
    return resolveModel(label, providers);
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
};
