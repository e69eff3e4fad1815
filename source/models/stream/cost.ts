import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';

const amount = (value: JsonValue | undefined): number | null =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null;

/** xAI counts in ten-billionths of a dollar (docs.x.ai, Cost Tracking, 2026-11). */
const usdPerTick = 1e-10;

/**
 * What an answer cost in USD, as its `usage` says it: OpenRouter (`cost`, to which the upstream's own
 * bill is added when the key there is the user's), Perplexity (`cost.total_cost`), xAI
 * (`cost_in_usd_ticks`), DeepInfra (`estimated_cost`). Null when it does not say.
 */
export const readCost = (usage: JsonValue | undefined): number | null => {
  if (!isJsonObject(usage)) return null;
  const { cost } = usage;
  if (isJsonObject(cost)) return amount(cost['total_cost']);
  const said = amount(cost);
  if (said !== null) return said + upstreamBill(usage);
  const ticks = amount(usage['cost_in_usd_ticks']);
  return ticks === null ? amount(usage['estimated_cost']) : ticks * usdPerTick;
};

const upstreamBill = (usage: JsonObject): number => {
  const details = usage['cost_details'];
  if (usage['is_byok'] !== true || !isJsonObject(details)) return 0;
  return amount(details['upstream_inference_cost']) ?? 0;
};
