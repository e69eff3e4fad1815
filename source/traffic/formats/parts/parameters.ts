import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from '../../../text/json.ts';
import { unwrapJson, unwrapObject } from './embedded-json.ts';
import { readToolChoice, readToolDefinitions } from './tools.ts';

type ParameterReader = (value: JsonValue, lost: Set<string>) => JsonValue | undefined;

/** Reads a number, or the text of one; undefined for anything else. */
export const readNumber = (value: JsonValue | undefined): number | undefined => {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
};

/** A positive number. Instrumentations write -1 or 0 where no limit was given. */
const count: ParameterReader = (value) => {
  const number = readNumber(value);
  return number !== undefined && number > 0 ? number : undefined;
};

const flag: ParameterReader = (value) =>
  value === true || value === 'true' || value === 'True'
    ? true
    : value === false || value === 'false' || value === 'False'
      ? false
      : undefined;

const word: ParameterReader = (value) =>
  typeof value === 'string' && value !== '' ? value : undefined;

const object: ParameterReader = (value) => {
  const read = unwrapJson(value);
  return isJsonObject(read) && Object.keys(read).length > 0 ? read : undefined;
};

const stops: ParameterReader = (value) => {
  const read = unwrapJson(value);
  if (typeof read === 'string') return read === '' ? undefined : read;
  if (!isJsonArray(read) || read.length === 0) return undefined;
  return read.filter((stop) => typeof stop === 'string');
};

const tools: ParameterReader = (value, lost) => {
  const read = readToolDefinitions(value, lost);
  return read.length === 0 ? undefined : read;
};

/** `response_format`, or the `text.format` of the Responses API, whose schema is one level higher. */
const responseFormat: ParameterReader = (value, lost) => {
  const read = unwrapJson(value);
  if (!isJsonObject(read)) {
    if (read !== null && read !== '') lost.add('response_format');
    return undefined;
  }
  const { type, schema, ...rest } = read;
  if (type === 'text') return undefined;
  if (type !== 'json_schema' || isJsonObject(read['json_schema'])) return read;
  return { type, json_schema: { ...rest, ...(schema === undefined ? {} : { schema }) } };
};

const parameter = (name: string, read: ParameterReader) => ({ name, read });

/** By the lower-case names that traces use. */
const knownParameters = new Map(
  Object.entries({
    temperature: parameter('temperature', readNumber),
    top_p: parameter('top_p', readNumber),
    topp: parameter('top_p', readNumber),
    top_k: parameter('top_k', count),
    topk: parameter('top_k', count),
    min_p: parameter('min_p', readNumber),
    max_tokens: parameter('max_tokens', count),
    maxtokens: parameter('max_tokens', count),
    maxoutputtokens: parameter('max_tokens', count),
    max_completion_tokens: parameter('max_completion_tokens', count),
    max_output_tokens: parameter('max_completion_tokens', count),
    frequency_penalty: parameter('frequency_penalty', readNumber),
    frequencypenalty: parameter('frequency_penalty', readNumber),
    presence_penalty: parameter('presence_penalty', readNumber),
    presencepenalty: parameter('presence_penalty', readNumber),
    seed: parameter('seed', readNumber),
    n: parameter('n', count),
    choice_count: parameter('n', count),
    stop: parameter('stop', stops),
    stop_sequences: parameter('stop', stops),
    stopsequences: parameter('stop', stops),
    logprobs: parameter('logprobs', flag),
    top_logprobs: parameter('top_logprobs', count),
    logit_bias: parameter('logit_bias', object),
    parallel_tool_calls: parameter('parallel_tool_calls', flag),
    reasoning_effort: parameter('reasoning_effort', word),
    reasoning_level: parameter('reasoning_effort', word),
    verbosity: parameter('verbosity', word),
    service_tier: parameter('service_tier', (value) =>
      value === 'auto' || value === 'default' ? undefined : word(value, new Set()),
    ),
    tools: parameter('tools', tools),
    functions: parameter('tools', tools),
    tool_choice: parameter('tool_choice', readToolChoice),
    toolchoice: parameter('tool_choice', readToolChoice),
    response_format: parameter('response_format', responseFormat),
  }),
);

/** Settings of the client, and results. They are not part of what the model was asked. */
const notParameters =
  /^(?:_.*|model|model_?name|stream.*|is_stream|finish_?reason|system|mode|max_?retries|max_?steps|timeout|request_timeout|id|object|created_at|instructions|metadata|user|store|background|truncation|billing|input|messages|prompt|status|error|previous_response_id|output|usage|n_ctx|api_.*|base_url|organization|ls_.*|text|reasoning|prompt_cache_.*|safety_identifier|incomplete_details|max_tool_calls|extra_headers|api_version)$/;

/**
 * Reads the parameters of a chat completions request, in any spelling and with numbers that are stored as
 * text. Values that mean that nothing was set (null, '', a limit of -1) are left out. The names of
 * parameters that are not known are added to `lost`.
 */
export const readParameters = (given: JsonValue | undefined, lost: Set<string>): JsonObject => {
  const parameters = unwrapJson(given);
  if (!isJsonObject(parameters)) return {};
  const found: Record<string, JsonValue> = {};
  for (const [name, value] of Object.entries(parameters)) {
    if (value === null || value === '') continue;
    const entry = knownParameters.get(name.toLowerCase());
    if (entry === undefined) {
      if (!notParameters.test(name.toLowerCase())) lost.add(name.slice(0, 60));
      continue;
    }
    const read = entry.read(value, lost);
    if (read !== undefined) found[entry.name] = read;
  }
  return { ...found, ...readNested(parameters, lost) };
};

/** Members that the Responses API nests: `text: {format, verbosity}` and `reasoning: {effort}`. */
const readNested = (parameters: JsonObject, lost: Set<string>): JsonObject => {
  const text = unwrapObject(parameters['text']);
  const { effort } = unwrapObject(parameters['reasoning']);
  const format = isJsonObject(text['format']) ? responseFormat(text['format'], lost) : undefined;
  const { verbosity } = text;
  return {
    ...(format === undefined ? {} : { response_format: format }),
    // `medium` is the default.
    ...(typeof verbosity === 'string' && verbosity !== 'medium' ? { verbosity } : {}),
    ...(typeof effort === 'string' ? { reasoning_effort: effort } : {}),
  };
};
