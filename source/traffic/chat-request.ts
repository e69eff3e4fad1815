import {
  arrayOrEmpty,
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  objectsIn,
} from '../text/json.ts';
import { otherDialectReason, recogniseCallBody } from './dialects/recognise-call.ts';
import { sha256 } from './hash.ts';

/**
 * Why a request cannot be replayed, as a short, stable phrase; null if it can. The one gate of all formats:
 * a request that another API answers, or that lacks what was said, is not what production asked.
 */
export const requestProblem = (request: JsonValue | undefined): string | null => {
  if (!isJsonObject(request)) return 'no request';
  const { messages } = request;
  const body = recogniseCallBody(request);
  if (!isJsonArray(messages) || messages.length === 0) {
    if (body.kind === 'other model call' && body.what !== 'text completion') {
      return otherDialectReason(body.what);
    }
    const isOtherCall =
      typeof request['model'] === 'string' && ('input' in request || 'prompt' in request);
    return isOtherCall ? 'not a chat completion' : 'no messages';
  }
  if (body.kind !== 'chat') return otherDialectReason(body.what);
  return messagesProblem(messages) ?? (hasPromptOutside(request) ? promptOutside : null);
};

const promptOutside = 'a system prompt outside the messages (not a chat completion)';

/** Where other APIs have the system prompt. In a chat completion nobody reads it there. */
const outsideNames = [
  'system',
  'system_prompt',
  'systemPrompt',
  'system_instruction',
  'systemInstruction',
  'instructions',
  'preamble',
] as const;

const hasPromptOutside = (request: JsonObject): boolean =>
  outsideNames.some((name) => {
    const value = request[name];
    return typeof value === 'string' ? value !== '' : value !== undefined && value !== null;
  });

/** Roles whose messages say nothing without a content. */
const contentRoles: ReadonlySet<string> = new Set([
  'system',
  'developer',
  'user',
  'tool',
  'function',
]);

const messagesProblem = (messages: readonly JsonValue[]): string | null => {
  const called = new Set<JsonValue>();
  for (const message of messages) {
    if (!isJsonObject(message) || typeof message['role'] !== 'string') {
      return 'a message without a role';
    }
    const { role, tool_call_id: id, function_call: call, name } = message;
    if (isEmpty(message, role)) return 'a message without content';
    if (role === 'tool' && !called.has(callId(id))) return 'a tool result without its call';
    if (role === 'function' && !called.has(`function ${String(name)}`)) {
      return 'a tool result without its call';
    }
    const { tool_calls: calls } = message;
    if (calls !== undefined) for (const one of objectsIn(calls)) called.add(callId(one['id']));
    if (isJsonObject(call)) called.add(`function ${String(call['name'])}`);
  }
  return null;
};

/** Servers that give calls no ids leave them out of the results, too. */
const callId = (id: JsonValue | undefined): JsonValue =>
  id === undefined || id === '' ? null : id;

const isEmpty = (message: JsonObject, role: string): boolean => {
  if (!isNothing(message['content'])) return false;
  if (contentRoles.has(role)) return true;
  // An assistant may say something without content: tool calls, a refusal, audio.
  const others = Object.entries(message).filter(([key]) => key !== 'role' && key !== 'name');
  return others.every(([, value]) => isNothing(value));
};

const isNothing = (value: JsonValue | undefined): boolean =>
  value === undefined || value === null || (isJsonArray(value) && value.length === 0);

/**
 * Whether the history of a request or one of the answers calls a tool that the request does not define.
 * `answers` are `chat.completion` objects.
 */
export const callsUndefinedTools = (
  request: JsonObject,
  answers: readonly JsonObject[],
): boolean => {
  // Most requests call nothing, and this is asked for each record of an import.
  let defined: ReadonlySet<JsonValue> | null = null;
  const isUndefined = (call: JsonObject): boolean => {
    defined ??= new Set(
      [...objectsIn(request['tools']), ...objectsIn(request['functions'])].map(toolName),
    );
    return !defined.has(toolName(call));
  };
  const callsUndefined = (message: JsonValue | undefined): boolean => {
    if (!isJsonObject(message)) return false;
    const { tool_calls: calls, function_call: call } = message;
    return (
      (calls !== undefined && objectsIn(calls).some(isUndefined)) ||
      (isJsonObject(call) && isUndefined(call))
    );
  };
  return (
    arrayOrEmpty(request['messages']).some(callsUndefined) ||
    answers.some(({ choices }) => objectsIn(choices).some(({ message }) => callsUndefined(message)))
  );
};

const toolName = (tool: JsonObject): JsonValue => {
  const named = [tool['function'], tool['custom'], tool].find(isJsonObject);
  return named?.['name'] ?? null;
};

/** Labels are names for people; longer ones are cut. */
const maximumEndpointLength = 200;

/**
 * The label of the production feature that made a request: the first candidate that is a string and not
 * blank, else one derived from the system prompt, which groups the requests of one feature.
 */
export const endpointLabel = (
  request: JsonObject,
  candidates: readonly (JsonValue | undefined)[],
): string => {
  for (const candidate of candidates) {
    if (typeof candidate === 'string' && candidate.trim() !== '') {
      return candidate.trim().slice(0, maximumEndpointLength);
    }
  }
  const prompt = systemPrompt(request);
  return prompt === '' ? 'no-system-prompt' : `system-${sha256(prompt).slice(0, 8)}`;
};

export const systemPrompt = (request: JsonObject): string =>
  objectsIn(request['messages'])
    .filter(({ role }) => role === 'system' || role === 'developer')
    .map(({ content }) => (typeof content === 'string' ? content : JSON.stringify(content ?? '')))
    .join('\n');

/** The model that the first of some bodies names; `unknown` if none does. */
export const modelName = (...bodies: readonly JsonObject[]): string => {
  for (const { model } of bodies) {
    if (typeof model === 'string' && model !== '') return model;
  }
  return 'unknown';
};
