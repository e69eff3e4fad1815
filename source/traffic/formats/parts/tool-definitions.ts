import { isJsonObject, type JsonObject, type JsonValue } from '../../../text/json.ts';
import { unwrapJson } from './json-text.ts';

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
