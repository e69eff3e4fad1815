import type { Usage } from './answer.ts';
import { bareName, catalogue } from './catalogue.ts';
import type { Model, Price } from './model.ts';

/** The version of the price data, and the day on which it was published. */
export const genaiPrices = { version: '0.1.8', date: '2026-09-23' } as const;

export type PriceBook = {
  /** The price lists with their dates, for a summary. */
  readonly source: string;
  /**
   * What the model costs at a moment; null when it is not known. A recorded model is priced as its
   * own maker sells it, and `recorded` without a name has no price. Where a price depends on the
   * length of the prompt, it is the one of short prompts.
   */
  readonly priceOf: (model: Model, at: Date) => Price | null;
};

/** Loads the price lists (0.8 MB; only what shows or limits costs needs them). */
export const loadPrices = async (): Promise<PriceBook> => {
  const { calcPrice } = await import('@pydantic/genai-prices');
  const source = `genai-prices ${genaiPrices.version}`;

  const listed = (name: string, providerId: string | null, at: Date): Price | null => {
    const found = calcPrice({}, name, {
      timestamp: at,
      ...(providerId === null ? {} : { providerId }),
    });
    if (found === null) return null;
    const input = basePrice(found.model_price['input_mtok']);
    const output = basePrice(found.model_price['output_mtok']);
    if (input === null || output === null) return null;
    const cachedInput = basePrice(found.model_price['cache_read_mtok']);
    return { input, output, cachedInput, source, date: genaiPrices.date };
  };

  return {
    source: `${source} (${genaiPrices.date}), then ${catalogue().source} (${catalogue().date})`,
    priceOf: (model, at) => {
      if (model.kind === 'recorded') {
        return model.name === null ? null : listed(model.name, null, at);
      }
      const { pricesId } = model.provider;
      const price = pricesId === null ? null : listed(model.name, pricesId, at);
      return price ?? cataloguePrice(model);
    },
  };
};

/** What a price is for the first tokens, where it depends on how many there are. */
const basePrice = (price: number | { readonly base: number } | undefined): number | null =>
  price === undefined ? null : typeof price === 'number' ? price : price.base;

/** The price in the catalogue for a provider that the catalogue says serves the model. */
const cataloguePrice = (model: Extract<Model, { kind: 'live' }>): Price | null => {
  const { models, source, date } = catalogue();
  const { provider, name } = model;
  const found = models.find((known) =>
    known.servedBy.some(
      (served) =>
        served.provider === provider.id &&
        (served.name === null ? bareName(name) === bareName(known.id) : served.name === name),
    ),
  );
  if (!found?.price || found.price.input === null) return null;
  const { input, output } = found.price;
  return { input, output, cachedInput: null, source, date };
};

/**
 * USD for the tokens used: cached input at its own price where that is known, else at the full one.
 * Null when the price, the input or the output is not known.
 */
export const costOf = (usage: Usage | null, price: Price | null): number | null => {
  if (usage === null || price === null || usage.input === null || usage.output === null)
    return null;
  const cached = Math.min(usage.cachedInput ?? 0, usage.input);
  const input = (usage.input - cached) * price.input + cached * (price.cachedInput ?? price.input);
  return (input + usage.output * price.output) / 1e6;
};
