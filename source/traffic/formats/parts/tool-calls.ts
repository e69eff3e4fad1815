import { isJsonObject, type JsonObject, type JsonValue } from '../../../text/json.ts';
import { unwrapJson } from './json-text.ts';

/** A value as the text that OpenAI has in its place: objects are written as JSON. */
export const asText = (value: JsonValue | undefined): string =>
  typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);

/**
 * A call of a tool as OpenAI writes it, from OpenAI's own form, LangChain's (`args`), Vercel's (`toolName`,
 * `input`), OpenInference's (`tool_call`), Anthropic's and that of the conventions of OpenTelemetry; null for
 * what is no call.
 */
export const readToolCall = (value: JsonValue | undefined): JsonObject | null => {
  const entry = unwrapJson(value);
  if (!isJsonObject(entry)) return null;
  const call = isJsonObject(entry['tool_call']) ? entry['tool_call'] : entry;
  const called = isJsonObject(call['function']) ? call['function'] : call;
  const name = called['name'] ?? called['toolName'];
  if (typeof name !== 'string') return null;
  const given =
    called['arguments'] ?? called['args'] ?? called['input'] ?? called['parameters'] ?? '{}';
  const id = call['id'] ?? call['toolCallId'] ?? call['call_id'];
  return {
    ...(typeof id === 'string' && id !== '' ? { id } : {}),
    type: 'function',
    function: { name, arguments: asText(given) },
  };
};

export const readToolCalls = (value: JsonValue | undefined): readonly JsonObject[] => {
  const list = unwrapJson(value);
  return Array.isArray(list)
    ? (list as readonly JsonValue[]).map(readToolCall).filter((call) => call !== null)
    : [];
};

/** The calls that a text consists of, as some instrumentations store them; null for any other text. */
export const toolCallsInText = (text: string): readonly JsonObject[] | null => {
  if (!/^\s*\[\s*\{/.test(text)) return null;
  const list = unwrapJson(text);
  if (!Array.isArray(list)) return null;
  const isCall = (entry: JsonValue): boolean =>
    isJsonObject(entry) && entry['type'] === 'function' && isJsonObject(entry['function']);
  return (list as readonly JsonValue[]).every(isCall) ? readToolCalls(list) : null;
};
