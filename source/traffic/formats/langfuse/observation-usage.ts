import { isJsonObject, type JsonObject, type JsonValue } from '../../../text/json.ts';
import { unwrapJson } from '../parts/json-text.ts';
import { firstCount, usageOf } from '../parts/usage.ts';

/**
 * The usage of an observation as that of a chat completion. `input` of Langfuse may be without what was
 * read from a cache, which then stands in `input_cached_tokens`: the total tells which. Without one they are
 * taken to overlap.
 */
export const observationUsage = (row: JsonObject): JsonObject | null => {
  const details = objectIn(row['usageDetails'] ?? row['usage_details']);
  const old = objectIn(row['usage']);
  const cachedInput = countNamed(
    details,
    /^(?:input|prompt)\w*[_.](?:cached_tokens|cache_read\w*)$/,
  );
  const reasoning = countNamed(details, /^(?:output|completion)\w*[_.]reasoning(?:_tokens)?$/);
  const input = firstCount(
    details['input'],
    details['prompt_tokens'],
    old['input'],
    row['inputUsage'],
    row['promptTokens'],
  );
  const output = firstCount(
    details['output'],
    details['completion_tokens'],
    old['output'],
    row['outputUsage'],
    row['completionTokens'],
  );
  const total = firstCount(details['total'], old['total'], row['totalUsage'], row['totalTokens']);
  const apart =
    total !== null && input !== null && output !== null && total > input + output
      ? partsOf(details, /^(?:input|prompt)\w*[_.]/)
      : 0;
  const outputApart =
    total !== null && input !== null && output !== null && total - apart > input + output
      ? partsOf(details, /^(?:output|completion)\w*[_.]/)
      : 0;
  if (input === 0 && output === 0) return null;
  return usageOf({
    input: input === null ? null : input + apart,
    output: output === null ? null : output + outputApart,
    cachedInput,
    reasoning,
  });
};

const objectIn = (value: JsonValue | undefined): JsonObject => {
  const read = unwrapJson(value);
  return isJsonObject(read) ? read : {};
};

const countNamed = (details: JsonObject, name: RegExp): number | null =>
  firstCount(...Object.entries(details).map(([key, value]) => (name.test(key) ? value : null)));

const partsOf = (details: JsonObject, name: RegExp): number =>
  Object.entries(details).reduce(
    (sum, [key, value]) => sum + (name.test(key) ? (firstCount(value) ?? 0) : 0),
    0,
  );
