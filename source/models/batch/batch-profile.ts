import { z } from 'zod';
import data from '../../../data/batch.json' with { type: 'json' };
import type { Provider } from '../model.ts';

const profile = z.strictObject({
  id: z.string(),
  dialect: z.enum(['openai', 'mistral', 'together', 'gemini']),
  /** Where files are sent to, after the base URL; Gemini's own API says it from its root. */
  uploadPath: z.string(),
  purpose: z.string(),
  /** The path that every line of a file names. */
  endpoint: z.string(),
  completionWindow: z.string(),
  maximumLines: z.int().positive(),
  maximumBytes: z.int().positive(),
  priceFactor: z.number().positive().max(1),
  /** Where the figures stand, and when that was read. */
  source: z.string(),
  date: z.string(),
  /** Which of them no documentation of the provider could be found for, and why. */
  unverified: z.record(z.string(), z.string()),
});

const schema = z.strictObject({
  /** When the facts were gathered; they change with the providers' offers. */
  date: z.string(),
  source: z.string(),
  note: z.string(),
  providers: z.array(profile),
});

/**
 * How a provider's Batch API differs from others, and what one file may hold. `priceFactor` is the
 * price of a token in a batch as a part of its usual price.
 */
export type BatchProfile = Readonly<z.infer<typeof profile>>;

let parsed: z.infer<typeof schema> | null = null;
const batchData = (): z.infer<typeof schema> => (parsed ??= schema.parse(data));

/**
 * The Batch API of a provider; null where it has none. A server of which nothing is known (a bare
 * URL) is taken to have OpenAI's, at the full price: it says so itself when it has none.
 */
export const batchProfileOf = (provider: Provider): BatchProfile | null => {
  const { providers } = batchData();
  const find = (id: string): BatchProfile | undefined => providers.find((known) => known.id === id);
  const own = find(provider.id);
  if (own !== undefined) return own;
  if (!provider.batch && provider.quirks !== unknownServer) return null;
  return find(provider.quirks) ?? find(unknownServer) ?? null;
};

/** The rules of a server of which nothing is known. */
const unknownServer = 'openai-compatible';

/** What a token costs in a batch, as a part of its usual price; 1 where there is no Batch API. */
export const batchPriceFactor = (provider: Provider): number =>
  batchProfileOf(provider)?.priceFactor ?? 1;
