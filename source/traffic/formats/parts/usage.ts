import { isJsonObject, type JsonObject, type JsonValue } from '../../../text/json.ts';
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

/** `usage` in the words of OpenAI, of its Responses API or of LangChain. */
export const usageIn = (value: JsonValue | undefined): JsonObject | null => {
  if (!isJsonObject(value)) return null;
  const input = detailsIn(
    value,
    'prompt_tokens_details',
    'input_tokens_details',
    'input_token_details',
  );
  const output = detailsIn(
    value,
    'completion_tokens_details',
    'output_tokens_details',
    'output_token_details',
  );
  return usageOf({
    input: firstCount(value['prompt_tokens'], value['input_tokens']),
    output: firstCount(value['completion_tokens'], value['output_tokens']),
    cachedInput: firstCount(input['cached_tokens'], input['cache_read']),
    reasoning: firstCount(output['reasoning_tokens'], output['reasoning']),
  });
};

const detailsIn = (value: JsonObject, ...names: readonly string[]): JsonObject => {
  const found = names.map((name) => value[name]).find(isJsonObject);
  return found ?? {};
};
