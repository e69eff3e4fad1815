import { isJsonObject, type JsonObject, type JsonValue } from '../../../text/json.ts';
import { completionOfMessages, readFinishReason } from '../parts/chat-completion.ts';
import { unwrapJson } from '../parts/embedded-json.ts';
import { readMessages } from '../parts/messages.ts';
import { readParameters } from '../parts/parameters.ts';
import { readToolCalls, readToolChoice, readToolDefinitions } from '../parts/tools.ts';
import { chatRequest, missingParameters, type TracedCall } from '../parts/traced-call.ts';
import { genAiAnswerFacts, genAiModel, genAiParameters } from './gen-ai.ts';

/** The spans of the AI SDK by what they are: only those that end so are one call of a model. */
export const vercelOperation = (attributes: JsonObject): string | null => {
  const operation = attributes['ai.operationId'] ?? attributes['operation.name'];
  return typeof operation === 'string' && operation.startsWith('ai.') ? operation : null;
};

/** Whether the attributes are those of a call of a model by the AI SDK (versions 4 to 6). */
export const isVercel = (attributes: JsonObject): boolean =>
  /\.do(?:Generate|Stream)\b/.test(vercelOperation(attributes) ?? '');

/**
 * The call in attributes `ai.prompt.messages`, `ai.response.text` and so on (vercel/ai, packages/ai,
 * telemetry). Tools, messages and calls are JSON in texts.
 */
export const vercelCall = (attributes: JsonObject): TracedCall => {
  const lost = new Set<string>();
  const read = readMessages(attributes['ai.prompt.messages'], { lost, joined: true });
  if (read === null) {
    return {
      request: null,
      answer: null,
      partial: [],
      reason: 'prompt not stored (AI SDK: experimental_telemetry.recordInputs)',
    };
  }
  const choice = readToolChoice(attributes['ai.prompt.toolChoice']);
  const tools = readToolDefinitions(attributes['ai.prompt.tools'] ?? [], lost);
  const isObject = /Object\b/.test(vercelOperation(attributes) ?? '');
  const request = chatRequest({
    model: genAiModel(attributes),
    messages: read.messages,
    tools,
    parameters: {
      ...settingsOf(attributes),
      ...genAiParameters(attributes, lost),
      ...(choice === undefined || tools.length === 0 ? {} : { tool_choice: choice }),
      ...formatOf(attributes),
    },
  });
  return {
    request,
    answer: answerIn(attributes),
    partial: [
      ...new Set([...(isObject ? missingParameters(request, ['response_format']) : []), ...lost]),
    ],
    reason: null,
  };
};

const settingsOf = (attributes: JsonObject): JsonObject =>
  readParameters(
    Object.fromEntries(
      Object.entries(attributes)
        .filter(([key]) => key.startsWith('ai.settings.'))
        .map(([key, value]) => [key.slice('ai.settings.'.length), value]),
    ),
    new Set(),
  );

const formatOf = (attributes: JsonObject): JsonObject => {
  const schema = unwrapJson(attributes['ai.schema']);
  if (!isJsonObject(schema)) return {};
  const name = attributes['ai.schema.name'];
  const json_schema = { name: typeof name === 'string' ? name : 'response', schema };
  return { response_format: { type: 'json_schema', json_schema } };
};

const answerIn = (attributes: JsonObject): JsonObject | null => {
  const text = textOf(attributes['ai.response.text'] ?? attributes['ai.response.object']);
  const reasoning = textOf(attributes['ai.response.reasoning']);
  const calls = readToolCalls(attributes['ai.response.toolCalls']);
  if (text === null && calls.length === 0) return null;
  const facts = genAiAnswerFacts(attributes, 1);
  const reason = readFinishReason(attributes['ai.response.finishReason']);
  return completionOfMessages(
    [
      {
        role: 'assistant',
        content: text,
        ...(reasoning === null ? {} : { reasoning_content: reasoning }),
        ...(calls.length === 0 ? {} : { tool_calls: calls }),
      },
    ],
    { ...facts, finishReasons: reason === null ? facts.finishReasons : [reason] },
  );
};

const textOf = (value: JsonValue | undefined): string | null =>
  typeof value === 'string' && value !== ''
    ? value
    : isJsonObject(value)
      ? JSON.stringify(value)
      : null;
