import type { JsonObject, JsonValue } from '../../../text/json.ts';
import { readNumber } from './parameters.ts';

/** Tokens of a call; null is unknown. Cached input is a part of the input, reasoning of the output. */
export type TokenCounts = {
  readonly input: number | null;
  readonly output: number | null;
  readonly cachedInput: number | null;
  readonly reasoning: number | null;
};

/** The first of some values that is a number of tokens. */
export const firstCount = (...values: readonly (JsonValue | undefined)[]): number | null => {
  for (const value of values) {
    const number = readNumber(value);
    if (number !== undefined && number >= 0) return number;
  }
  return null;
};

/** `usage` of a chat completion; null where nothing is known. */
export const usageOf = (tokens: TokenCounts): JsonObject | null => {
  const { input, output, cachedInput, reasoning } = tokens;
  if (input === null && output === null) return null;
  return {
    ...(input === null ? {} : { prompt_tokens: input }),
    ...(output === null ? {} : { completion_tokens: output }),
    ...(input === null || output === null ? {} : { total_tokens: input + output }),
    ...(cachedInput === null ? {} : { prompt_tokens_details: { cached_tokens: cachedInput } }),
    ...(reasoning === null ? {} : { completion_tokens_details: { reasoning_tokens: reasoning } }),
  };
};
