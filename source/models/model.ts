import type { Dialect } from '../traffic/dialects/dialect.ts';

/** The headers that may carry a key; `bearer`: `Authorization: Bearer KEY`. */
export const authorizations = ['bearer', 'api-key', 'x-api-key', 'x-goog-api-key'] as const;

export type Authorization = (typeof authorizations)[number];

/** Where a server speaks a dialect, where that differs from the rest of the server. */
export type DialectAddress = {
  /** Default: that of the provider. */
  readonly baseUrl?: string;
  /** Default: that of the provider for OpenAI's dialects, and the dialect's own header for the others. */
  readonly authorization?: Authorization;
};

/** A server of language models. */
export type Provider = {
  /** `openai`, `deepseek`, …; for a server named by its URL, that URL. */
  readonly id: string;
  readonly baseUrl: string;
  /** The dialects that it speaks, at least one, the one that it speaks best first. */
  readonly dialects: Readonly<Partial<Record<Dialect, DialectAddress>>>;
  /**
   * Environment variables that may hold the key, the preferred one first; empty if no key is
   * needed.
   */
  readonly keyVariables: readonly string[];
  /** False for local servers, which accept any key. */
  readonly keyRequired: boolean;
  /** Whether the server understands `stream_options.include_usage`. */
  readonly streamOptions: boolean;
  /** The provider's id in genai-prices; null if it has none. */
  readonly pricesId: string | null;
  /** Additional headers of every request, never a key. Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The header that carries the key, in OpenAI's dialects and for lists of models, files and batches. */
  readonly authorization: Authorization;
  /** The provider's profile in data/adaptation.json; `openai-compatible` for an unknown server. */
  readonly quirks: string;
  /** Whether the server loads a model into memory when it is first called. */
  readonly loadsOnFirstCall: boolean;
  /** Whether the provider has a Batch API. */
  readonly batch: boolean;
};

/**
 * The source of a side's answers. `label` is the name as written by the user: `openai/gpt-4o`,
 * `recorded:gpt-4-0613`, `http://127.0.0.1:8080/v1#qwen3-32b`.
 */
export type Model =
  | {
      readonly kind: 'live';
      readonly label: string;
      readonly provider: Provider;
      readonly name: string;
    }
  /** A null `name` stands for production's answers. */
  | { readonly kind: 'recorded'; readonly label: string; readonly name: string | null };

/** USD per million tokens, with the source of the figure and its date (ISO 8601, as precise as the source). */
export type Price = {
  readonly input: number;
  readonly output: number;
  /** Null: the price of input. */
  readonly cachedInput: number | null;
  /** The price of input that is written to a cache. Null or missing: the price of input. */
  readonly cacheWrite?: number | null;
  /** The price of input that is written to a cache for an hour. Null or missing: that of `cacheWrite`. */
  readonly hourCacheWrite?: number | null;
  readonly source: string;
  readonly date: string;
  /** The price depends on the moment of the call: on its date or its hour. */
  readonly varies?: true;
  /** Where it varies: the moment that this price is of (ISO 8601), and the price at another one. */
  readonly moment?: string;
  readonly at?: (moment: Date) => Price;
  /** The prices of longer prompts, by ascending `above`. */
  readonly tiers?: readonly PriceTier[];
  /** The price of a call in a batch as a share of its usual price; default 1. */
  readonly batchShare?: number;
};

/** The prices of all tokens in a call whose prompt has more than `above` tokens. */
export type PriceTier = {
  readonly above: number;
  readonly input: number;
  readonly output: number;
  readonly cachedInput: number | null;
  readonly cacheWrite?: number | null;
  readonly hourCacheWrite?: number | null;
};
