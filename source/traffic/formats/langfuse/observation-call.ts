import { isJsonObject, type JsonObject, type JsonValue } from '../../../text/json.ts';
import { genAiAnswerFacts } from '../otel/gen-ai.ts';
import { callOfAttributes } from '../otel/span-call.ts';
import { completionUsage, firstCount, readFinishReason } from '../parts/chat-completion.ts';
import { unwrapJson } from '../parts/embedded-json.ts';
import { type MessageOptions, readMessages, type ReadMessages } from '../parts/messages.ts';
import { readNumber, readParameters } from '../parts/parameters.ts';
import { readRecordedAnswer } from '../parts/recorded-answer.ts';
import { readToolDefinitions } from '../parts/tools.ts';
import { chatRequest, missingParameters, type TracedCall } from '../parts/traced-call.ts';

/** Parameters that Langfuse's integrations do not always send. */
const uncertain = ['response_format', 'tool_choice'];

/**
 * The content of a generation. Where its input is not the messages, the attributes of the OpenTelemetry
 * span that it was made from may have them.
 */
export const observationCall = (row: JsonObject, metadata: JsonObject): TracedCall => {
  const lost = new Set<string>();
  const attributes = unwrapJson(metadata['attributes']);
  const spanAttributes = isJsonObject(attributes) ? attributes : {};
  const joined = typeof spanAttributes['ai.operationId'] === 'string';
  const input = readObservationInput(row['input'], { lost, joined });
  if (input === null || input === 'flattened') {
    const traced = callOfAttributes(spanAttributes);
    return traced?.request
      ? { ...traced, answer: answerIn(row, spanAttributes, 1) ?? traced.answer }
      : { request: null, answer: null, partial: [], reason: reasonFor(row, input, traced) };
  }
  const own = unwrapJson(row['modelParameters'] ?? row['model_parameters']);
  const model = modelOf(row);
  const response = unwrapJson(row['output']);
  const isResponse = isJsonObject(response) && response['object'] === 'response';
  const echoed: JsonObject = isResponse ? response : {};
  if (typeof echoed['previous_response_id'] === 'string') {
    return {
      request: null,
      answer: null,
      partial: [],
      reason: 'continues a stored response (previous_response_id)',
    };
  }
  const parameters = {
    ...readParameters(echoed, new Set()),
    ...readParameters(input.parameters, lost),
    ...readParameters(own, lost),
    ...formatIn(metadata, lost),
  };
  const tools = [
    ...readToolDefinitions(input.tools, lost),
    ...(parameters['tools'] === undefined ? toolsIn(metadata, spanAttributes, lost) : []),
  ];
  const request = chatRequest({
    model,
    instructions: instructionsOf(input, own, echoed),
    messages: input.messages,
    tools,
    parameters,
  });
  const noParameters = !isJsonObject(own) || Object.keys(own).length === 0;
  const missing = [
    ...(noParameters && !isResponse && Object.keys(input.parameters).length === 0
      ? ['parameters']
      : []),
    ...(isResponse ? [] : missingParameters(request, uncertain)),
  ];
  return {
    request,
    answer: answerIn(row, spanAttributes, readNumber(parameters['n']) ?? 1),
    partial: [...new Set([...missing, ...lost])],
    reason: null,
  };
};

const reasonFor = (
  row: JsonObject,
  input: ObservationInput | 'flattened' | null,
  traced: TracedCall | null,
): string => {
  if (input === 'flattened') return 'messages stored as one text';
  const stored = row['input'];
  if (!('input' in row)) return 'prompt not stored (Langfuse: ask the API for fields=core,io)';
  if (stored === null || stored === '') {
    return 'prompt not stored (Langfuse: the application sends no input)';
  }
  return traced?.reason ?? 'no messages in the input';
};

const modelOf = (row: JsonObject): string | null => {
  const names = ['model', 'providedModelName', 'provided_model_name', 'modelId'] as const;
  const found = names.map((name) => row[name]).find((name) => typeof name === 'string');
  return typeof found === 'string' && found !== '' ? found : null;
};

const instructionsOf = (
  input: ObservationInput,
  own: JsonValue | undefined,
  echoed: JsonObject,
): JsonValue | undefined => {
  if (input.messages.some(({ role }) => role === 'system' || role === 'developer'))
    return undefined;
  return (
    input.instructions ??
    (isJsonObject(own) ? own['instructions'] : undefined) ??
    echoed['instructions']
  );
};

/** langfuse-python and langfuse-js put the format into the metadata. */
const formatIn = (metadata: JsonObject, lost: Set<string>): JsonObject => {
  const format = metadata['response_format'] ?? metadata['metadata.response_format'];
  return format === undefined ? {} : readParameters({ response_format: format }, lost);
};

const toolsIn = (
  metadata: JsonObject,
  attributes: JsonObject,
  lost: Set<string>,
): readonly JsonObject[] => {
  const own = readToolDefinitions(metadata['tools'], lost);
  if (own.length > 0) return own;
  const traced = callOfAttributes(attributes)?.request?.['tools'];
  return Array.isArray(traced) ? (traced as readonly JsonValue[]).filter(isJsonObject) : [];
};

const answerIn = (row: JsonObject, attributes: JsonObject, choices: number): JsonObject | null => {
  const traced = genAiAnswerFacts(attributes, choices);
  const reason = readFinishReason(attributes['ai.response.finishReason']);
  return readRecordedAnswer(row['output'], {
    id: traced.id,
    model: traced.model ?? modelOf(row),
    finishReasons:
      traced.finishReasons.length > 0 || reason === null ? traced.finishReasons : [reason],
    usage: observationUsage(row) ?? traced.usage,
    choices,
  });
};

/** What the input of an observation says of the request. */
export type ObservationInput = ReadMessages & {
  /** A system prompt that stands beside the messages. */
  readonly instructions: JsonValue | undefined;
  /** Parameters that stand beside the messages. */
  readonly parameters: JsonObject;
};

/** A transcript in one text, as instrumentations write it that cannot send lists. */
const transcript = /^(?:system|developer|user|human|assistant): /i;

/**
 * Reads the input of a generation: a list of messages, an object that has one (`messages`, `input` of the
 * Responses API, `contents` of Gemini), a `prompt`, or the words of the user. `flattened` for messages that
 * were stored as one text, which cannot be told apart again; null where there is none.
 */
export const readObservationInput = (
  stored: JsonValue | undefined,
  options: MessageOptions,
): ObservationInput | 'flattened' | null => {
  const value = unwrapJson(stored);
  if (typeof value === 'string') return ofText(value, options.lost);
  if (Array.isArray(value)) return ofList(value, options, {});
  if (!isJsonObject(value)) return null;
  const { messages, input, contents, prompt, system, config, ...rest } = value;
  const settings = isJsonObject(config) ? config : {};
  const instructions =
    system ??
    value['instructions'] ??
    value['systemInstruction'] ??
    settings['system_instruction'] ??
    undefined;
  const list = unwrapJson(messages ?? input ?? contents ?? prompt);
  const beside = { instructions: textOf(instructions), parameters: { ...rest, ...settings } };
  if (typeof list === 'string' && list !== '') {
    return { ...userSays(list), ...beside };
  }
  if (Array.isArray(list)) return ofList(list, options, beside);
  return typeof value['role'] === 'string' ? ofList([value], options, {}) : null;
};

const ofList = (
  list: readonly JsonValue[],
  options: MessageOptions,
  beside: Partial<ObservationInput>,
): ObservationInput | null => {
  const read = readMessages(list, options);
  return read === null ? null : { instructions: undefined, parameters: {}, ...beside, ...read };
};

const ofText = (text: string, lost: Set<string>): ObservationInput | 'flattened' | null => {
  if (text.trim() === '') return null;
  if (transcript.test(text)) return 'flattened';
  lost.add('messages');
  return { ...userSays(text), instructions: undefined, parameters: {} };
};

const userSays = (content: string): ReadMessages => ({
  messages: [{ role: 'user', content }],
  tools: [],
});

/** Gemini's instructions are a text or `{parts: [{text}]}`. */
const textOf = (value: JsonValue | undefined): JsonValue | undefined => {
  if (!isJsonObject(value) || !Array.isArray(value['parts'])) return value;
  return (value['parts'] as readonly JsonValue[])
    .flatMap((part) =>
      isJsonObject(part) && typeof part['text'] === 'string' ? [part['text']] : [],
    )
    .join('\n');
};

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
  return completionUsage({
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
