import { firstString, isJsonObject, type JsonObject, type JsonValue } from '../../../text/json.ts';
import { completionOfMessages, readFinishReason } from '../parts/chat-completion.ts';
import { unwrapJson } from '../parts/embedded-json.ts';
import { readMessages } from '../parts/messages.ts';
import { readParameters } from '../parts/parameters.ts';
import { readToolCalls, readToolChoice, readToolDefinitions } from '../parts/tools.ts';
import { chatRequest, missingParameters, type TracedCall } from '../parts/traced-call.ts';
import { genAiAnswerFacts, genAiModel, genAiParameters } from './gen-ai.ts';

/** The operation of a span of the AI SDK; null for any other span. */
export const vercelOperation = (attributes: JsonObject): string | null => {
  const operation = attributes['ai.operationId'] ?? attributes['operation.name'];
  return typeof operation === 'string' && operation.startsWith('ai.') ? operation : null;
};

/** Whether attributes hold one call of a model by the AI SDK (versions 4 to 6). */
export const isVercel = (attributes: JsonObject): boolean =>
  /\.do(?:Generate|Stream)\b/.test(vercelOperation(attributes) ?? '');

/**
 * Reads the call in attributes such as `ai.prompt.messages` and `ai.response.text` (vercel/ai, packages/ai,
 * telemetry). Tools, messages and calls are stored as JSON text.
 */
export const vercelCall = (attributes: JsonObject): TracedCall => {
  const lost = new Set<string>();
  const read = readMessages(attributes['ai.prompt.messages'], { lost, joined: true });
  if (read === null) {
    const reason = 'prompt not stored (AI SDK: experimental_telemetry.recordInputs)';
    return { request: null, reason };
  }
  const choice = readToolChoice(attributes['ai.prompt.toolChoice']);
  const tools = readToolDefinitions(attributes['ai.prompt.tools'] ?? [], lost);
  const isObject = /Object\b/.test(vercelOperation(attributes) ?? '');
  const request = chatRequest({
    model: genAiModel(attributes),
    messages: read.messages,
    tools,
    parameters: {
      ...readSettings(attributes),
      ...genAiParameters(attributes, lost),
      ...(choice === undefined || tools.length === 0 ? {} : { tool_choice: choice }),
      ...readSchema(attributes),
    },
  });
  const missing = isObject ? missingParameters(request, ['response_format']) : [];
  return {
    request,
    answer: readOutput(attributes),
    partial: [...new Set([...missing, ...lost])],
  };
};

const settingPrefix = 'ai.settings.';

const readSettings = (attributes: JsonObject): JsonObject =>
  readParameters(
    Object.fromEntries(
      Object.entries(attributes)
        .filter(([key]) => key.startsWith(settingPrefix))
        .map(([key, value]) => [key.slice(settingPrefix.length), value]),
    ),
    new Set(),
  );

const readSchema = (attributes: JsonObject): JsonObject => {
  const schema = unwrapJson(attributes['ai.schema']);
  if (!isJsonObject(schema)) return {};
  const name = firstString(attributes['ai.schema.name']) ?? 'response';
  return { response_format: { type: 'json_schema', json_schema: { name, schema } } };
};

const readOutput = (attributes: JsonObject): JsonObject | null => {
  const text = outputText(attributes['ai.response.text'] ?? attributes['ai.response.object']);
  const reasoning = outputText(attributes['ai.response.reasoning']);
  const calls = readToolCalls(attributes['ai.response.toolCalls']);
  if (text === null && calls.length === 0) return null;
  const facts = genAiAnswerFacts(attributes, 1);
  const reason = readFinishReason(attributes['ai.response.finishReason']);
  const message = {
    role: 'assistant',
    content: text,
    ...(reasoning === null ? {} : { reasoning_content: reasoning }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  };
  return completionOfMessages([message], {
    ...facts,
    finishReasons: reason === null ? facts.finishReasons : [reason],
  });
};

const outputText = (value: JsonValue | undefined): string | null =>
  isJsonObject(value) ? JSON.stringify(value) : firstString(value);
