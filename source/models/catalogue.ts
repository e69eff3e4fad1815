import * as z from 'zod';
import data from '../../data/models.json' with { type: 'json' };
import { printableLine } from '../text/printable.ts';
import { UserError } from '../text/user-error.ts';
import { nearest } from '../text/nearest.ts';

const score = z.number().min(0).max(100).nullable();

const modelSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  /** Country of the maker, ISO 3166. */
  origin: z.string().nullable(),
  /** USD per million tokens. */
  price: z.strictObject({ input: z.number().nullable(), output: z.number() }).nullable(),
  /** Published scores in per cent: approximate community averages. */
  scores: z.strictObject({ mmlu: score, humanEval: score, cEval: score }),
  /** The providers that serve the model; `name` is null if its name there is unknown. */
  servedBy: z.array(z.strictObject({ provider: z.string(), name: z.string().nullable() })),
});

const schema = z.strictObject({
  source: z.string(),
  /** ISO 8601, as precise as the source. */
  date: z.string(),
  /** The source of the names in `servedBy`. */
  namesFrom: z.string(),
  models: z.array(modelSchema),
  /** Model ids in the order of the source's tables. */
  tables: z.strictObject({
    prices: z.array(z.string()),
    outputPricesBesideScores: z.array(z.string()),
    scores: z.array(z.string()),
  }),
});

export type CatalogueModel = z.infer<typeof modelSchema>;
export type Catalogue = z.infer<typeof schema>;

let parsed: Catalogue | null = null;

/** Returns the contents of data/models.json. */
export const catalogue = (): Catalogue => {
  parsed ??= schema.parse(data);
  return parsed;
};

/**
 * Returns a name without maker, case and punctuation: `deepseekv4flash` for
 * `deepseek-ai/DeepSeek-V4-Flash`.
 */
export const bareName = (name: string): string =>
  name
    .slice(name.lastIndexOf('/') + 1)
    .toLowerCase()
    .replaceAll(/[^a-z0-9.]/g, '');

/** Finds a model by id, name or `provider/name`; null if the catalogue does not contain it. */
export const findCatalogueModel = (name: string): CatalogueModel | null => {
  const bare = bareName(name);
  const found = catalogue().models.find(
    (model) =>
      bareName(model.id) === bare ||
      bareName(model.name) === bare ||
      model.servedBy.some((served) => `${served.provider}/${served.name}` === name),
  );
  return found ?? null;
};

export type PricedCatalogueModel = CatalogueModel & {
  readonly price: NonNullable<CatalogueModel['price']>;
};

/**
 * Finds a model like `findCatalogueModel`. Throws UserError if there is none, or no price for it.
 */
export const requirePricedModel = (name: string): PricedCatalogueModel => {
  const found = findCatalogueModel(name);
  if (found === null) {
    const ids = catalogue().models.map((model) => model.id);
    const similar = nearest(name, ids);
    const hint =
      similar.length > 0 ? `Did you mean ${similar.join(' or ')}?` : `It has ${ids.join(', ')}.`;
    throw new UserError(`The catalogue has no model "${printableLine(name)}". ${hint}`);
  }
  const { price } = found;
  if (price === null) {
    throw new UserError(
      `The catalogue has no price for ${found.name}, so nothing can be compared with it.`,
    );
  }
  return { ...found, price };
};

export type PriceRow = {
  readonly id: string;
  readonly model: string;
  readonly origin: string | null;
  /** USD per million tokens. */
  readonly input: number | null;
  readonly output: number;
  /** Output price ÷ the baseline's output price, to six digits. */
  readonly multiplier: number;
};

export type ScoreRow = { readonly id: string; readonly model: string; readonly score: number };

/** The published figures, each table in the order of its source. */
export type PublishedTables = {
  readonly prices: readonly PriceRow[];
  readonly outputPricesBesideScores: readonly PriceRow[];
  readonly scores: {
    readonly mmlu: readonly ScoreRow[];
    readonly humanEval: readonly ScoreRow[];
    readonly cEval: readonly ScoreRow[];
  };
};

/**
 * Returns the catalogue's tables as its source prints them. `baselineOutput` is the baseline's
 * output price, in USD per million tokens.
 */
export const publishedTables = (
  { models, tables }: Catalogue,
  baselineOutput: number,
): PublishedTables => {
  const inOrder = (ids: readonly string[]): readonly CatalogueModel[] =>
    ids.flatMap((id) => models.filter((model) => model.id === id));
  const priceRows = (ids: readonly string[]): readonly PriceRow[] =>
    inOrder(ids).flatMap(({ id, name, origin, price }) =>
      price === null
        ? []
        : [
            {
              id,
              model: name,
              origin,
              ...price,
              multiplier: Number((price.output / baselineOutput).toPrecision(6)),
            },
          ],
    );
  const scoreRows = (benchmark: keyof CatalogueModel['scores']): readonly ScoreRow[] =>
    inOrder(tables.scores).flatMap(({ id, name, scores }) =>
      scores[benchmark] === null ? [] : [{ id, model: name, score: scores[benchmark] }],
    );
  return {
    prices: priceRows(tables.prices),
    outputPricesBesideScores: priceRows(tables.outputPricesBesideScores),
    scores: {
      mmlu: scoreRows('mmlu'),
      humanEval: scoreRows('humanEval'),
      cEval: scoreRows('cEval'),
    },
  };
};

/**
 * Formats `40×`, `7.7×`, `0.025×`: one decimal from 1 up, two significant digits below, no trailing
 * zeros.
 */
export const multiplierText = (multiplier: number): string => {
  const text = multiplier >= 0.95 ? multiplier.toFixed(1) : multiplier.toPrecision(2);
  return `${Number(text)}×`;
};
