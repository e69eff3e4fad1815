import {
  firstString,
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  objectOrEmpty,
} from '../../../text/json.ts';
import { unwrapJson } from './embedded-json.ts';

/** The content of a call as a trace has it. */
export type TracedCall =
  | {
      /** The body of a chat completions request. */
      readonly request: JsonObject;
      /** A `chat.completion`; null if the trace has none. */
      readonly answer: JsonObject | null;
      /** Parts of the request that the trace does not have. */
      readonly partial: readonly string[];
    }
  | {
      readonly request: null;
      /** Why the trace does not have the messages. */
      readonly reason: string;
    };

/**
 * The body of a chat completions request from its parts; parts that are unknown are left out.
 * `instructions` is a system prompt outside the messages: text, parts, or `{parts}`.
 */
export const chatRequest = (parts: {
  readonly model: JsonValue | undefined;
  readonly instructions?: JsonValue | undefined;
  readonly messages: readonly JsonObject[];
  readonly tools: readonly JsonObject[];
  readonly parameters: JsonObject;
}): JsonObject => {
  const { messages, tools, parameters } = parts;
  const model = firstString(parts.model);
  const instructions = instructionText(parts.instructions);
  return {
    ...(model === null ? {} : { model }),
    messages:
      instructions === null ? messages : [{ role: 'system', content: instructions }, ...messages],
    ...(tools.length === 0 ? {} : { tools }),
    ...parameters,
  };
};

const instructionText = (stored: JsonValue | undefined): string | null => {
  const value = unwrapJson(stored);
  const list = isJsonObject(value) ? (value['parts'] ?? [value]) : value;
  if (!isJsonArray(list)) return firstString(value);
  const texts = list
    .map((part) => (isJsonObject(part) ? (part['content'] ?? part['text']) : part))
    .filter((text) => typeof text === 'string');
  return firstString(texts.join('\n'));
};

/** Where other APIs, and those who trace them, have the system prompt. */
const promptNames = [
  'system',
  'instructions',
  'systemInstruction',
  'system_instruction',
  'system_prompt',
] as const;

/**
 * The system prompt that stands outside the messages in one of some objects, the first that has one;
 * undefined if the messages have one of their own.
 */
export const promptOutside = (
  messages: readonly JsonObject[],
  ...sources: readonly (JsonObject | null)[]
): JsonValue | undefined => {
  if (messages.some(({ role }) => role === 'system' || role === 'developer')) return undefined;
  return sources
    .flatMap((source) => promptNames.map((name) => source?.[name]))
    .find((value) => value !== undefined && value !== null && value !== '');
};

/**
 * Why a request says something that only a server knows, if one of its objects refers to what was stored
 * there; null if none does.
 */
export const storedElsewhere = (...sources: readonly JsonObject[]): string | null => {
  for (const source of sources) {
    const { conversation, prompt } = source;
    const held = isJsonObject(conversation) ? conversation['id'] : conversation;
    if (firstString(source['previous_response_id'], source['previousResponseId']) !== null) {
      return 'continues a stored response (previous_response_id)';
    }
    if (typeof held === 'string' && held.startsWith('conv_')) {
      return 'continues a stored conversation (conversation)';
    }
    if (isJsonObject(prompt) && String(prompt['id']).startsWith('pmpt_')) {
      return 'uses a stored prompt (prompt)';
    }
    if (firstString(source['cachedContent'], source['cached_content']) !== null) {
      return 'uses stored content (cached_content)';
    }
  }
  return null;
};

/**
 * The body that a Python SDK sent, from the arguments that were stored. What is not part of the body is
 * left out (headers may hold secrets); `extra_body` is merged into it.
 */
export const bodyFromArguments = (stored: JsonObject): JsonObject => {
  const {
    extra_headers: _headers,
    extra_query: _query,
    timeout: _timeout,
    extra_body: extraBody,
    ...body
  } = stored;
  return { ...body, ...objectOrEmpty(extraBody) };
};

/**
 * The parameters that a trace may have lost: those of `names` that the request does not have. A
 * `tool_choice` means nothing without tools.
 */
export const missingParameters = (
  request: JsonObject,
  names: readonly string[],
): readonly string[] =>
  names.filter(
    (name) =>
      request[name] === undefined && (name !== 'tool_choice' || request['tools'] !== undefined),
  );
