import type { JsonValue } from '../text/json.ts';

/** Where requests can be sent: one OpenAI-compatible endpoint. */
export type Provider = {
  /** `openai`, `deepseek`, …, or the base URL itself for a bare one. */
  readonly id: string;
  readonly baseUrl: string;
  /** Environment variables that may hold the key, in order of preference; empty when none is needed. */
  readonly keyVariables: readonly string[];
  /** Local servers take any key. */
  readonly keyRequired: boolean;
  /** Whether `stream_options.include_usage` is understood. */
  readonly streamOptions: boolean;
  /** The provider's id in genai-prices; null where it has none. */
  readonly pricesId: string | null;
  /** Sent with every call beside our own; never a key. Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The header that the key goes into: `Authorization: Bearer KEY` or `api-key: KEY`. */
  readonly authorization: 'bearer' | 'api-key';
  /** The profile of its rules in data/adaptation.json: its own id, `openai-compatible` for an unknown server. */
  readonly quirks: string;
  /** A server that reads a model into memory when that is called for the first time. */
  readonly loadsOnFirstCall: boolean;
  /** Whether it has a Batch API in OpenAI's format. */
  readonly batch: boolean;
};

/**
 * Where a side's answers come from.
 * `label` is the name as the user wrote it: `openai/gpt-4o`, `recorded:gpt-4-0613`,
 * `http://127.0.0.1:8080/v1#qwen3-32b`.
 */
export type Model =
  | {
      readonly kind: 'live';
      readonly label: string;
      readonly provider: Provider;
      readonly name: string;
    }
  /** `name` null: what production answered. */
  | { readonly kind: 'recorded'; readonly label: string; readonly name: string | null };

/** USD per million tokens, with where the figure is from and its date (ISO 8601, as precise as the source is). */
export type Price = {
  readonly input: number;
  readonly output: number;
  readonly cachedInput: number | null;
  readonly source: string;
  readonly date: string;
  /** What holds instead for prompts of more than `above` tokens of input, shortest first. */
  readonly tiers?: readonly PriceTier[];
  /** What a call in a batch costs, as a part of what it costs otherwise; default 1. */
  readonly batchShare?: number;
};

/** The prices of long prompts. They are those of all tokens of such a call, not only of the last. */
export type PriceTier = {
  readonly above: number;
  readonly input: number;
  readonly output: number;
  readonly cachedInput: number | null;
};

/**
 * A change made to a request so that it may be sent to another provider or model. `kept` changes
 * nothing: it warns of what was sent as it stands although it may not do there what it did before.
 */
export type Adaptation = {
  /** Where: `max_tokens`, `messages[*].name`, `tools[*].function.strict`. */
  readonly parameter: string;
  readonly action: 'added' | 'removed' | 'changed' | 'renamed' | 'kept';
  /** What stood there; for `renamed` with `to`, the two names. */
  readonly from?: JsonValue;
  readonly to?: JsonValue;
  /** Half a sentence. */
  readonly reason: string;
};
