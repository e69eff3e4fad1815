import {
  firstString,
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  objectOrEmpty,
  objectsIn,
} from '../../../text/json.ts';
import { continuedByAttributes, genAiAnswerFacts, genAiTools } from '../otel/gen-ai.ts';
import { callOfAttributes } from '../otel/span-call.ts';
import {
  completionUsage,
  firstCount,
  readFinishReason,
  sumOfCounts,
} from '../parts/chat-completion.ts';
import { unwrapJson, unwrapObject } from '../parts/embedded-json.ts';
import { isGeminiRequest, readGeminiRequest } from '../parts/gemini-request.ts';
import { type MessageOptions, readMessages, type ReadMessages } from '../parts/messages.ts';
import { readNumber, readParameters } from '../parts/parameters.ts';
import { readToolDefinitions } from '../parts/tools.ts';
import { readTracedAnswer } from '../parts/traced-answer.ts';
import {
  chatRequest,
  missingParameters,
  promptOutside,
  storedElsewhere,
  type TracedCall,
} from '../parts/traced-call.ts';

/** Parameters that Langfuse's integrations do not always send. */
const uncertainParameters = ['response_format', 'tool_choice'];

/**
 * Reads the call of a generation. If its input is not the messages, the attributes of the OpenTelemetry
 * span that it was made from may hold them.
 */
export const observationCall = (row: JsonObject, metadata: JsonObject): TracedCall => {
  const lost = new Set<string>();
  const spanAttributes = unwrapObject(metadata['attributes']);
  const joined = typeof spanAttributes['ai.operationId'] === 'string';
  const input = readObservationInput(row['input'], { lost, joined });
  if (input === null || input === 'flattened') {
    const traced = callOfAttributes(spanAttributes);
    return traced?.request
      ? { ...traced, answer: readOutput(row, spanAttributes, 1) ?? traced.answer }
      : { request: null, reason: missingReason(row, input, traced) };
  }
  const continued = continuedByAttributes(spanAttributes);
  if (continued !== null) return { request: null, reason: continued };
  const own = unwrapObject(row['modelParameters'] ?? row['model_parameters']);
  const output = unwrapObject(row['output']);
  const isResponse = output['object'] === 'response';
  const echoed = isResponse ? output : {};
  const stored = storedElsewhere(
    echoed,
    unwrapObject(row['input']),
    input.parameters,
    own,
    metadata,
  );
  if (stored !== null) return { request: null, reason: stored };
  const parameters = {
    ...readParameters(echoed, new Set()),
    ...readParameters(input.parameters, lost),
    ...readParameters(own, lost),
    ...formatInMetadata(metadata, lost),
  };
  const request = chatRequest({
    model: observationModel(row),
    // `system` among the parameters is the name of a provider.
    instructions: promptOutside(
      input.messages,
      { instructions: input.instructions ?? null },
      { ...own, system: null },
      echoed,
    ),
    messages: input.messages,
    tools: [
      ...readToolDefinitions(input.tools, lost),
      ...(parameters['tools'] === undefined ? toolsBeside(metadata, spanAttributes, lost) : []),
    ],
    parameters,
  });
  const hasParameters = Object.keys(own).length > 0 || Object.keys(input.parameters).length > 0;
  const missing = isResponse
    ? []
    : [
        ...(hasParameters ? [] : ['parameters']),
        ...missingParameters(request, uncertainParameters),
      ];
  return {
    request,
    answer: readOutput(row, spanAttributes, readNumber(parameters['n']) ?? 1),
    partial: [...new Set([...missing, ...lost])],
  };
};

const missingReason = (
  row: JsonObject,
  input: 'flattened' | null,
  traced: TracedCall | null,
): string => {
  if (input === 'flattened') return 'messages stored as one text';
  const stored = row['input'];
  if (!('input' in row)) return 'prompt not stored (Langfuse: ask the API for fields=core,io)';
  if (stored === null || stored === '') {
    return 'prompt not stored (Langfuse: the application sends no input)';
  }
  return traced?.request === null ? traced.reason : 'no messages in the input';
};

const observationModel = (row: JsonObject): string | null => {
  const names = ['model', 'providedModelName', 'provided_model_name', 'modelId'] as const;
  return firstString(names.map((name) => row[name]).find((name) => typeof name === 'string'));
};

/** langfuse-python and langfuse-js put the response format into the metadata. */
const formatInMetadata = (metadata: JsonObject, lost: Set<string>): JsonObject => {
  const format = metadata['response_format'] ?? metadata['metadata.response_format'];
  return format === undefined ? {} : readParameters({ response_format: format }, lost);
};

const toolsBeside = (
  metadata: JsonObject,
  attributes: JsonObject,
  lost: Set<string>,
): readonly JsonObject[] => {
  for (const stored of [metadata['tools'], genAiTools(metadata), genAiTools(attributes)]) {
    const tools = readToolDefinitions(stored, lost);
    if (tools.length > 0) return tools;
  }
  return objectsIn(callOfAttributes(attributes)?.request?.['tools']);
};

const readOutput = (
  row: JsonObject,
  attributes: JsonObject,
  choices: number,
): JsonObject | null => {
  const traced = genAiAnswerFacts(attributes, choices);
  const reason = readFinishReason(attributes['ai.response.finishReason']);
  return readTracedAnswer(row['output'], {
    id: traced.id,
    model: traced.model ?? observationModel(row),
    finishReasons:
      traced.finishReasons.length > 0 || reason === null ? traced.finishReasons : [reason],
    usage: observationUsage(row) ?? traced.usage,
    choices,
  });
};

/** The request according to the input of an observation. */
export type ObservationInput = ReadMessages & {
  /** A system prompt outside the messages. */
  readonly instructions: JsonValue | undefined;
  /** Parameters next to the messages. */
  readonly parameters: JsonObject;
};

/** A transcript, which instrumentations write that cannot send lists. */
const transcript = /^(?:system|developer|user|human|assistant): /i;

/**
 * Reads the input of a generation: a list of messages, an object that holds one (`messages`, `input` of the
 * Responses API, `contents` of Gemini), a `prompt`, or the text of the user. `flattened`: messages that
 * were stored as one text, which cannot be separated again. Null if there are none.
 */
export const readObservationInput = (
  stored: JsonValue | undefined,
  options: MessageOptions,
): ObservationInput | 'flattened' | null => {
  const value = unwrapJson(stored);
  if (typeof value === 'string') return readText(value, options.lost);
  if (isJsonArray(value)) return readList(value, options, {});
  if (!isJsonObject(value)) return null;
  const gemini = isGeminiRequest(value) ? readGeminiRequest(value, options) : null;
  if (gemini !== null) return gemini;
  const { messages, input, contents, prompt, system, config, ...rest } = value;
  const settings = objectOrEmpty(config);
  const given =
    system ??
    value['instructions'] ??
    value['systemInstruction'] ??
    settings['system_instruction'] ??
    undefined;
  const beside = { instructions: given, parameters: { ...rest, ...settings } };
  const list = unwrapJson(messages ?? input ?? contents ?? prompt);
  if (typeof list === 'string' && list !== '') return { ...userMessage(list), ...beside };
  if (isJsonArray(list)) return readList(list, options, beside);
  return typeof value['role'] === 'string' ? readList([value], options, {}) : null;
};

const readList = (
  list: readonly JsonValue[],
  options: MessageOptions,
  beside: Partial<ObservationInput>,
): ObservationInput | null => {
  const read = readMessages(list, options);
  return read === null ? null : { instructions: undefined, parameters: {}, ...beside, ...read };
};

const readText = (text: string, lost: Set<string>): ObservationInput | 'flattened' | null => {
  if (text.trim() === '') return null;
  if (transcript.test(text)) return 'flattened';
  lost.add('messages');
  return { ...userMessage(text), instructions: undefined, parameters: {} };
};

const userMessage = (content: string): ReadMessages => ({
  messages: [{ role: 'user', content }],
  tools: [],
});

/**
 * The usage of an observation as that of a chat completion. Langfuse's `input` may leave out what was read
 * from a cache and counted in `input_cached_tokens`; the total tells whether it does. Without a total
 * the counts are taken to overlap.
 */
const observationUsage = (row: JsonObject): JsonObject | null => {
  const details = unwrapObject(row['usageDetails'] ?? row['usage_details']);
  const old = unwrapObject(row['usage']);
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
  if (input === 0 && output === 0) return null;
  const total = firstCount(details['total'], old['total'], row['totalUsage'], row['totalTokens']);
  const counted = input === null || output === null ? null : input + output;
  const exceeds = (extra: number): boolean =>
    total !== null && counted !== null && total - extra > counted;
  const inputApart = exceeds(0) ? (sumNamed(details, /^(?:input|prompt)\w*[_.]/) ?? 0) : 0;
  const outputApart = exceeds(inputApart)
    ? (sumNamed(details, /^(?:output|completion)\w*[_.]/) ?? 0)
    : 0;
  return completionUsage({
    input: input === null ? null : input + inputApart,
    output: output === null ? null : output + outputApart,
    cachedInput: detailNamed(details, /^(?:input|prompt)\w*[_.](?:cached_tokens|cache_read\w*)$/),
    cacheWrite: sumNamed(details, cacheWrites),
    hourCacheWrite: sumNamed(details, hourCacheWrites),
    reasoning: detailNamed(details, /^(?:output|completion)\w*[_.]reasoning(?:_tokens)?$/),
  });
};

/** What was written to a cache: Langfuse and LangChain count five minutes and an hour apart, beside other writes. */
const cacheWrites =
  /^(?:input|prompt)\w*[_.](?:cache_(?:creation|write)\w*|ephemeral_(?:5m|1hr?)_input_tokens)$/;
const hourCacheWrites =
  /^(?:input|prompt)\w*[_.](?:cache_(?:creation|write)\w*_1h|ephemeral_1hr?_input_tokens)$/;

const sumNamed = (details: JsonObject, name: RegExp): number | null =>
  sumOfCounts(...Object.entries(details).map(([key, value]) => (name.test(key) ? value : null)));

const detailNamed = (details: JsonObject, name: RegExp): number | null =>
  firstCount(...Object.entries(details).map(([key, value]) => (name.test(key) ? value : null)));
