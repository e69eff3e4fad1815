import {
  firstString,
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  objectsIn,
} from '../../text/json.ts';
import { readRecordId } from '../capture-id.ts';
import { type Format, type FormatRecord, oneByOne } from './format.ts';
import { captureRecord } from './parts/capture-record.ts';
import { completionUsage, firstCount, sumOfCounts } from './parts/chat-completion.ts';
import { someText, storedValue, unwrapJson, unwrapObject } from './parts/embedded-json.ts';
import { readNumber } from './parts/parameters.ts';
import {
  answeredWith,
  errorMessage,
  failedWith,
  type RecordedOutcome,
  statusInText,
} from './parts/recorded-outcome.ts';
import { readStoredCall } from './parts/stored-call.ts';

/** Events of LLM analytics. Only `$ai_generation` is a call of a model that is replayed. */
const events = /^\$ai_(?:generation|trace|span|embedding|feedback|metric|evaluation)/;

/** Stands where an image or a file was, unless the application sends them whole. */
const mediaMarker = /\[base64 (\w+) redacted\]/;

/** Ends a text that the SDK for JavaScript cut off. */
const cut = /\.\.\. \[truncated\]$/;

/**
 * Events of PostHog's LLM analytics, from its API (`/api/projects/ID/events`), or from batch exports and file
 * downloads as JSON Lines, in which properties may be text (posthog.com/docs/llm-analytics/generations;
 * PostHog/posthog-python, posthog/ai/utils.py). Times are in seconds.
 */
export const posthog: Format = {
  name: 'PostHog',
  holdsAnswers: false,
  recognises: (row) =>
    typeof row['event'] === 'string' &&
    events.test(row['event']) &&
    row['properties'] !== undefined,
  open: oneByOne((row) => readEvent(row)),
};

const readEvent = (row: JsonObject): FormatRecord => {
  const { event } = row;
  if (event !== '$ai_generation') return { kind: 'ignored', what: `an event ${String(event)}` };
  const properties = unwrapObject(row['properties']);
  const id = row['uuid'] ?? row['id'];
  const lost = new Set<string>();
  const input = storedValue(properties['$ai_input']);
  const media = mediaMarker.exec(JSON.stringify(input ?? ''))?.[1];
  if (media !== undefined) lost.add(media === 'image' ? 'images' : 'files');
  if (input !== undefined && someText(input, (text) => cut.test(text))) {
    const reason = 'prompt cut off (PostHog: the event was larger than the SDK sends)';
    return { kind: 'rejected', reason, recordId: readRecordId(id) };
  }
  const call = readStoredCall({
    input: withCalls(input),
    output: withCalls(storedValue(properties['$ai_output_choices'] ?? properties['$ai_output'])),
    model: firstString(properties['$ai_model']),
    parameters: {
      ...unwrapObject(properties['$ai_model_parameters']),
      instructions: properties['$ai_instructions'] ?? null,
    },
    tools: properties['$ai_tools'],
    usage: completionUsage({
      input: inputTokens(properties),
      output: firstCount(properties['$ai_output_tokens']),
      cachedInput: firstCount(properties['$ai_cache_read_input_tokens']),
      cacheWrite: writtenTokens(properties),
      hourCacheWrite: firstCount(properties['$ai_cache_creation_1h_input_tokens']),
      reasoning: firstCount(properties['$ai_reasoning_tokens']),
    }),
    finishReason: properties['$ai_stop_reason'],
    lost,
    absent: 'prompt not stored (PostHog: privacy_mode)',
  });
  if (call.request === null) {
    return { kind: 'rejected', reason: call.reason, recordId: readRecordId(id) };
  }
  const distinct = row['distinct_id'];
  const trace = properties['$ai_trace_id'];
  return captureRecord({
    id,
    timestamp: row['timestamp'],
    request: call.request,
    outcome: eventOutcome(properties, call.answer),
    totalMs: milliseconds(properties['$ai_latency']),
    timeToFirstTokenMs: milliseconds(properties['$ai_time_to_first_token']),
    endpoints: [properties['endpoint'], properties['$ai_span_name']],
    // Without a user, the SDKs use the trace.
    user: distinct === trace ? undefined : distinct,
    conversation: properties['$ai_session_id'] ?? trace,
    partial: call.partial,
  });
};

const milliseconds = (seconds: JsonValue | undefined): number | null => {
  const number = readNumber(seconds);
  return number === undefined || number < 0 ? null : Math.round(number * 1e6) / 1000;
};

/** Anthropic's count leaves out what was read from and written to the cache; a flag says that it does. */
const inputTokens = (properties: JsonObject): number | null => {
  const input = firstCount(properties['$ai_input_tokens']);
  if (input === null || properties['$ai_cache_reporting_exclusive'] !== true) return input;
  const read = firstCount(properties['$ai_cache_read_input_tokens']) ?? 0;
  return input + read + (writtenTokens(properties) ?? 0);
};

const writtenTokens = (properties: JsonObject): number | null =>
  firstCount(
    properties['$ai_cache_creation_input_tokens'],
    sumOfCounts(
      properties['$ai_cache_creation_5m_input_tokens'],
      properties['$ai_cache_creation_1h_input_tokens'],
    ),
  );

/** Messages whose parts of the type `function`, PostHog's word for a call of a tool, are calls. */
const withCalls = (value: JsonValue | undefined): JsonValue | undefined => {
  if (!isJsonArray(value)) return value;
  return value.map((message) => {
    if (!isJsonObject(message) || !isJsonArray(message['content'])) return message;
    const isCall = (part: JsonValue): boolean =>
      isJsonObject(part) && part['type'] === 'function' && isJsonObject(part['function']);
    const calls = message['content'].filter(isCall);
    if (calls.length === 0) return message;
    const content = message['content'].filter((part) => !isCall(part));
    return {
      ...message,
      content: content.length === 0 ? null : content,
      tool_calls: [...objectsIn(message['tool_calls']), ...objectsIn(calls)],
    };
  });
};

const eventOutcome = (properties: JsonObject, answer: JsonObject | null): RecordedOutcome => {
  const status = readNumber(properties['$ai_http_status']) ?? null;
  const isError = properties['$ai_is_error'];
  const failed = isError === true || isError === 'true' || (status !== null && status >= 400);
  if (!failed) return answeredWith(answer);
  const stored = unwrapJson(properties['$ai_error']);
  const message = errorMessage(stored) ?? firstString(stored) ?? 'an error';
  return failedWith(status !== null && status >= 400 ? status : statusInText(message), message);
};
