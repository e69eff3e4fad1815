import {
  arrayOrEmpty,
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  objectsIn,
} from '../../../text/json.ts';
import { jsonSchemaOf } from '../../dialects/gemini-schema.ts';
import { unwrapJson } from './embedded-json.ts';

/**
 * Reads the definition of a tool in OpenAI's form from that form, the one of the Responses API, Vercel's
 * (`inputSchema`), Anthropic's (`input_schema`), Pydantic's (`parameters_json_schema`) or OpenInference's
 * (`tool.json_schema`). Null for anything else, such as a tool that the server runs.
 */
const readToolDefinition = (value: JsonValue | undefined): JsonObject | null => {
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

/**
 * Reads the `tools` of a request. If one of them is not a function, `tools` is added to `lost`. Gemini puts
 * the declarations of several functions into one entry.
 */
export const readToolDefinitions = (
  value: JsonValue | undefined,
  lost: Set<string>,
): readonly JsonObject[] => {
  const list = unwrapJson(value);
  const listed = isJsonObject(list) && !isDeclarations(list) ? Object.values(list) : [list];
  const entries = listed.flatMap((entry) => arrayOrElement(entry)).flatMap(functionsIn);
  const tools = entries.map(readToolDefinition).filter((tool) => tool !== null);
  if (tools.length < entries.length) lost.add('tools');
  return tools;
};

const arrayOrElement = (value: JsonValue | undefined): readonly JsonValue[] =>
  isJsonArray(value) ? value : value === undefined || value === null ? [] : [value];

const declarationsOf = (entry: JsonObject): JsonValue | undefined =>
  entry['functionDeclarations'] ?? entry['function_declarations'];

const isDeclarations = (entry: JsonObject): boolean => declarationsOf(entry) !== undefined;

/** The functions that an entry of Gemini declares, or the entry. Other members are tools of the server. */
const functionsIn = (given: JsonValue): readonly JsonValue[] => {
  const entry = unwrapJson(given);
  if (!isJsonObject(entry) || !isDeclarations(entry)) return [given];
  const others = Object.keys(entry).filter((key) => !/^function_?declarations$/i.test(key));
  const hosted = others.filter((key) => entry[key] !== null);
  return [
    ...objectsIn(declarationsOf(entry)).map(fromDeclaration),
    ...hosted.map((key) => ({ type: key })),
  ];
};

const fromDeclaration = (declaration: JsonObject): JsonObject => {
  const { name, description } = declaration;
  const json = declaration['parametersJsonSchema'] ?? declaration['parameters_json_schema'];
  const parameters = json ?? jsonSchemaOf(declaration['parameters'] ?? null);
  return {
    ...(name === undefined ? {} : { name }),
    ...(description === undefined ? {} : { description }),
    ...(isJsonObject(parameters) ? { parameters } : {}),
  };
};

/** Reads a `tool_choice` in OpenAI's form; undefined if none is given. */
export const readToolChoice = (value: JsonValue | undefined): JsonValue | undefined => {
  const choice = unwrapJson(value);
  if (choice === 'any') return 'required';
  if (!isJsonObject(choice)) return choice === null || choice === '' ? undefined : choice;
  if (isJsonObject(choice['function'])) return choice;
  const name = choice['toolName'] ?? choice['name'];
  if (typeof name === 'string') return { type: 'function', function: { name } };
  return choice['type'] === 'any' ? 'required' : (choice['type'] ?? undefined);
};

/** A value as the string that OpenAI has in its place: JSON text for anything but a string. */
export const asText = (value: JsonValue | undefined): string =>
  typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);

/**
 * Reads a tool call in OpenAI's form from that form, LangChain's (`args`), Vercel's (`toolName`, `input`),
 * OpenInference's (`tool_call`), Anthropic's, Bedrock's (`toolUseId`), or that of the OpenTelemetry
 * conventions. Null for anything else.
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
  const id = call['id'] ?? call['toolCallId'] ?? call['call_id'] ?? call['toolUseId'];
  return {
    ...(typeof id === 'string' && id !== '' ? { id } : {}),
    type: 'function',
    function: { name, arguments: asText(given) },
  };
};

/** Reads the tool calls in a list. */
export const readToolCalls = (value: JsonValue | undefined): readonly JsonObject[] =>
  arrayOrEmpty(unwrapJson(value))
    .map(readToolCall)
    .filter((call) => call !== null);

/** Reads a text that consists of tool calls, as some instrumentations store them; null for other text. */
export const toolCallsInText = (text: string): readonly JsonObject[] | null => {
  if (!/^\s*\[\s*\{/.test(text)) return null;
  const list = unwrapJson(text);
  if (!isJsonArray(list)) return null;
  const isCall = (entry: JsonValue): boolean =>
    isJsonObject(entry) && entry['type'] === 'function' && isJsonObject(entry['function']);
  return list.every(isCall) ? readToolCalls(list) : null;
};
