import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import type { Usage } from '../answer.ts';

/** Returns a finite number ≥ 0; null for anything else. */
const amount = (value: JsonValue | undefined): number | null =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null;

const detail = (usage: JsonObject, details: string, key: string): JsonValue | undefined => {
  const object = usage[details];
  return isJsonObject(object) ? object[key] : undefined;
};

/**
 * Reads the token counts in the `usage` object of a chat completion, in the formats of OpenAI,
 * DeepSeek (`prompt_cache_hit_tokens`), Moonshot (`cached_tokens`) and Mistral
 * (`num_cached_tokens`). Null if it has neither input nor output tokens.
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
  // Gemini bills thinking as output but includes it only in the total.
  const total = amount(value['total_tokens']);
  if (reasoning === null && input !== null && output !== null && total !== null) {
    const hidden = total - input - output;
    if (hidden > 0) return { input, output: output + hidden, cachedInput, reasoning: hidden };
  }
  return { input, output, cachedInput, reasoning };
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
