import {
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  objectOrEmpty,
  objectsIn,
} from '../../../text/json.ts';
import { jsonSchemaOf } from '../../dialects/gemini-schema.ts';
import { unwrapJson } from './embedded-json.ts';
import { type MessageOptions, readMessages, type ReadMessages } from './messages.ts';

/** A request of Gemini in the words of chat completions. */
export type GeminiRequest = ReadMessages & {
  /** The system prompt; undefined if there is none. */
  readonly instructions: JsonValue | undefined;
  /** Everything beside the messages, by names that `readParameters` knows. */
  readonly parameters: JsonObject;
};

/**
 * Reads a request of Gemini's `generateContent` in camel or snake case, with its settings in the body
 * (REST), in `generationConfig` or in `config` (Google's SDKs and ADK). Null for anything without
 * `contents` that can be read.
 */
export const readGeminiRequest = (
  value: JsonObject,
  options: MessageOptions,
): GeminiRequest | null => {
  const { contents, config, generationConfig, generation_config, ...rest } = value;
  const text =
    typeof contents === 'string' ? [{ role: 'user', parts: [{ text: contents }] }] : null;
  const read = readMessages(text ?? unwrapJson(contents), options);
  if (read === null) return null;
  const settings: JsonObject = {
    ...rest,
    ...objectOrEmpty(config),
    ...objectOrEmpty(generationConfig ?? generation_config),
  };
  const { system_instruction, systemInstruction, ...parameters } = settings;
  return {
    ...read,
    instructions: systemInstruction ?? system_instruction,
    parameters: chatParameters(parameters, options.lost),
  };
};

const chatParameters = (given: JsonObject, lost: Set<string>): JsonObject => {
  const {
    candidateCount,
    candidate_count,
    responseMimeType,
    response_mime_type,
    responseJsonSchema,
    response_json_schema,
    responseSchema,
    response_schema,
    toolConfig,
    tool_config,
    ...others
  } = given;
  const count = candidateCount ?? candidate_count;
  const mime = responseMimeType ?? response_mime_type;
  const schema =
    responseJsonSchema ??
    response_json_schema ??
    jsonSchemaOf(responseSchema ?? response_schema ?? null);
  const choice = toolChoice(toolConfig ?? tool_config, lost);
  const isJson = mime === 'application/json';
  // ADK leaves the schema out of what it stores.
  if (isJson && !isJsonObject(schema)) lost.add('response_format');
  return {
    ...others,
    ...(count === undefined ? {} : { n: count }),
    ...(isJson && isJsonObject(schema)
      ? { response_format: { type: 'json_schema', json_schema: { name: 'response', schema } } }
      : {}),
    ...(choice === null ? {} : { tool_choice: choice }),
  };
};

const toolChoice = (config: JsonValue | undefined, lost: Set<string>): JsonValue => {
  const outer = objectOrEmpty(config);
  const calling = objectOrEmpty(outer['functionCallingConfig'] ?? outer['function_calling_config']);
  const names = calling['allowedFunctionNames'] ?? calling['allowed_function_names'];
  if (isJsonArray(names) && names.length > 1) lost.add('tool_choice');
  switch (String(calling['mode'] ?? '').toUpperCase()) {
    case 'NONE':
      return 'none';
    case 'AUTO':
      return 'auto';
    case 'ANY':
      return isJsonArray(names) && names.length === 1
        ? { type: 'function', function: { name: names[0] ?? '' } }
        : 'required';
    default:
      return null;
  }
};

/** Whether a value is a request of Gemini: it has `contents` of messages with parts. */
export const isGeminiRequest = (value: JsonObject): boolean => {
  const contents = unwrapJson(value['contents']);
  return (
    typeof contents === 'string' || objectsIn(contents).some(({ parts }) => isJsonArray(parts))
  );
};
