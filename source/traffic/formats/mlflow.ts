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
import type { Format, FormatRecord } from './format.ts';
import { captureRecord } from './parts/capture-record.ts';
import { completionUsage, firstCount } from './parts/chat-completion.ts';
import { unwrapJson, unwrapObject } from './parts/embedded-json.ts';
import { readNumber } from './parts/parameters.ts';
import { answeredWith, failedSaying, type RecordedOutcome } from './parts/recorded-outcome.ts';
import { readStoredCall } from './parts/stored-call.ts';

/** The types of spans that are calls of a model. */
const modelSpans: ReadonlySet<string> = new Set(['LLM', 'CHAT_MODEL']);

/**
 * Traces of MLflow as `Trace.to_json()`, `mlflow traces get` and `mlflow traces search --output json` write them
 * (`{info, data: {spans}}`), and rows of `search_traces()` with their `spans` (mlflow/mlflow, mlflow/entities:
 * span.py, versions 2 to 4 of its dictionary, and trace.py). A record holds all spans of a trace. Values of
 * attributes are JSON in text. Of nested calls the innermost counts.
 */
export const mlflow: Format = {
  name: 'MLflow',
  holdsAnswers: false,
  recognises: (trace) =>
    spansOf(trace).some(({ attributes }) => 'mlflow.traceRequestId' in objectOrEmpty(attributes)),
  open: () => ({ read: readTrace, end: () => [] }),
};

const spansOf = (given: JsonObject): readonly JsonObject[] => {
  const trace = unwrapObject(given['trace'] ?? given);
  const data = unwrapObject(trace['data']);
  return objectsIn(unwrapJson(data['spans'] ?? trace['spans']));
};

const readTrace = (trace: JsonObject): readonly FormatRecord[] => {
  const spans = spansOf(trace);
  if (spans.length === 0) return [{ kind: 'ignored', what: 'not a trace with spans' }];
  const info = unwrapObject(unwrapObject(trace['trace'] ?? trace)['info'] ?? trace);
  const outer = new Set(spans.filter(isModelCall).flatMap((span) => ancestorsOf(span, spans)));
  return spans.map((span) => readSpan(span, info, outer));
};

/** The ids of the spans around a span. */
const ancestorsOf = (span: JsonObject, spans: readonly JsonObject[]): readonly string[] => {
  const ids: string[] = [];
  for (let id = parentId(span); id !== null && !ids.includes(id);) {
    ids.push(id);
    const parent = spans.find((one) => spanId(one) === id);
    id = parent === undefined ? null : parentId(parent);
  }
  return ids;
};

/** Version 2 of the dictionary has ids in `context`. */
const spanId = (span: JsonObject): string | null =>
  firstString(span['span_id'], objectOrEmpty(span['context'])['span_id']);

const parentId = (span: JsonObject): string | null =>
  firstString(span['parent_span_id'], span['parent_id']);

const attribute = (span: JsonObject, name: string): JsonValue | undefined =>
  unwrapJson(objectOrEmpty(span['attributes'])[`mlflow.${name}`]);

/** A quoted word, as JSON has it, or the word itself. */
const spanType = (span: JsonObject): string =>
  (firstString(attribute(span, 'spanType')) ?? 'UNKNOWN').replaceAll('"', '');

const isModelCall = (span: JsonObject): boolean => modelSpans.has(spanType(span));

const readSpan = (span: JsonObject, info: JsonObject, outer: ReadonlySet<string>): FormatRecord => {
  const type = spanType(span);
  if (!isModelCall(span)) return { kind: 'ignored', what: `a span of type ${type}` };
  const own = spanId(span);
  if (own !== null && outer.has(own))
    return { kind: 'ignored', what: 'a span around another call' };
  const trace = String(attribute(span, 'traceRequestId') ?? info['trace_id']).replaceAll('"', '');
  const id = `${trace}/${own}`;
  const input = attribute(span, 'spanInputs');
  const invocation = unwrapObject(objectOrEmpty(span['attributes'])['invocation_params']);
  const call = readStoredCall({
    input,
    output: attribute(span, 'spanOutputs'),
    model: firstString(
      unwrapObject(input)['model'],
      invocation['model'],
      invocation['model_name'],
      textAttribute(span, 'model'),
      attribute(span, 'llm.model'),
    ),
    parameters: invocation,
    tools: attribute(span, 'chat.tools'),
    usage: spanUsage(span),
    lost: new Set(),
    absent: 'prompt not stored (MLflow: the inputs of the span)',
  });
  if (call.request === null) {
    return { kind: 'rejected', reason: call.reason, recordId: readRecordId(id) };
  }
  const start = nanoseconds(span['start_time_unix_nano'] ?? span['start_time']);
  const end = nanoseconds(span['end_time_unix_nano'] ?? span['end_time']);
  const metadata = unwrapObject(info['trace_metadata'] ?? info['request_metadata']);
  const root = firstString(unwrapObject(info['tags'])['mlflow.traceName']);
  return captureRecord({
    id,
    timestamp: start === null ? undefined : new Date(start / 1e6).toISOString(),
    request: call.request,
    outcome: spanOutcome(span, call.answer),
    totalMs: start === null || end === null || end < start ? null : toMs(end - start),
    timeToFirstTokenMs: null,
    endpoints: [root === span['name'] ? undefined : root],
    user: metadata['mlflow.trace.user'],
    conversation: metadata['mlflow.trace.session'] ?? trace,
    partial: call.partial,
  });
};

/** A model's name among the attributes, which are JSON in text. */
const textAttribute = (span: JsonObject, name: string): string | null => {
  const text = firstString(objectOrEmpty(span['attributes'])[name]);
  return text === null ? null : firstString(text.replaceAll('"', ''));
};

/** Nanoseconds since 1970, also where they are text; exact to a microsecond. */
const nanoseconds = (value: JsonValue | undefined): number | null => {
  const number = readNumber(value);
  return number === undefined || number <= 0 ? null : number;
};

const toMs = (ns: number): number => Math.round(ns / 1000) / 1000;

const spanUsage = (span: JsonObject): JsonObject | null => {
  const usage = unwrapObject(attribute(span, 'chat.tokenUsage'));
  return completionUsage({
    input: firstCount(usage['input_tokens']),
    output: firstCount(usage['output_tokens']),
    cachedInput: firstCount(usage['cache_read_input_tokens']),
    cacheWrite: firstCount(usage['cache_creation_input_tokens']),
  });
};

/** Versions 3 and 4 have a `status` with a code and a message; version 2 has them beside each other. */
const spanOutcome = (span: JsonObject, answer: JsonObject | null): RecordedOutcome => {
  const status = objectOrEmpty(span['status']);
  const code = String(status['code'] ?? span['status_code']);
  if (!code.endsWith('ERROR')) return answeredWith(answer);
  const events = isJsonArray(span['events']) ? span['events'].filter(isJsonObject) : [];
  const exceptions = events.map(({ attributes }) => objectOrEmpty(attributes)['exception.message']);
  const message =
    firstString(status['message'], span['status_message'], ...exceptions) ?? 'an error';
  return failedSaying(message);
};
