import { isJsonObject, type JsonObject, type JsonValue } from '../../../text/json.ts';
import { unwrapJson } from '../parts/embedded-json.ts';
import { genAiTools, type SpanContent } from './gen-ai.ts';
import { readAnyValue, readKeyValues, readSpanId } from './span.ts';

/** An event of a span, or a record of a log. `body` has the message of 1.28 to 1.36. */
export type SpanEvent = {
  readonly name: string;
  readonly body: JsonObject;
  readonly attributes: JsonObject;
};

/** Which messages the events of 1.28 to 1.36 hold, and their roles where the body does not say. */
const messageEvents = new Map(
  Object.entries({
    'gen_ai.system.message': 'system',
    'gen_ai.user.message': 'user',
    'gen_ai.assistant.message': 'assistant',
    'gen_ai.tool.message': 'tool',
  }),
);

export const choiceEvent = 'gen_ai.choice';

/** The event that holds everything, from 1.37 on. */
export const detailsEvent = 'gen_ai.client.inference.operation.details';

export const isContentEvent = ({ name }: SpanEvent): boolean =>
  messageEvents.has(name) ||
  name === choiceEvent ||
  name === detailsEvent ||
  name === 'gen_ai.content.prompt' ||
  name === 'gen_ai.content.completion';

/** A log record of OTLP/JSON as the event of a span; null where it belongs to none. */
export const readLogRecord = (
  record: JsonObject,
): { readonly traceId: string; readonly spanId: string; readonly event: SpanEvent } | null => {
  const traceId = readSpanId(record['traceId']);
  const spanId = readSpanId(record['spanId']);
  const attributes = readKeyValues(record['attributes']);
  const body = unwrapJson(readAnyValue(record['body']));
  const named = record['eventName'] ?? attributes['event.name'];
  const name = typeof named === 'string' ? named : '';
  if (traceId === '' || spanId === '') return null;
  return { traceId, spanId, event: { name, attributes, body: isJsonObject(body) ? body : {} } };
};

/**
 * The messages that events hold, as attributes of 1.37 would, with the attributes that stand on the events;
 * null where no prompt is among them. Events of a span come in the order of its messages.
 */
export const contentOfEvents = (
  events: readonly SpanEvent[],
): { readonly content: SpanContent; readonly attributes: JsonObject } | null => {
  const details = events.findLast(({ name }) => name === detailsEvent);
  if (details !== undefined) {
    // Some put the content into the body.
    const all = { ...details.attributes, ...details.body };
    const input = all['gen_ai.input.messages'];
    if (input === undefined) return null;
    const output = all['gen_ai.output.messages'];
    const tools = genAiTools(all);
    return {
      content: { instructions: all['gen_ai.system_instructions'], input, output },
      attributes: {
        ...details.attributes,
        ...(tools === undefined ? {} : { 'gen_ai.tool.definitions': tools }),
      },
    };
  }
  const prompt = bodyOf(events, 'gen_ai.content.prompt', 'gen_ai.prompt');
  if (prompt !== undefined) {
    const output = bodyOf(events, 'gen_ai.content.completion', 'gen_ai.completion');
    return { content: { instructions: undefined, input: prompt, output }, attributes: {} };
  }
  const input = events.flatMap(({ name, body }) => {
    const role = messageEvents.get(name);
    return role === undefined ? [] : [messageOf(body, role)];
  });
  if (input.length === 0) return null;
  const choices = events
    .filter(({ name }) => name === choiceEvent)
    .map(({ body }) => choiceOf(body));
  return {
    content: {
      instructions: undefined,
      input,
      output: choices.length === 0 ? undefined : choices,
    },
    attributes: {},
  };
};

const bodyOf = (events: readonly SpanEvent[], name: string, key: string): JsonValue | undefined => {
  const event = events.find((one) => one.name === name);
  return event === undefined ? undefined : (event.attributes[key] ?? event.body[key]);
};

/** The id of a result of a tool is that of the call which it answers. */
const messageOf = (body: JsonObject, role: string): JsonObject => {
  const { id, content } = body;
  return {
    role,
    ...body,
    content: role === 'tool' ? (content ?? null) : (unwrapList(content) ?? null),
    ...(role === 'tool' && typeof id === 'string' ? { tool_call_id: id } : {}),
  };
};

/** A choice is `{index, finish_reason, message}`, or the message itself, which may be JSON in a text. */
const choiceOf = (body: JsonObject): JsonObject => {
  const message = unwrapJson(body['message'] ?? { content: body['content'] ?? null });
  const said = isJsonObject(message) ? message : { content: message ?? null };
  const calls = body['tool_calls'];
  const reason = body['finish_reason'];
  return {
    role: 'assistant',
    ...(calls === undefined ? {} : { tool_calls: calls }),
    ...said,
    ...(reason === undefined ? {} : { finish_reason: reason }),
  };
};

const unwrapList = (content: JsonValue | undefined): JsonValue | undefined => {
  const value = unwrapJson(content);
  return Array.isArray(value) ? (value as JsonValue) : content;
};
