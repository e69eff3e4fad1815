import type { Answer, Usage } from './answer.ts';
import { batchPriceFactor } from './batch/batch-profile.ts';
import { nearest } from '../text/nearest.ts';
import { bareName, catalogue } from './catalogue.ts';
import type { Model, Price, PriceTier } from './model.ts';

/** The version of the price data and its publication date. */
export const genaiPrices = { version: '0.1.8', date: '2026-09-23' } as const;

/** The user's own prices, by provider id and model name. */
export type OwnPrices = ReadonlyMap<string, ReadonlyMap<string, Price>>;

export type PriceBook = {
  /** The names and dates of the price lists, for a summary. */
  readonly source: string;
  /**
   * Returns the price of a model at a given time; null if unknown. The user's own price takes
   * precedence over the lists. A recorded model has its maker's price; `recorded` without a name
   * has none.
   */
  readonly priceOf: (model: Model, at: Date) => Price | null;
  /**
   * The names most like that of a live model which no price list has, though one lists its provider;
   * null for a model that is listed, has a price of the user's, or is at a provider without a list.
   */
  readonly namesLike: (model: Model) => readonly string[] | null;
};

/** Loads the price lists (0.8 MB). Call it only if costs are shown or limited. */
export const loadPrices = async (own: OwnPrices = new Map()): Promise<PriceBook> => {
  const { calcPrice, findProvider } = await import('@pydantic/genai-prices');
  const source = `genai-prices ${genaiPrices.version}`;

  const listed = (name: string, providerId: string | null, at: Date): Price | null => {
    const found = calcPrice({}, name, {
      timestamp: at,
      ...(providerId === null ? {} : { providerId }),
    });
    if (found === null) return null;
    const { input_mtok, output_mtok, cache_read_mtok, cache_write_mtok, cache_write_1h_mtok } =
      found.model_price;
    const input = priceAt(input_mtok, 0);
    const output = priceAt(output_mtok, 0);
    if (input === null || output === null) return null;
    const listedPrices = [
      input_mtok,
      output_mtok,
      cache_read_mtok,
      cache_write_mtok,
      cache_write_1h_mtok,
    ];
    const lengths = listedPrices.flatMap(startsOf);
    const ratesAbove = (above: number) =>
      withHourWrites(name, {
        input: priceAt(input_mtok, above) ?? input,
        output: priceAt(output_mtok, above) ?? output,
        cachedInput: priceAt(cache_read_mtok, above),
        cacheWrite: priceAt(cache_write_mtok, above),
        hourCacheWrite: priceAt(cache_write_1h_mtok, above),
      });
    const tiers = [...new Set(lengths)]
      .toSorted((a, b) => a - b)
      .map((above) => ({ above, ...ratesAbove(above) }));
    const price: Price = {
      ...ratesAbove(0),
      source,
      date: genaiPrices.date,
      ...(tiers.length === 0 ? {} : { tiers }),
    };
    if (!Array.isArray(found.model.prices)) return price;
    const known = new Map<number, Price>();
    const atMoment = (moment: Date): Price => {
      const slot = Math.floor(moment.getTime() / slotMs);
      const other = known.get(slot) ?? listed(name, providerId, moment) ?? price;
      known.set(slot, other);
      return other;
    };
    return { ...price, varies: true, moment: at.toISOString(), at: atMoment };
  };

  return {
    source: `${source} (${genaiPrices.date}), then ${catalogue().source} (${catalogue().date})`,
    namesLike: (model) => {
      if (model.kind === 'recorded') return null;
      const { id, pricesId } = model.provider;
      const isKnown =
        own.get(id)?.has(model.name) === true ||
        pricesId === null ||
        calcPrice({}, model.name, { providerId: pricesId }) !== null ||
        cataloguePrice(model) !== null;
      if (isKnown) return null;
      const names = findProvider({ providerId: pricesId })?.models.map((one) => one.id) ?? [];
      return nearest(model.name, names);
    },
    priceOf: (model, at) => {
      if (model.kind === 'recorded') {
        return model.name === null ? null : listed(model.name, null, at);
      }
      const { id, pricesId } = model.provider;
      const found =
        own.get(id)?.get(model.name) ??
        (pricesId === null ? null : listed(model.name, pricesId, at)) ??
        cataloguePrice(model);
      if (found === null) return null;
      const price = withHourWrites(model.name, found);
      const batchShare = batchPriceFactor(model.provider);
      return batchShare === 1 ? price : { ...price, batchShare };
    },
  };
};

/**
 * What a token costs that is written to Anthropic's cache for an hour, as a multiple of the price of one of input:
 * Anthropic's rule (platform.claude.com/docs/en/build-with-claude/prompt-caching, 2026-11). genai-prices of
 * 2026-09-23 has the same for each of Anthropic's own models and for those at Bedrock that it has an hour for;
 * it has none for the others there, at Vertex AI and at OpenRouter.
 */
const hourWriteFactor = 2;

/** The rates with a price for an hour in the cache, for a model of Anthropic's whose list names none. */
const withHourWrites = <Some extends Omit<Rates, 'tiers'>>(name: string, rates: Some): Some =>
  typeof rates.hourCacheWrite === 'number' || !/claude/i.test(name)
    ? rates
    : { ...rates, hourCacheWrite: hourWriteFactor * rates.input };

/** Prices that depend on the hour change at full tens of minutes. */
const slotMs = 600_000;

/** How long before its answer comes a call may have been admitted, and more. */
const dearestWithinMs = 86_400_000;

/** The price of a call at a moment, by which the budget, the ledger and the summary reckon alike. */
export const priceAtMoment = (price: Price | null, moment: Date): Price | null =>
  price?.at === undefined ? price : { ...price, ...price.at(moment) };

/** The highest rates of the day that begins at a moment: no call admitted then costs more. */
export const dearestPrice = (price: Price | null, from: Date): Price | null => {
  if (price?.at === undefined) return price;
  let rates: Rates = price.at(from);
  for (let ms = slotMs; ms <= dearestWithinMs; ms += slotMs) {
    rates = higherRates(rates, price.at(new Date(from.getTime() + ms)));
  }
  return { ...price, ...rates };
};

/** The highest rates of the day that begins at a price's own moment: what calls made soon cost at most. */
export const highestPrice = (price: Price | null): Price | null =>
  price?.moment === undefined ? price : dearestPrice(price, new Date(price.moment));

type Rates = Pick<
  Price,
  'input' | 'output' | 'cachedInput' | 'cacheWrite' | 'hourCacheWrite' | 'tiers'
>;

/** Rates other than those that hold now, and the spans of the next 24 hours in which they hold. */
export type LaterRates = {
  readonly input: number;
  readonly output: number;
  /** In ascending order. `to` is null where they hold beyond the 24 hours. */
  readonly spans: readonly { readonly from: Date; readonly to: Date | null }[];
};

/** The rates that differ from those at a moment, within the 24 hours that begin there. */
export const laterRates = (price: Price, from: Date): readonly LaterRates[] => {
  if (price.at === undefined) return [];
  const current = price.at(from);
  const start = Math.floor(from.getTime() / slotMs) * slotMs;
  const end = start + dearestWithinMs;
  const found = new Map<string, { rates: Price; spans: { from: Date; to: Date | null }[] }>();
  for (let ms = start + slotMs; ms <= end; ms += slotMs) {
    const rates = price.at(new Date(ms));
    if (rates.input === current.input && rates.output === current.output) continue;
    const name = JSON.stringify([rates.input, rates.output]);
    const spans = found.get(name)?.spans ?? [];
    const to = ms === end ? null : new Date(ms + slotMs);
    const last = spans.at(-1);
    if (last?.to?.getTime() === ms) last.to = to;
    else spans.push({ from: new Date(ms), to });
    found.set(name, { rates, spans });
  }
  return [...found.values()].map(({ rates, spans }) => ({
    input: rates.input,
    output: rates.output,
    spans,
  }));
};

const higherRates = (a: Rates, b: Rates): Rates => {
  const tiers = [...new Set([...(a.tiers ?? []), ...(b.tiers ?? [])].map(({ above }) => above))]
    .toSorted((one, other) => one - other)
    .map((above) => ({ above, ...higher(tierOf(a, above + 1), tierOf(b, above + 1)) }));
  return { ...higher(a, b), ...(tiers.length === 0 ? {} : { tiers }) };
};

const higher = (a: Omit<Rates, 'tiers'>, b: Omit<Rates, 'tiers'>): Omit<Rates, 'tiers'> => ({
  input: Math.max(a.input, b.input),
  output: Math.max(a.output, b.output),
  cachedInput:
    a.cachedInput === null || b.cachedInput === null
      ? null
      : Math.max(a.cachedInput, b.cachedInput),
  cacheWrite: Math.max(writeRate(a), writeRate(b)),
  hourCacheWrite: Math.max(hourWriteRate(a), hourWriteRate(b)),
});

/** The price of input that is written to a cache. */
const writeRate = ({ cacheWrite, input }: Omit<Rates, 'tiers'>): number => cacheWrite ?? input;

/** The price of input that is written to a cache for an hour. */
export const hourWriteRate = (rates: Omit<Rates, 'tiers'>): number =>
  rates.hourCacheWrite ?? writeRate(rates);

/** A listed price: one figure, or several by prompt length. */
type ListedPrice =
  | number
  | {
      readonly base: number;
      readonly tiers: readonly { readonly start: number; readonly price: number }[];
    };

const startsOf = (price: ListedPrice | undefined): readonly number[] =>
  typeof price === 'object' ? price.tiers.map(({ start }) => start) : [];

/** Returns the price for a prompt just longer than `above` tokens. */
const priceAt = (price: ListedPrice | undefined, above: number): number | null => {
  if (price === undefined) return null;
  if (typeof price === 'number') return price;
  const reached = price.tiers.filter(({ start }) => start <= above && above > 0);
  return reached.toSorted((a, b) => b.start - a.start)[0]?.price ?? price.base;
};

/** Returns the catalogue's price, if it lists the provider among those that serve the model. */
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

/** Some models have prices by the half-hour, so the moments of calls are told apart by ten minutes. */
export type CallMoment = {
  /** ISO 8601; null: now. */
  readonly at: string | null;
  /** The model that a recorded answer names; null where the side has one model. */
  readonly model: string | null;
};

/** The prices for a prompt of `input` tokens. */
export const tierOf = (price: Rates, input: number): Omit<PriceTier, 'above'> =>
  price.tiers?.findLast(({ above }) => input > above) ?? price;

/** Returns the prompt lengths at which a model's price changes, in ascending order. */
export const tiersOf = (price: Price | null): readonly number[] =>
  price?.tiers?.map(({ above }) => above) ?? [];

/**
 * Returns the cost in USD of one call, or of several in the same tier, which `promptTokens` (the
 * input of one of them) selects. Input read from a cache or written to one has its own price if that
 * is known, otherwise that of other input; what is written for an hour otherwise costs what is written for
 * less. Null if the price, the input or the output is unknown.
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
  const written = Math.min(usage.cacheWrite ?? 0, usage.input - cached);
  const forAnHour = Math.min(usage.hourCacheWrite ?? 0, written);
  const input =
    (usage.input - cached - written) * tier.input +
    cached * (tier.cachedInput ?? tier.input) +
    (written - forAnHour) * writeRate(tier) +
    forAnHour * hourWriteRate(tier);
  return (input + usage.output * tier.output) / 1e6;
};

/**
 * Returns the most in USD that calls can cost which use at most `bound`; `promptTokens` is that of
 * `costOf`. Some providers write a prompt to a cache without being asked to, which may cost more than the
 * input itself; `hourCacheWrite` is the input of those calls that ask for an hour there. Null if the price, the
 * input or the output is unknown.
 */
export const costAtMost = (
  bound: Usage,
  price: Price | null,
  promptTokens: number | null = bound.input,
): number | null => {
  if (price === null || bound.input === null || bound.output === null) return null;
  const tier = tierOf(price, promptTokens ?? 0);
  const forAnHour = Math.min(bound.hourCacheWrite ?? 0, bound.input);
  const dearest = Math.max(tier.input, tier.cachedInput ?? 0, writeRate(tier));
  const input =
    (bound.input - forAnHour) * dearest + forAnHour * Math.max(dearest, hourWriteRate(tier));
  return (input + bound.output * tier.output) / 1e6;
};

/** Returns the price of a call in a batch as a share of its usual price; 1 if unknown. */
export const batchShareOf = (price: Price | null): number => price?.batchShare ?? 1;

/**
 * Returns the cost of an answer in USD: as reported by the answer itself, otherwise the price of
 * its tokens, at the batch price for a batch. Null if unknown.
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
