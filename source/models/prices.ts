import type { Answer, Usage } from './answer.ts';
import { batchPriceFactor } from './batch/batch-profile.ts';
import { bareName, catalogue } from './catalogue.ts';
import type { Model, Price, PriceTier } from './model.ts';

/** The version of the price data, and the day on which it was published. */
export const genaiPrices = { version: '0.1.8', date: '2026-09-23' } as const;

/** Prices of the user's own, by the provider's id and the model's name there. */
export type OwnPrices = ReadonlyMap<string, ReadonlyMap<string, Price>>;

export type PriceBook = {
  /** The price lists with their dates, for a summary. */
  readonly source: string;
  /**
   * What the model costs at a moment; null when it is not known. The user's own price goes before
   * the lists. A recorded model is priced as its own maker sells it, and `recorded` without a name
   * has no price.
   */
  readonly priceOf: (model: Model, at: Date) => Price | null;
};

/** Loads the price lists (0.8 MB; only what shows or limits costs needs them). */
export const loadPrices = async (own: OwnPrices = new Map()): Promise<PriceBook> => {
  const { calcPrice } = await import('@pydantic/genai-prices');
  const source = `genai-prices ${genaiPrices.version}`;

  const listed = (name: string, providerId: string | null, at: Date): Price | null => {
    const found = calcPrice({}, name, {
      timestamp: at,
      ...(providerId === null ? {} : { providerId }),
    });
    if (found === null) return null;
    const { input_mtok, output_mtok, cache_read_mtok } = found.model_price;
    const input = priceAt(input_mtok, 0);
    const output = priceAt(output_mtok, 0);
    if (input === null || output === null) return null;
    const lengths = [input_mtok, output_mtok, cache_read_mtok].flatMap(startsOf);
    const tiers = [...new Set(lengths)]
      .toSorted((a, b) => a - b)
      .map((above) => ({
        above,
        input: priceAt(input_mtok, above) ?? input,
        output: priceAt(output_mtok, above) ?? output,
        cachedInput: priceAt(cache_read_mtok, above),
      }));
    return {
      input,
      output,
      cachedInput: priceAt(cache_read_mtok, 0),
      source,
      date: genaiPrices.date,
      ...(tiers.length === 0 ? {} : { tiers }),
    };
  };

  return {
    source: `${source} (${genaiPrices.date}), then ${catalogue().source} (${catalogue().date})`,
    priceOf: (model, at) => {
      if (model.kind === 'recorded') {
        return model.name === null ? null : listed(model.name, null, at);
      }
      const { id, pricesId } = model.provider;
      const price =
        own.get(id)?.get(model.name) ??
        (pricesId === null ? null : listed(model.name, pricesId, at)) ??
        cataloguePrice(model);
      const batchShare = batchPriceFactor(model.provider);
      return price === null || batchShare === 1 ? price : { ...price, batchShare };
    },
  };
};

/** A price in the list: one figure, or one that rises with the tokens of the prompt. */
type ListedPrice =
  | number
  | {
      readonly base: number;
      readonly tiers: readonly { readonly start: number; readonly price: number }[];
    };

const startsOf = (price: ListedPrice | undefined): readonly number[] =>
  typeof price === 'object' ? price.tiers.map(({ start }) => start) : [];

/** The price of a prompt of a little more than `above` tokens. */
const priceAt = (price: ListedPrice | undefined, above: number): number | null => {
  if (price === undefined) return null;
  if (typeof price === 'number') return price;
  const reached = price.tiers.filter(({ start }) => start <= above && above > 0);
  return reached.toSorted((a, b) => b.start - a.start)[0]?.price ?? price.base;
};

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

/** The prices for a prompt of so many tokens of input. */
export const tierOf = (price: Price, input: number): Omit<PriceTier, 'above'> =>
  price.tiers?.findLast(({ above }) => input > above) ?? price;

/** The tokens of input above which a model has another price, the shortest first. */
export const tiersOf = (price: Price | null): readonly number[] =>
  price?.tiers?.map(({ above }) => above) ?? [];

/**
 * USD for the tokens of one call, or of several of the same tier with `tierOf`'s choice made by
 * `promptTokens`, the input of one of them: cached input at its own price where that is known, else
 * at the full one. Null when the price, the input or the output is not known.
 */
export const costOf = (
  usage: Usage | null,
  price: Price | null,
  promptTokens: number | null = usage?.input ?? null,
): number | null => {
  if (usage === null || price === null || usage.input === null || usage.output === null) {
    return null;
  }
  const tier = tierOf(price, promptTokens ?? 0);
  const cached = Math.min(usage.cachedInput ?? 0, usage.input);
  const input = (usage.input - cached) * tier.input + cached * (tier.cachedInput ?? tier.input);
  return (input + usage.output * tier.output) / 1e6;
};

/** What a call in a batch costs, as a part of what it costs otherwise; 1 where that is not known. */
export const batchShareOf = (price: Price | null): number => price?.batchShare ?? 1;

/**
 * USD of an answer: as the provider said it in the answer, else by its tokens, in a batch at the price
 * of batches; null: not known.
 */
export const costOfAnswer = (
  answer: Pick<Answer, 'usage' | 'cost'> | null,
  price: Price | null,
  batch = false,
): number | null => {
  if (typeof answer?.cost === 'number') return answer.cost;
  const cost = costOf(answer?.usage ?? null, price);
  return cost === null || !batch ? cost : cost * batchShareOf(price);
};
