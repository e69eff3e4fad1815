import { isJsonObject, type JsonObject, type JsonValue } from '../../../text/json.ts';
import { callOfAttributes } from '../otel/attributes-call.ts';
import { genAiAnswerFacts } from '../otel/gen-ai-facts.ts';
import { readAnswer } from '../parts/answer.ts';
import { readFinishReason } from '../parts/finish-reason.ts';
import { unwrapJson } from '../parts/json-text.ts';
import { readNumber, readParameters } from '../parts/parameters.ts';
import { missingOf, requestOf, type TracedCall } from '../parts/traced-call.ts';
import { readToolDefinitions } from '../parts/tool-definitions.ts';
import { readObservationInput, type ObservationInput } from './observation-input.ts';
import { observationUsage } from './observation-usage.ts';

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
  const request = requestOf({
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
    ...(isResponse ? [] : missingOf(request, uncertain)),
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
  return readAnswer(row['output'], {
    id: traced.id,
    model: traced.model ?? modelOf(row),
    finishReasons:
      traced.finishReasons.length > 0 || reason === null ? traced.finishReasons : [reason],
    usage: observationUsage(row) ?? traced.usage,
    choices,
  });
};
