import {
  arrayOrEmpty,
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  objectOrEmpty,
  objectsIn,
} from '../../../text/json.ts';
import { unwrapJson } from './embedded-json.ts';
import { readMessageContent } from './message-content.ts';
import { asText, readToolCall, readToolCalls, toolCallsInText } from './tools.ts';

/** Messages of a chat completions request, and the tool definitions that stood among them. */
export type ReadMessages = {
  readonly messages: readonly JsonObject[];
  readonly tools: readonly JsonObject[];
};

/**
 * `lost` collects what was not stored. `joined`: a single text part was sent as a string, see
 * `readMessageContent`.
 */
export type MessageOptions = {
  readonly lost: Set<string>;
  readonly joined?: boolean;
  /** How many tool calls came before, for the ids of calls that have none. Default: 0. */
  readonly callsBefore?: number;
};

/** Roles as LangChain and Gemini name them. */
const roleNames = new Map(
  Object.entries({
    human: 'user',
    ai: 'assistant',
    model: 'assistant',
    bot: 'assistant',
  }),
);

/** Roles that `type` may name where a message has no `role`. Other types are not of messages. */
const typedRoles: ReadonlySet<string> = new Set([
  'system',
  'developer',
  'user',
  'assistant',
  'tool',
  'function',
]);

/** The members of a message that are sent. Traces add others. */
const sentMembers = [
  'name',
  'tool_call_id',
  'refusal',
  'function_call',
  'reasoning_content',
] as const;

/**
 * Reads messages in any form in which traces store them: OpenAI's (both APIs), OpenTelemetry's (`parts`, or
 * events with a `message`), Vercel's, LangChain's (constructors and plain), OpenInference's, Gemini's and
 * Anthropic's. Null for anything that is not a list of messages, and for a list that lacks one. A tool
 * call that was stored as text becomes a call. Calls without an id get one; results without an id go to
 * the open calls of their name, in order.
 */
export const readMessages = (
  value: JsonValue | undefined,
  options: MessageOptions,
): ReadMessages | null => {
  const entries = unwrapJson(value);
  if (!isJsonArray(entries) || entries.length === 0) return null;
  // LangChain stores a batch, but each of its calls has a record of its own.
  if (entries.length === 1 && isJsonArray(entries[0])) return readMessages(entries[0], options);
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
  const whole = withToolIds(messages, options.callsBefore ?? 0);
  if (lacksToolResult(whole)) options.lost.add('tool results');
  return { messages: whole, tools };
};

/** LangGraph's callback stores tool definitions as messages with the role `tool`. */
const toolInMessage = ({ role, content }: JsonObject): JsonObject | null =>
  role === 'tool' && isJsonObject(content) && isJsonObject(content['function']) ? content : null;

/** Reads an entry as one message or several, because each tool result becomes a message. */
const readMessage = (entry: JsonObject, options: MessageOptions): readonly JsonObject[] | null => {
  const { message, kwargs, data, type } = entry;
  if (isJsonObject(message)) return readMessage({ ...message, role: readRole(message) }, options);
  if (type === 'constructor' && isJsonObject(kwargs)) {
    return readMessage({ ...kwargs, type: lastElement(entry['id']) }, options);
  }
  if (isJsonObject(data) && typeof type === 'string') {
    return readMessage({ ...data, type }, options);
  }
  const item = readItem(entry, options.lost);
  if (item !== null) return item;
  const role = readRole(entry);
  if (role === null) return null;
  return assemble(entry, role, options);
};

/** Reads an item of OpenAI's Responses API that is not a message; null for anything else. */
const readItem = (entry: JsonObject, lost: Set<string>): readonly JsonObject[] | null => {
  const { type, call_id } = entry;
  if (type === 'function_call') {
    const { id: _, ...rest } = entry;
    const call = readToolCall(rest);
    return call === null ? null : [{ role: 'assistant', content: null, tool_calls: [call] }];
  }
  if (type === 'function_call_output') {
    return [{ role: 'tool', tool_call_id: asText(call_id), content: asText(entry['output']) }];
  }
  if (typeof type !== 'string' || entry['role'] !== undefined) return null;
  if (type === 'reasoning') return [];
  // Calls of hosted tools, references to what a server holds, and what may come.
  if (!/_(?:call|call_output|reference|request|response|tools)$/.test(type)) return null;
  lost.add('content');
  return [];
};

const readRole = (entry: JsonObject): string | null => {
  const { role, type } = entry;
  const named = typeof role === 'string' ? role : typeof type === 'string' ? type : null;
  if (named === null) {
    if (isJsonArray(entry['parts'])) return 'user';
    return typeof entry['content'] === 'string' && isJsonArray(entry['tool_calls'])
      ? 'assistant'
      : null;
  }
  const short = named.replace(/Message(?:Chunk)?$/, '').toLowerCase();
  if (short === 'chat' || short === '') return null;
  const known = roleNames.get(short) ?? short;
  return typeof role === 'string' || typedRoles.has(known) ? known : null;
};

const lastElement = (list: JsonValue | undefined): string => asText(arrayOrEmpty(list).at(-1));

const assemble = (
  entry: JsonObject,
  role: string,
  { lost, joined }: MessageOptions,
): readonly JsonObject[] => {
  const { parts, contents, additional_kwargs: more } = entry;
  const given = parts ?? contents ?? entry['content'];
  const isSplit = parts !== undefined || contents !== undefined;
  const read = readMessageContent(given, lost, joined === true || isSplit ? 'string' : 'part');
  const extra = objectOrEmpty(more);
  const storedCalls = extra['tool_calls'] ?? entry['tool_calls'];
  const own = readToolCalls(storedCalls);
  if (own.length < arrayOrEmpty(unwrapJson(storedCalls)).length) lost.add('tool_calls');
  const stored =
    typeof read.content === 'string' && (role === 'assistant' || role === 'tool')
      ? toolCallsInText(read.content)
      : null;
  const calls = [...own, ...read.toolCalls, ...(stored ?? [])];
  const results: JsonObject[] = read.toolResults.map((result) => ({
    role: 'tool',
    ...(result.id === null ? { [resultName]: result.name } : { tool_call_id: result.id }),
    content: result.content,
  }));
  const content = stored === null ? read.content : null;
  if (results.length > 0 && content === undefined && calls.length === 0) return results;
  const message: JsonObject = {
    role: stored === null ? role : 'assistant',
    content: content ?? null,
    ...(read.reasoning === '' ? {} : { reasoning_content: read.reasoning }),
    ...pick(extra, ['function_call']),
    ...pick(entry, sentMembers),
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

/** Adds a message. Tool calls that were stored one by one are joined into one message. */
const addMessage = (messages: JsonObject[], message: JsonObject): void => {
  const before = messages.at(-1);
  const joins =
    before?.['role'] === 'assistant' &&
    message['role'] === 'assistant' &&
    message['content'] === null &&
    isJsonArray(message['tool_calls']) &&
    isJsonArray(before['tool_calls']);
  if (!joins) {
    messages.push(message);
    return;
  }
  const calls = [...arrayOrEmpty(before['tool_calls']), ...arrayOrEmpty(message['tool_calls'])];
  messages[messages.length - 1] = { ...before, tool_calls: calls };
};

/** Whether another message follows tool calls before each of them has a result. */
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

/** Holds the name of the function that a result without an id is from, until the result has one. */
const resultName = '(name)';

/**
 * Gives tool calls without an id one, and tool results without an id that of the first open call of their
 * name, or of any name. `before` is the number of calls before these messages.
 */
const withToolIds = (messages: readonly JsonObject[], before: number): readonly JsonObject[] => {
  const open: { readonly id: string; readonly name: JsonValue | undefined }[] = [];
  let made = before;
  return messages.map((message) => {
    const calls = objectsIn(message['tool_calls']).map((call) => {
      made += 1;
      const { id: given, ...rest } = call;
      const id = typeof given === 'string' && given !== '' ? given : `call_${made}`;
      open.push({ id, name: objectOrEmpty(call['function'])['name'] });
      return { id, ...rest };
    });
    if (calls.length > 0) return { ...message, tool_calls: calls };
    if (message['role'] !== 'tool') return message;
    const { [resultName]: name, ...result } = message;
    const named = result['tool_call_id'];
    const isNamed = typeof named === 'string' && named !== '';
    const ofName = open.find((call) => (isNamed ? call.id === named : call.name === name));
    const id = isNamed ? named : (ofName ?? open[0])?.id;
    if (id === undefined) return result;
    const at = open.findIndex((call) => call.id === id);
    if (at !== -1) open.splice(at, 1);
    return { ...result, tool_call_id: id };
  });
};
