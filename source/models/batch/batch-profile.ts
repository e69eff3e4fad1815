import * as z from 'zod';
import data from '../../../data/batch.json' with { type: 'json' };
import type { Provider } from '../model.ts';

const profile = z.strictObject({
  id: z.string(),
  dialect: z.enum(['openai', 'mistral', 'together', 'gemini']),
  /** The upload path, after the base URL; for Gemini, from the root of its own API. */
  uploadPath: z.string(),
  purpose: z.string(),
  /** The path in every line of a file. */
  endpoint: z.string(),
  completionWindow: z.literal('24h'),
  maximumLines: z.int().positive(),
  maximumBytes: z.int().positive(),
  priceFactor: z.number().positive().max(1),
  /** The source of the figures, and the date. */
  source: z.string(),
  date: z.string(),
  /** Facts that the provider's documentation does not state, each with a reason. */
  unverified: z.record(z.string(), z.string()),
});

const schema = z.strictObject({
  /** The date of the facts, which change often. */
  date: z.string(),
  source: z.string(),
  note: z.string(),
  providers: z.array(profile),
});

/**
 * The properties of a provider's Batch API and the limits of one file. `priceFactor` is the price
 * of a token in a batch as a share of its usual price.
 */
export type BatchProfile = Readonly<z.infer<typeof profile>>;

let parsed: z.infer<typeof schema> | null = null;
const batchData = (): z.infer<typeof schema> => (parsed ??= schema.parse(data));

/**
 * Returns the Batch API profile of a provider; null if it has none. An unknown server, named by its
 * URL, is assumed to have OpenAI's API at full price: if it has none, it answers with an error.
 */
export const batchProfileOf = (provider: Provider): BatchProfile | null => {
  const { providers } = batchData();
  const find = (id: string): BatchProfile | undefined => providers.find((known) => known.id === id);
  const own = find(provider.id);
  if (own !== undefined) return own;
  if (!provider.batch && provider.quirks !== unknownServer) return null;
  return find(provider.quirks) ?? find(unknownServer) ?? null;
};

/** The profile of an unknown server. */
const unknownServer = 'openai-compatible';

/** Returns the price of a token in a batch as a share of its usual price; 1 without a Batch API. */
export const batchPriceFactor = (provider: Provider): number =>
  batchProfileOf(provider)?.priceFactor ?? 1;
