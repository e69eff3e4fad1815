import {
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  stringOrEmpty,
} from '../../../text/json.ts';
import { unwrapJson, unwrapObject } from '../parts/embedded-json.ts';
import { genAiTools, type SpanContent } from './gen-ai.ts';
import { readAnyValue, readKeyValues, readSpanId, type SpanEvent } from './span.ts';

/** Events of 1.28 to 1.36 that hold a message, with its role if the body does not name one. */
const messageRoles = new Map(
  Object.entries({
    'gen_ai.system.message': 'system',
    'gen_ai.user.message': 'user',
    'gen_ai.assistant.message': 'assistant',
    'gen_ai.tool.message': 'tool',
  }),
);

const choiceEvent = 'gen_ai.choice';

/** From 1.37 on, one event holds everything. */
const detailsEvent = 'gen_ai.client.inference.operation.details';

export const isContentEvent = ({ name }: SpanEvent): boolean =>
  messageRoles.has(name) ||
  name === choiceEvent ||
  name === detailsEvent ||
  name === 'gen_ai.content.prompt' ||
  name === 'gen_ai.content.completion';

/** Reads a log record of OTLP/JSON as an event of its span; null if it belongs to none. */
export const readLogRecord = (
  record: JsonObject,
): { readonly traceId: string; readonly spanId: string; readonly event: SpanEvent } | null => {
  const traceId = readSpanId(record['traceId']);
  const spanId = readSpanId(record['spanId']);
  if (traceId === '' || spanId === '') return null;
  const attributes = readKeyValues(record['attributes']);
  const name = stringOrEmpty(record['eventName'] ?? attributes['event.name']);
  return {
    traceId,
    spanId,
    event: { name, attributes, body: unwrapObject(readAnyValue(record['body'])) },
  };
};

/** Content of events, with the attributes that stand on the events. */
type EventContent = { readonly content: SpanContent; readonly attributes: JsonObject };

/**
 * The messages in the events of a span, as attributes of 1.37 would hold them; null if there is no prompt
 * among them. The events come in the order of the messages.
 */
export const eventContent = (events: readonly SpanEvent[]): EventContent | null => {
  const details = events.findLast(({ name }) => name === detailsEvent);
  if (details !== undefined) return detailsContent(details);
  const prompt = memberOfEvent(events, 'gen_ai.content.prompt', 'gen_ai.prompt');
  if (prompt !== undefined) {
    const output = memberOfEvent(events, 'gen_ai.content.completion', 'gen_ai.completion');
    return { content: { instructions: undefined, input: prompt, output }, attributes: {} };
  }
  const input = events.flatMap((event) => {
    const role = messageRoles.get(event.name);
    return role === undefined ? [] : [readEventMessage(bodyOf(event), role)];
  });
  // With the capture of content turned off, events say only that there was a message.
  if (input.length === 0 || input.some(saysNothing)) return null;
  const choices = events
    .filter(({ name }) => name === choiceEvent)
    .map((event) => readEventChoice(bodyOf(event)))
    .filter((choice) => !saysNothing(choice));
  const output = choices.length === 0 ? undefined : choices;
  return { content: { instructions: undefined, input, output }, attributes: {} };
};

const detailsContent = ({ attributes, body }: SpanEvent): EventContent | null => {
  // Some instrumentations put the content into the body.
  const all = { ...attributes, ...body };
  const input = all['gen_ai.input.messages'];
  if (input === undefined) return null;
  const tools = genAiTools(all);
  return {
    content: {
      instructions: all['gen_ai.system_instructions'],
      input,
      output: all['gen_ai.output.messages'],
    },
    attributes: {
      ...attributes,
      ...(tools === undefined ? {} : { 'gen_ai.tool.definitions': tools }),
    },
  };
};

const memberOfEvent = (
  events: readonly SpanEvent[],
  name: string,
  key: string,
): JsonValue | undefined => {
  const event = events.find((candidate) => candidate.name === name);
  return event === undefined
    ? undefined
    : (event.attributes[key] ?? event.body[key] ?? event.attributes[contentAttribute]);
};

/** Azure's SDK has the body of an event as JSON in an attribute, in place of the body. */
const contentAttribute = 'gen_ai.event.content';

const bodyOf = ({ attributes, body }: SpanEvent): JsonObject => {
  const stored = unwrapJson(attributes[contentAttribute]);
  if (stored === undefined) return body;
  return isJsonObject(stored) ? stored : { content: stored };
};

const saysNothing = ({ content, tool_calls: calls }: JsonObject): boolean =>
  (content === null || content === undefined) && calls === undefined;

/** The id of a tool result is the id of its call. */
const readEventMessage = (body: JsonObject, role: string): JsonObject => {
  const { id, content } = body;
  const isResultList = role === 'tool' && isResults(unwrapJson(content));
  return {
    role,
    ...body,
    content: role === 'tool' && !isResultList ? (content ?? null) : (unwrapList(content) ?? null),
    ...(role === 'tool' && typeof id === 'string' ? { tool_call_id: id } : {}),
  };
};

/** A choice is `{index, finish_reason, message}` or the message itself, which may be JSON text. */
const readEventChoice = (body: JsonObject): JsonObject => {
  const message = unwrapJson(body['message'] ?? { content: body['content'] ?? null });
  const calls = body['tool_calls'];
  const reason = body['finish_reason'];
  return {
    role: 'assistant',
    ...(calls === undefined ? {} : { tool_calls: calls }),
    ...(isJsonObject(message) ? message : { content: message ?? null }),
    ...(reason === undefined ? {} : { finish_reason: reason }),
  };
};

/** Whether a tool's content is a list of Bedrock's results, which name their calls. */
const isResults = (value: JsonValue | undefined): boolean =>
  isJsonArray(value) &&
  value.length > 0 &&
  value.every((part) => isJsonObject(part) && isJsonObject(part['toolResult']));

const unwrapList = (content: JsonValue | undefined): JsonValue | undefined => {
  const value = unwrapJson(content);
  return isJsonArray(value) ? value : content;
};
