import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import type { Usage } from '../answer.ts';

/** A number of tokens as a provider says it; anything but a finite number ≥ 0 is not known. */
const tokens = (value: JsonValue | undefined): number | null =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null;

const detail = (usage: JsonObject, details: string, key: string): JsonValue | undefined => {
  const object = usage[details];
  return isJsonObject(object) ? object[key] : undefined;
};

/**
 * Usage from the `usage` object of a chat completion, in the spellings of OpenAI, DeepSeek
 * (`prompt_cache_hit_tokens`), Moonshot (`cached_tokens`) and Mistral (`num_cached_tokens`). Null when
 * it is no object or holds neither input nor output.
 */
export const readUsage = (value: JsonValue | undefined): Usage | null => {
  if (!isJsonObject(value)) return null;
  const input = tokens(value['prompt_tokens']);
  const output = tokens(value['completion_tokens']);
  if (input === null && output === null) return null;
  const reasoning = tokens(detail(value, 'completion_tokens_details', 'reasoning_tokens'));
  const cachedInput =
    tokens(detail(value, 'prompt_tokens_details', 'cached_tokens')) ??
    tokens(value['prompt_cache_hit_tokens']) ??
    tokens(value['cached_tokens']) ??
    tokens(value['num_cached_tokens']);
  // Gemini bills thinking as output, but counts it in the total only.
  const total = tokens(value['total_tokens']);
  if (reasoning === null && input !== null && output !== null && total !== null) {
    const hidden = total - input - output;
    if (hidden > 0) return { input, output: output + hidden, cachedInput, reasoning: hidden };
  }
  return { input, output, cachedInput, reasoning };
};
