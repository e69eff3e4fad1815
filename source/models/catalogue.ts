import { z } from 'zod';
import data from '../../data/models.json' with { type: 'json' };

const score = z.number().min(0).max(100).nullable();

const modelSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  /** Country of the maker, ISO 3166. */
  origin: z.string().nullable(),
  /** USD per million tokens. */
  price: z.strictObject({ input: z.number().nullable(), output: z.number() }).nullable(),
  /** Published scores, per cent: approximate community averages. */
  scores: z.strictObject({ mmlu: score, humanEval: score, cEval: score }),
  /** Who serves it; `name` null: known to serve it, but not under which name. */
  servedBy: z.array(z.strictObject({ provider: z.string(), name: z.string().nullable() })),
});

const schema = z.strictObject({
  source: z.string(),
  /** ISO 8601, as precise as the source is. */
  date: z.string(),
  /** Where the names in `servedBy` are from. */
  namesFrom: z.string(),
  models: z.array(modelSchema),
  /** Ids of the models in the order of the source's tables. */
  tables: z.strictObject({
    prices: z.array(z.string()),
    outputPricesBesideScores: z.array(z.string()),
    scores: z.array(z.string()),
  }),
});

export type CatalogueModel = z.infer<typeof modelSchema>;
export type Catalogue = z.infer<typeof schema>;

let parsed: Catalogue | null = null;

/** The catalogue of data/models.json. */
export const catalogue = (): Catalogue => {
  parsed ??= schema.parse(data);
  return parsed;
};

/** A name without case and punctuation: `deepseek-ai/DeepSeek-V4-Flash` is `deepseekv4flash`. */
export const bareName = (name: string): string =>
  name
    .slice(name.lastIndexOf('/') + 1)
    .toLowerCase()
    .replaceAll(/[^a-z0-9.]/g, '');

/** The catalogue's model by its id, its name, or `provider/name`; null when it has none. */
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
