import {
  firstString,
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  objectOrEmpty,
  objectsIn,
} from '../../text/json.ts';
import { readRecordId } from '../capture-id.ts';
import { type Format, type FormatRecord, oneByOne } from './format.ts';
import { captureRecord } from './parts/capture-record.ts';
import { completionUsage, firstCount } from './parts/chat-completion.ts';
import { unwrapJson, unwrapObject } from './parts/embedded-json.ts';
import { readNumber } from './parts/parameters.ts';
import { answeredWith, failedSaying, type RecordedOutcome } from './parts/recorded-outcome.ts';
import { readStoredCall } from './parts/stored-call.ts';

/** What stands where an input or an output was larger than Datadog takes. */
const dropped = /^\[This value has been dropped because this span's size exceeds/;

/** Stands in a text where the message had an image that was not kept. */
const imageMarker = /\(?\[IMAGE DETECTED\]\)?/;

/** Names that the tracer's integrations give to every call: `OpenAI.createChatCompletion`. */
const integrationName = /[.]|^(?:Azure)?Chat[A-Z]/;

/**
 * Spans of Datadog's LLM Observability: what its Export API returns (`{id, type: 'span', attributes}`, documented at
 * docs.datadoghq.com/llm_observability/evaluations/export_api), and spans as the tracer sends them, with `meta`
 * (DataDog/dd-trace-py, ddtrace/llmobs/types.py). Only spans of the kind `llm` are calls of a model. `duration` is
 * in nanoseconds; `start_ns` is, too, but the documentation has an example in milliseconds.
 */
export const datadog: Format = {
  name: 'Datadog LLM Observability',
  holdsAnswers: false,
  recognises: (record) => {
    const span = spanOf(record);
    return (
      spanKind(span) !== null && (span['span_id'] ?? span['ml_app'] ?? record['id']) !== undefined
    );
  },
  open: oneByOne((record) => readSpan(record)),
};

/** The attributes of a span, with what the tracer puts into `meta`. */
const spanOf = (record: JsonObject): JsonObject => {
  const attributes = record['type'] === 'span' ? objectOrEmpty(record['attributes']) : record;
  return { ...objectOrEmpty(attributes['meta']), ...attributes };
};

const spanKind = (span: JsonObject): string | null => {
  const { meta, span: nested } = span;
  const named = firstString(span['span_kind'], span['span.kind'], objectOrEmpty(nested)['kind']);
  return named ?? (isJsonObject(meta) ? firstString(meta['kind']) : null);
};

const readSpan = (record: JsonObject): FormatRecord => {
  const span = spanOf(record);
  const kind = spanKind(span);
  if (kind !== 'llm') return { kind: 'ignored', what: `a span of kind ${kind ?? 'none'}` };
  const metadata = unwrapObject(span['metadata']);
  const metrics = unwrapObject(span['metrics']);
  const recordId = readRecordId(span['span_id'] ?? record['id']);
  const input = unwrapObject(span['input']);
  const lost = new Set<string>();
  const messages = readMessageList(input, 'user', lost);
  const text = firstString(input['value']);
  if (messages === null && text !== null && dropped.test(text)) {
    const reason = 'prompt not stored (Datadog: the span was larger than it takes)';
    return { kind: 'rejected', reason, recordId };
  }
  const call = readStoredCall({
    input: messages ?? text ?? undefined,
    output: answerList(unwrapObject(span['output'])),
    model: firstString(span['model_name']),
    parameters: metadata,
    tools: toolDefinitions(span['tool_definitions']),
    usage: completionUsage({
      input: firstCount(metrics['input_tokens']),
      output: firstCount(metrics['output_tokens']),
      cachedInput: firstCount(metrics['cache_read_input_tokens']),
      cacheWrite: firstCount(metrics['cache_write_input_tokens']),
      hourCacheWrite: firstCount(metrics['ephemeral_1h_input_tokens']),
      reasoning: firstCount(metrics['reasoning_output_tokens']),
    }),
    lost,
    absent: 'prompt not stored (Datadog: the input of the span)',
  });
  if (call.request === null) return { kind: 'rejected', reason: call.reason, recordId };
  const duration = readNumber(span['duration']);
  const firstToken = readNumber(metrics['time_to_first_token']);
  const tags = tagsOf(span['tags']);
  return captureRecord({
    id: span['span_id'] ?? record['id'],
    timestamp: startTime(span['start_ns']),
    request: call.request,
    outcome: spanOutcome(span, tags, call.answer),
    totalMs: duration === undefined || duration < 0 ? null : Math.round(duration / 1000) / 1000,
    timeToFirstTokenMs: firstToken === undefined ? null : Math.round(firstToken * 1e6) / 1000,
    endpoints: [
      metadata['endpoint'],
      tags.get('endpoint'),
      integrationName.test(String(span['name'])) ? undefined : span['name'],
      span['ml_app'],
      tags.get('ml_app'),
    ],
    user: tags.get('user_id'),
    conversation: span['session_id'] ?? tags.get('session_id') ?? span['trace_id'],
    partial: call.partial,
  });
};

/** Nanoseconds, or milliseconds as in an example of the documentation. */
const startTime = (value: JsonValue | undefined): JsonValue | undefined => {
  const start = readNumber(value);
  return start === undefined ? value : start > 1e15 ? start / 1e6 : start;
};

const tagsOf = (value: JsonValue | undefined): ReadonlyMap<string, string> =>
  new Map(
    (isJsonArray(value) ? value : []).flatMap((tag) => {
      const [, name, text] = /^([^:]+):(.+)$/.exec(String(tag)) ?? [];
      return name === undefined || text === undefined ? [] : [[name, text] as const];
    }),
  );

/**
 * The messages of an input or output, in OpenAI's words: Datadog has results of tools beside the content, and
 * calls with an object as arguments. Null if there are none. A role that is empty becomes `role`.
 */
const readMessageList = (
  stored: JsonObject,
  role: 'user' | 'assistant',
  lost: Set<string>,
): readonly JsonObject[] | null => {
  const messages = objectsIn(unwrapJson(stored['messages']));
  if (messages.length === 0) return null;
  return messages.flatMap((message) => readMessage(message, role, lost));
};

const readMessage = (
  message: JsonObject,
  standard: 'user' | 'assistant',
  lost: Set<string>,
): readonly JsonObject[] => {
  const { audio_parts: audio, content, image_parts: images, tool_calls: calls } = message;
  const role = firstString(message['role']) ?? standard;
  // Thoughts are kept as a message of their own.
  if (role === 'reasoning') return [];
  if (isJsonArray(images) || (typeof content === 'string' && imageMarker.test(content))) {
    lost.add('images');
  }
  if (isJsonArray(audio)) lost.add('audio');
  const results = objectsIn(message['tool_results']).map((result) => ({
    role: 'tool',
    tool_call_id: result['tool_id'] ?? null,
    content: result['result'] ?? '',
  }));
  if (results.length > 0) return results;
  const id = firstString(message['tool_id']);
  return [
    {
      role,
      content: isJsonArray(calls) && content === '' ? null : (content ?? null),
      ...(id === null ? {} : { tool_call_id: id }),
      ...(isJsonArray(calls)
        ? {
            tool_calls: objectsIn(calls).map(({ tool_id, ...rest }) => ({
              ...rest,
              type: 'function',
              id: tool_id ?? null,
            })),
          }
        : {}),
    },
  ];
};

/** The messages of an output, or its text. An empty message stands for an answer that did not come. */
const answerList = (output: JsonObject): JsonValue | undefined => {
  const messages = readMessageList(output, 'assistant', new Set());
  if (messages === null) return output['value'];
  const said = messages.filter(
    ({ content, tool_calls: calls }) => (content !== '' && content !== null) || calls !== undefined,
  );
  return said.length === 0 ? undefined : said;
};

const toolDefinitions = (value: JsonValue | undefined): JsonValue =>
  objectsIn(unwrapJson(value)).map(({ schema, ...rest }) => ({
    ...rest,
    ...(isJsonObject(schema) ? { parameters: schema } : {}),
  }));

const spanOutcome = (
  span: JsonObject,
  tags: ReadonlyMap<string, string>,
  answer: JsonObject | null,
): RecordedOutcome => {
  if (span['status'] !== 'error') return answeredWith(answer);
  const error = objectOrEmpty(span['error']);
  const message =
    firstString(error['message'], span['error.message'], tags.get('error_type')) ?? 'an error';
  return failedSaying(message);
};
