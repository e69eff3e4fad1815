import { isJsonObject, type JsonObject, type JsonValue } from '../../../text/json.ts';
import { unwrapJson } from './embedded-json.ts';

/**
 * A tool that a model was offered as OpenAI writes it, from OpenAI's own form, that of its Responses API,
 * Vercel's (`inputSchema`), Anthropic's (`input_schema`), Pydantic's (`parameters_json_schema`) and
 * OpenInference's (`tool.json_schema`); null for what is none, such as a tool that the server runs.
 */
export const readToolDefinition = (value: JsonValue | undefined): JsonObject | null => {
  const entry = unwrapJson(value);
  if (!isJsonObject(entry)) return null;
  const { tool } = entry;
  if (isJsonObject(tool)) return readToolDefinition(tool['json_schema'] ?? tool);
  if (entry['json_schema'] !== undefined) return readToolDefinition(entry['json_schema']);
  if (isJsonObject(entry['function'])) return { type: 'function', function: entry['function'] };
  const { name, description, strict } = entry;
  if (typeof name !== 'string') return null;
  const schema = unwrapJson(
    entry['parameters'] ??
      entry['inputSchema'] ??
      entry['input_schema'] ??
      entry['parameters_json_schema'],
  );
  return {
    type: 'function',
    function: {
      name,
      ...(typeof description === 'string' ? { description } : {}),
      ...(isJsonObject(schema) ? { parameters: schema } : {}),
      ...(typeof strict === 'boolean' ? { strict } : {}),
    },
  };
};

/** `tools` of a request; what is no function is left out and reported as `tools`. */
export const readToolDefinitions = (
  value: JsonValue | undefined,
  lost: Set<string>,
): readonly JsonObject[] => {
  const list = unwrapJson(value);
  const entries = Array.isArray(list)
    ? (list as readonly JsonValue[])
    : isJsonObject(list)
      ? Object.values(list)
      : [];
  const tools = entries.map(readToolDefinition).filter((tool) => tool !== null);
  if (tools.length < entries.length) lost.add('tools');
  return tools;
};

/** `tool_choice` in OpenAI's form; undefined where none is given. */
export const readToolChoice = (value: JsonValue | undefined): JsonValue | undefined => {
  const choice = unwrapJson(value);
  if (choice === 'any') return 'required';
  if (!isJsonObject(choice)) return choice === null || choice === '' ? undefined : choice;
  if (isJsonObject(choice['function'])) return choice;
  const name = choice['toolName'] ?? choice['name'];
  if (typeof name === 'string') return { type: 'function', function: { name } };
  return choice['type'] === 'any' ? 'required' : (choice['type'] ?? undefined);
};

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
