import { isJsonObject, type JsonObject, type JsonValue, objectsIn } from '../../text/json.ts';
import type { Usage } from '../answer.ts';

/** Returns a number ≥ 0 that can be a count or a cost; null for anything else, such as 1e300. */
const amount = (value: JsonValue | undefined): number | null =>
  typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER ? value : null;

/** The usage; null if every count in it is zero, which some servers send where they did not count. */
export const countedUsage = (usage: Usage | null): Usage | null =>
  usage !== null && Object.values(usage).some((count) => (count ?? 0) > 0) ? usage : null;

const detail = (usage: JsonObject, details: string, key: string): JsonValue | undefined => {
  const object = usage[details];
  return isJsonObject(object) ? object[key] : undefined;
};

/** What was written to Anthropic's cache for an hour, where its own count of writes by their lifetime is kept. */
const hourWrite = (writes: JsonValue | undefined): number | null =>
  isJsonObject(writes) ? amount(writes['ephemeral_1h_input_tokens']) : null;

/**
 * Reads the token counts in the `usage` object of a chat completion, in the formats of OpenAI,
 * DeepSeek (`prompt_cache_hit_tokens`), Moonshot (`cached_tokens`), Mistral
 * (`num_cached_tokens`) and LiteLLM, which keeps Anthropic's count of the writes to its cache
 * (`cache_creation_token_details`). Null if it has neither input nor output tokens. Counts of zero are kept,
 * because they tell what a chunk of a stream is: `countedUsage` takes them out.
 */
export const readUsage = (value: JsonValue | undefined): Usage | null => {
  if (!isJsonObject(value)) return null;
  const input = amount(value['prompt_tokens']);
  const output = amount(value['completion_tokens']);
  if (input === null && output === null) return null;
  const reasoning = amount(detail(value, 'completion_tokens_details', 'reasoning_tokens'));
  const cachedInput =
    amount(detail(value, 'prompt_tokens_details', 'cached_tokens')) ??
    amount(value['prompt_cache_hit_tokens']) ??
    amount(value['cached_tokens']) ??
    amount(value['num_cached_tokens']);
  const write = written(
    amount(detail(value, 'prompt_tokens_details', 'cache_write_tokens')) ??
      amount(detail(value, 'prompt_tokens_details', 'cache_creation_tokens')),
    hourWrite(detail(value, 'prompt_tokens_details', 'cache_creation_token_details')),
  );
  // Gemini bills thinking as output but includes it only in the total.
  const total = amount(value['total_tokens']);
  if (reasoning === null && input !== null && output !== null && total !== null) {
    const hidden = total - input - output;
    if (hidden > 0)
      return { input, output: output + hidden, cachedInput, reasoning: hidden, ...write };
  }
  return { input, output, cachedInput, reasoning, ...write };
};

const written = (
  cacheWrite: number | null,
  hourCacheWrite: number | null = null,
): Pick<Usage, 'cacheWrite' | 'hourCacheWrite'> => ({
  ...(cacheWrite === null ? {} : { cacheWrite }),
  ...(hourCacheWrite === null ? {} : { hourCacheWrite }),
});

/**
 * Reads the `usage` of a response of the Responses API. Its input includes what was cached, its output
 * the reasoning. Null if it has neither input nor output tokens, or nothing but zeros.
 */
export const readResponseUsage = (value: JsonValue | undefined): Usage | null => {
  if (!isJsonObject(value)) return null;
  const input = amount(value['input_tokens']);
  const output = amount(value['output_tokens']);
  if (input === null && output === null) return null;
  return countedUsage({
    input,
    output,
    cachedInput: amount(detail(value, 'input_tokens_details', 'cached_tokens')),
    reasoning: amount(detail(value, 'output_tokens_details', 'reasoning_tokens')),
    ...written(amount(detail(value, 'input_tokens_details', 'cache_write_tokens'))),
  });
};

/**
 * Reads the `usage` of an Anthropic message. Its input tokens leave out what was read from a cache or
 * written to one; here they include both. Where the server summarised the conversation first, the counts
 * leave that out and `iterations` has it: what the model itself did is added up then. What an adviser did
 * (`advisor_message`) is not counted, because it is another model at another price, and where a second
 * model stood in for a refusal (`fallback_message`) the counts are those of its answer.
 */
export const readMessageUsage = (value: JsonValue | undefined): Usage | null => {
  if (!isJsonObject(value)) return null;
  const iterations = objectsIn(value['iterations']);
  const has = (type: string): boolean => iterations.some((one) => one['type'] === type);
  const counted =
    has('compaction') && !has('fallback_message')
      ? iterations.filter(({ type }) => type === 'compaction' || type === 'message')
      : [value];
  const sumOf = (key: string): number | null => sum(counted.map((usage) => amount(usage[key])));
  const uncached = sumOf('input_tokens');
  const output = sumOf('output_tokens');
  if (uncached === null && output === null) return null;
  const cachedInput = sumOf('cache_read_input_tokens');
  const cacheWrite = sumOf('cache_creation_input_tokens');
  const hourCacheWrite = sum(counted.map((usage) => hourWrite(usage['cache_creation'])));
  return countedUsage({
    input: uncached === null ? null : uncached + (cachedInput ?? 0) + (cacheWrite ?? 0),
    output,
    cachedInput,
    reasoning: amount(detail(value, 'output_tokens_details', 'thinking_tokens')),
    ...written(cacheWrite, hourCacheWrite),
  });
};

/** The sum of a count of several usages; null if none of them has it. */
const sum = (counts: readonly (number | null)[]): number | null => {
  const known = counts.filter((count) => count !== null);
  return known.length === 0 ? null : known.reduce((total, count) => total + count, 0);
};

/**
 * Reads the `usageMetadata` of Gemini. Its count of the candidates leaves out what the model thought, and
 * its count of the prompt leaves out what tools of the server put into it; here both are included. Gemini
 * leaves out counts of zero, so the total tells the output where the answer was blocked.
 */
export const readGeminiUsage = (value: JsonValue | undefined): Usage | null => {
  if (!isJsonObject(value)) return null;
  const prompt = amount(value['promptTokenCount']);
  const candidates = amount(value['candidatesTokenCount']);
  const reasoning = amount(value['thoughtsTokenCount']);
  const total = amount(value['totalTokenCount']);
  const input = prompt === null ? null : prompt + (amount(value['toolUsePromptTokenCount']) ?? 0);
  const rest = total === null || input === null ? reasoning : Math.max(0, total - input);
  const output = candidates === null ? rest : candidates + (reasoning ?? 0);
  if (input === null && output === null) return null;
  const cachedInput = amount(value['cachedContentTokenCount']);
  return countedUsage({ input, output, cachedInput, reasoning });
};

/** xAI counts in ten-billionths of a dollar (docs.x.ai, Cost Tracking, 2026-11). */
const usdPerTick = 1e-10;

/**
 * Reads the cost of an answer, in USD, from its `usage`: OpenRouter (`cost`, plus the upstream's
 * own bill if the user brings the upstream key), Perplexity (`cost.total_cost`), xAI
 * (`cost_in_usd_ticks`), DeepInfra (`estimated_cost`). Null if `usage` has none.
 */
export const readCost = (usage: JsonValue | undefined): number | null => {
  if (!isJsonObject(usage)) return null;
  const { cost } = usage;
  if (isJsonObject(cost)) return amount(cost['total_cost']);
  const reported = amount(cost);
  if (reported !== null) return reported + upstreamBill(usage);
  const ticks = amount(usage['cost_in_usd_ticks']);
  return ticks === null ? amount(usage['estimated_cost']) : ticks * usdPerTick;
};

const upstreamBill = (usage: JsonObject): number => {
  const details = usage['cost_details'];
  if (usage['is_byok'] !== true || !isJsonObject(details)) return 0;
  return amount(details['upstream_inference_cost']) ?? 0;
};
