import { isJsonObject, type JsonObject, type JsonValue } from '../../../text/json.ts';
import { unwrapJson } from './embedded-json.ts';
import { readMessageContent } from './message-content.ts';
import { asText, readToolCall, readToolCalls, toolCallsInText } from './tools.ts';

/** Messages of a chat completion, and the definitions of tools that stood among them. */
export type ReadMessages = {
  readonly messages: readonly JsonObject[];
  readonly tools: readonly JsonObject[];
};

/** How a list is to be taken. `joined`: text in a single part was sent as a text. */
export type MessageOptions = { readonly lost: Set<string>; readonly joined?: boolean };

/** Roles by the names of LangChain, with and without `Message`, and of Gemini. */
const roles = new Map(
  Object.entries({
    human: 'user',
    ai: 'assistant',
    model: 'assistant',
    bot: 'assistant',
  }),
);

/** Fields of a message that are sent; what traces put beside them is not. */
const kept = ['name', 'tool_call_id', 'refusal', 'function_call', 'reasoning_content'] as const;

/**
 * Messages from any of the ways in which traces store them: OpenAI's (both APIs), the conventions of
 * OpenTelemetry (`parts`, or events with a `message`), Vercel's, LangChain's (constructors and plain),
 * OpenInference's, Gemini's and Anthropic's. Null for what is no list of messages, or one in which a
 * message is missing. A call of a tool that was stored as text becomes a call, and results that name none
 * belong to the open calls in their order.
 */
export const readMessages = (
  value: JsonValue | undefined,
  options: MessageOptions,
): ReadMessages | null => {
  const list = unwrapJson(value);
  if (!Array.isArray(list) || list.length === 0) return null;
  const entries = list as readonly JsonValue[];
  // LangChain keeps a batch; each call of it has a record of its own.
  if (entries.length === 1 && Array.isArray(entries[0])) return readMessages(entries[0], options);
  const messages: JsonObject[] = [];
  const tools: JsonObject[] = [];
  for (const given of entries) {
    const entry = unwrapJson(given);
    if (!isJsonObject(entry)) return null;
    const definition = toolInMessage(entry);
    if (definition !== null) {
      tools.push(definition);
      continue;
    }
    const read = readMessage(entry, options);
    if (read === null) return null;
    for (const message of read) addMessage(messages, message);
  }
  if (messages.length === 0) return null;
  const whole = withToolIds(messages);
  if (lacksToolResult(whole)) options.lost.add('tool results');
  return { messages: whole, tools };
};

/** LangGraph's callback stores the tools as messages of the role `tool`. */
const toolInMessage = ({ role, content }: JsonObject): JsonObject | null =>
  role === 'tool' && isJsonObject(content) && isJsonObject(content['function']) ? content : null;

/** A message may become several: every result of a tool is one of its own. */
const readMessage = (entry: JsonObject, options: MessageOptions): readonly JsonObject[] | null => {
  const { message, kwargs, data, type } = entry;
  if (isJsonObject(message)) return readMessage({ ...message, role: roleOf(message) }, options);
  if (type === 'constructor' && isJsonObject(kwargs)) {
    return readMessage({ ...kwargs, type: lastOf(entry['id']) }, options);
  }
  if (isJsonObject(data) && typeof type === 'string') {
    return readMessage({ ...data, type }, options);
  }
  const item = readItem(entry);
  if (item !== null) return item;
  const role = roleOf(entry);
  if (role === null) return null;
  return assemble(entry, role, options);
};

/** Items of OpenAI's Responses API that are no messages; null for anything else. */
const readItem = (entry: JsonObject): readonly JsonObject[] | null => {
  const { type, call_id } = entry;
  if (type === 'function_call') {
    const { id: _, ...rest } = entry;
    const call = readToolCall(rest);
    return call === null ? null : [{ role: 'assistant', content: null, tool_calls: [call] }];
  }
  if (type === 'function_call_output') {
    return [{ role: 'tool', tool_call_id: asText(call_id), content: asText(entry['output']) }];
  }
  return type === 'reasoning' && entry['role'] === undefined ? [] : null;
};

const roleOf = (entry: JsonObject): string | null => {
  const { role, type } = entry;
  const named = typeof role === 'string' ? role : typeof type === 'string' ? type : null;
  if (named === null) {
    if (Array.isArray(entry['parts'])) return 'user';
    return typeof entry['content'] === 'string' && Array.isArray(entry['tool_calls'])
      ? 'assistant'
      : null;
  }
  const short = named.replace(/Message(?:Chunk)?$/, '').toLowerCase();
  if (short === 'chat' || short === '') return null;
  return roles.get(short) ?? short;
};

const lastOf = (id: JsonValue | undefined): string =>
  Array.isArray(id) ? asText((id as readonly JsonValue[]).at(-1)) : '';

const assemble = (
  entry: JsonObject,
  role: string,
  { lost, joined }: MessageOptions,
): readonly JsonObject[] => {
  const { parts, contents, additional_kwargs: more } = entry;
  const given = parts ?? contents ?? entry['content'];
  const split = parts !== undefined || contents !== undefined;
  const read = readMessageContent(given, lost, joined === true || split);
  const extra = isJsonObject(more) ? more : {};
  const own = readToolCalls(extra['tool_calls'] ?? entry['tool_calls']);
  const stored =
    typeof read.content === 'string' && (role === 'assistant' || role === 'tool')
      ? toolCallsInText(read.content)
      : null;
  const calls = [...own, ...read.toolCalls, ...(stored ?? [])];
  const results: JsonObject[] = read.toolResults.map(({ id, content }) => ({
    role: 'tool',
    ...(id === null ? {} : { tool_call_id: id }),
    content,
  }));
  const content = stored === null ? read.content : null;
  if (results.length > 0 && content === undefined && calls.length === 0) return results;
  const message: JsonObject = {
    role: stored === null ? role : 'assistant',
    content: content ?? null,
    ...(read.reasoning === '' ? {} : { reasoning_content: read.reasoning }),
    ...pick(extra, ['function_call']),
    ...pick(entry, kept),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  };
  return [...results, message];
};

const pick = (entry: JsonObject, names: readonly string[]): JsonObject =>
  Object.fromEntries(
    names.flatMap((name) => {
      const value = entry[name];
      return value === undefined || value === null || value === '' ? [] : [[name, value]];
    }),
  );

/** Calls that were stored one by one are made by one message. */
const addMessage = (messages: JsonObject[], message: JsonObject): void => {
  const before = messages.at(-1);
  const joins =
    before?.['role'] === 'assistant' &&
    message['role'] === 'assistant' &&
    message['content'] === null &&
    Array.isArray(message['tool_calls']) &&
    Array.isArray(before['tool_calls']);
  if (!joins) {
    messages.push(message);
    return;
  }
  const calls = [before['tool_calls'], message['tool_calls']].flat() as readonly JsonValue[];
  messages[messages.length - 1] = { ...before, tool_calls: calls };
};

/** Whether something was said after the calls of a message while one of them had no result yet. */
const lacksToolResult = (messages: readonly JsonObject[]): boolean => {
  const open = new Set<JsonValue>();
  let isAnswering = false;
  for (const { role, tool_call_id: id, tool_calls: calls } of messages) {
    isAnswering = role === 'tool';
    if (isAnswering) {
      open.delete(id ?? null);
      continue;
    }
    if (open.size > 0) return true;
    for (const call of readToolCalls(calls)) open.add(call['id'] ?? null);
  }
  return isAnswering && open.size > 0;
};

const withToolIds = (messages: readonly JsonObject[]): readonly JsonObject[] => {
  const open: string[] = [];
  return messages.map((message) => {
    for (const call of readToolCalls(message['tool_calls'])) {
      if (typeof call['id'] === 'string') open.push(call['id']);
    }
    if (message['role'] !== 'tool') return message;
    const named = message['tool_call_id'];
    const id = typeof named === 'string' ? named : open[0];
    if (id === undefined) return message;
    const at = open.indexOf(id);
    if (at !== -1) open.splice(at, 1);
    return { ...message, tool_call_id: id };
  });
};
