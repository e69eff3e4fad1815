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
import { completionUsage, firstCount, sumOfCounts } from './parts/chat-completion.ts';
import { storedValue, unwrapJson, unwrapObject } from './parts/embedded-json.ts';
import { readMessages } from './parts/messages.ts';
import { readNumber, readParameters } from './parts/parameters.ts';
import {
  answeredWith,
  errorMessage,
  failedWith,
  type RecordedOutcome,
  statusInText,
} from './parts/recorded-outcome.ts';
import { readTracedAnswer } from './parts/traced-answer.ts';
import {
  chatRequest,
  missingParameters,
  promptOutside,
  storedElsewhere,
  type TracedCall,
} from './parts/traced-call.ts';

/**
 * Spans of Braintrust, from its API or its exports (braintrustdata/braintrust-sdk, wrapOpenAI; BerriAI/litellm,
 * integrations/braintrust_logging.py). Only spans of type `llm` are calls of a model. `input` has the
 * messages, `output` the choices or a message, `metadata` the model and its parameters. `metrics` are in
 * seconds.
 */
export const braintrust: Format = {
  name: 'Braintrust',
  holdsAnswers: false,
  recognises: (record) => spansIn(record).some(isSpan),
  open: () => ({ read: (record) => spansIn(record).map(readSpan), end: () => [] }),
};

/** The spans of a page of the API (`{events, cursor}`), or the record as the only one. */
const spansIn = (record: JsonObject): readonly JsonObject[] =>
  isSpan(record) || !isJsonArray(record['events']) ? [record] : objectsIn(record['events']);

const isSpan = (record: JsonObject): boolean =>
  isJsonObject(unwrapJson(record['span_attributes'])) &&
  (record['root_span_id'] !== undefined || record['span_id'] !== undefined);

const readSpan = (span: JsonObject): FormatRecord => {
  const { type, name } = unwrapObject(span['span_attributes']);
  if (type !== 'llm') {
    return { kind: 'ignored', what: `a span of type ${firstString(type) ?? 'none'}` };
  }
  const metadata = unwrapObject(span['metadata']);
  const metrics = unwrapObject(span['metrics']);
  const call = spanCall(span, metadata, metrics);
  const recordId = readRecordId(span['id']);
  if (call.request === null) return { kind: 'rejected', reason: call.reason, recordId };
  const start = readNumber(metrics['start']);
  const end = readNumber(metrics['end']);
  const firstToken = readNumber(metrics['time_to_first_token']);
  return captureRecord({
    id: span['id'],
    timestamp: span['created'],
    request: call.request,
    outcome: spanOutcome(span, call.answer),
    totalMs: start === undefined || end === undefined || end < start ? null : toMs(end - start),
    timeToFirstTokenMs: firstToken === undefined ? null : toMs(firstToken),
    endpoints: [metadata['endpoint'], name === 'Chat Completion' ? undefined : name],
    user: metadata['user_id'],
    conversation: metadata['session_id'] ?? span['root_span_id'],
    partial: call.partial,
  });
};

/** Rounded to a microsecond. */
const toMs = (seconds: number): number => Math.round(seconds * 1e6) / 1000;

/** The metadata apart from the parameters. */
const notParameters = /^(?:provider|endpoint|session_id|user_id|prompt|.*litellm.*|caller_.*)$/;

const spanCall = (span: JsonObject, metadata: JsonObject, metrics: JsonObject): TracedCall => {
  const lost = new Set<string>();
  const input = storedValue(span['input']);
  const beside = isJsonObject(input) ? input : {};
  const continued = storedElsewhere(beside, metadata);
  if (continued !== null) return { request: null, reason: continued };
  const text = firstString(input);
  const list = isJsonObject(input) ? (input['messages'] ?? input['input']) : input;
  const read = readMessages(text === null ? list : [{ role: 'user', content: text }], { lost });
  if (read === null) {
    const isStored = input !== undefined;
    const reason = isStored ? 'no messages in the input' : 'prompt not stored (Braintrust: input)';
    return { request: null, reason };
  }
  if (text !== null) lost.add('messages');
  const given = Object.fromEntries(
    Object.entries(metadata).filter(([name]) => !notParameters.test(name)),
  );
  const { messages: _, ...rest } = beside;
  const parameters = { ...readParameters(rest, lost), ...readParameters(given, lost) };
  const model = firstString(metadata['model'], beside['model']);
  const request = chatRequest({
    model,
    instructions: promptOutside(read.messages, beside, { ...metadata, system: null }),
    messages: read.messages,
    tools: read.tools,
    parameters,
  });
  const missing = [
    ...(Object.keys(given).some((name) => name !== 'model') ? [] : ['parameters']),
    ...missingParameters(request, ['response_format', 'tool_choice']),
  ];
  return {
    request,
    answer: readTracedAnswer(storedValue(span['output']), {
      id: null,
      model,
      finishReasons: [],
      usage: metricsUsage(metrics),
      choices: readNumber(parameters['n']) ?? 1,
    }),
    partial: [...new Set([...missing, ...lost])],
  };
};

const metricsUsage = (metrics: JsonObject): JsonObject | null =>
  completionUsage({
    input: firstCount(metrics['prompt_tokens']),
    output: firstCount(metrics['completion_tokens']),
    cachedInput: firstCount(metrics['prompt_cached_tokens']),
    cacheWrite: firstCount(
      metrics['prompt_cache_creation_tokens'],
      sumOfCounts(
        metrics['prompt_cache_creation_5m_tokens'],
        metrics['prompt_cache_creation_1h_tokens'],
      ),
    ),
    hourCacheWrite: firstCount(metrics['prompt_cache_creation_1h_tokens']),
    reasoning: firstCount(metrics['completion_reasoning_tokens']),
  });

const spanOutcome = (span: JsonObject, answer: JsonObject | null): RecordedOutcome => {
  const error: JsonValue | undefined = storedValue(span['error']);
  if (error === undefined) return answeredWith(answer);
  const message = errorMessage(error) ?? JSON.stringify(error);
  return failedWith(readNumber(objectOrEmpty(error)['status']) ?? statusInText(message), message);
};
