import {
  arrayOrEmpty,
  firstString,
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  objectsIn,
} from '../text/json.ts';
import type { DialectRequest } from './capture.ts';
import { chatForm } from './dialects/translate-request.ts';
import type { Dialect } from './dialects/dialect.ts';
import { recogniseAnswerBody } from './dialects/recognise-answer.ts';
import { recogniseCallBody } from './dialects/recognise-call.ts';
import { sha256 } from './hash.ts';

/** The forms of requests in other dialects, which are asked for several times while a pair is shown. */
const chatForms = new WeakMap<JsonObject, JsonObject>();

/** A request in the words of chat completions: what it says, for whoever shows, searches or counts it. */
export const chatRequestOf = ({ dialect, model, request }: DialectRequest): JsonObject => {
  if (dialect === 'chat' && model === null) return request;
  const known = chatForms.get(request);
  if (known !== undefined) return known;
  const form = chatForm(dialect, request);
  const named = model === null || form['model'] !== undefined ? form : { model, ...form };
  chatForms.set(request, named);
  return named;
};

/**
 * Why the body of a chat completions request cannot be replayed, as a short, stable phrase; null if it can. A
 * request that lacks what was said is not what production asked.
 */
export const chatProblem = (request: JsonObject): string | null => {
  const { messages } = request;
  if (!isJsonArray(messages) || messages.length === 0) return 'no messages';
  return messagesProblem(messages) ?? (hasPromptOutside(request) ? promptOutside : null);
};

/** Whether a value is the whole body of a chat completions request. */
export const isChatBody = (value: JsonValue | undefined): value is JsonObject => {
  if (!isJsonObject(value) || chatProblem(value) !== null) return false;
  const body = recogniseCallBody(value);
  return body.kind === 'call' && body.dialect === 'chat';
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
 * The messages of an answer in any dialect, in the words of chat completions: one for each choice. An answer is
 * read as the history of the next request would have it. None for a body that is no answer.
 */
export const answerMessages = (body: JsonObject): readonly JsonObject[] => {
  switch (recogniseAnswerBody(body)) {
    case 'chat':
      return objectsIn(body['choices']).flatMap(({ message }) =>
        isJsonObject(message) ? [message] : [],
      );
    case 'messages': {
      const { content = [] } = body;
      return messagesIn('messages', { messages: [{ role: 'assistant', content }] });
    }
    case 'responses':
      return messagesIn('responses', { input: body['output'] ?? [] });
    case 'gemini':
      return objectsIn(body['candidates']).flatMap(({ content }) =>
        isJsonObject(content)
          ? messagesIn('gemini', { contents: [{ ...content, role: 'model' }] })
          : [],
      );
    case null:
      return [];
  }
};

const messagesIn = (dialect: Dialect, request: JsonObject): readonly JsonObject[] =>
  objectsIn(chatForm(dialect, request)['messages']);

/**
 * Whether the history of a request or one of the answers calls a tool that the request does not define.
 * The request is in the words of chat completions; the answers are bodies in any dialect.
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
    answers.some((answer) =>
      isJsonArray(answer['choices'])
        ? answer['choices'].some(
            (choice) => isJsonObject(choice) && callsUndefined(choice['message']),
          )
        : answerMessages(answer).some(callsUndefined),
    )
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

/** The model that the first of some bodies names; `unknown` if none does. Gemini answers with `modelVersion`. */
export const modelName = (...bodies: readonly JsonObject[]): string => {
  for (const { model, modelVersion } of bodies) {
    const name = firstString(model, modelVersion);
    if (name !== null) return name;
  }
  return 'unknown';
};
