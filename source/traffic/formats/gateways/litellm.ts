import {
  arrayOrEmpty,
  firstString,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  objectOrEmpty,
} from '../../../text/json.ts';
import { readRecordId } from '../../capture-id.ts';
import type { Dialect } from '../../dialects/dialect.ts';
import { notPrompt, otherApiReason } from '../../dialects/recognise-call.ts';
import { msBetween, parseEpoch, readDuration } from '../../times.ts';
import { type Format, type FormatRecord, type FormatTools, oneByOne } from '../format.ts';
import { type CallFacts, captureRecord } from '../parts/capture-record.ts';
import { completionUsage, firstCount } from '../parts/chat-completion.ts';
import { someText, storedObject, storedValue } from '../parts/embedded-json.ts';
import { readNumber } from '../parts/parameters.ts';
import {
  errorMessage,
  failedWith,
  readOutcome,
  type RecordedOutcome,
  statusInText,
} from '../parts/recorded-outcome.ts';
import { rejectedCall, withKnownFacts, withoutMembers } from './gateway-call.ts';

/**
 * The StandardLoggingPayload that LiteLLM passes to callbacks and that its sinks (S3, GCS, Azure, generic
 * API) write (https://docs.litellm.ai/docs/proxy/logging_spec). Times are in seconds since 1970. Streams
 * are logged assembled; their `response_time` is the time to the first token.
 */
export const litellmPayload: Format = {
  name: 'LiteLLM logging payloads',
  holdsAnswers: false,
  recognises: (record) => {
    const payload = payloadIn(record);
    return (
      typeof payload['call_type'] === 'string' &&
      payload['startTime'] !== undefined &&
      payload['spend'] === undefined &&
      ['model_group', 'response_cost', 'model_parameters'].some(
        (name) => payload[name] !== undefined,
      )
    );
  },
  open: oneByOne((record, _, tools) => readPayload(payloadIn(record), tools)),
};

/**
 * Rows of LiteLLM's table `LiteLLM_SpendLogs` (its schema.prisma), from `/spend/logs` or from Postgres, where
 * columns of JSON are text. `proxy_server_request` is the body that the proxy received; without it,
 * `messages` are all that is left of the request.
 */
export const litellmSpendLog: Format = {
  name: 'LiteLLM spend logs',
  holdsAnswers: false,
  recognises: (record) =>
    typeof record['call_type'] === 'string' &&
    record['request_id'] !== undefined &&
    record['spend'] !== undefined,
  open: oneByOne((record, _, tools) => readSpendLog(record, tools)),
};

/** The arguments of a callback hold the payload under a name of its own. */
const payloadIn = (record: JsonObject): JsonObject => {
  const inner = record['standard_logging_object'];
  return isJsonObject(inner) ? inner : record;
};

const readPayload = (payload: JsonObject, tools: FormatTools): FormatRecord => {
  const { id } = payload;
  const type = readCallType(payload, id);
  if ('other' in type) return type.other;
  const metadata = storedObject(payload['metadata']);
  const messages = storedValue(payload['messages']);
  const request = messages === undefined ? null : payloadRequest(payload, messages, type.dialect);
  const damage = request === null ? missingPrompt(metadata) : requestDamage(request);
  if (request === null || damage !== null) {
    return { kind: 'rejected', reason: damage ?? 'no request', recordId: readRecordId(id) };
  }
  return captureRecord({
    ...sharedFacts(payload, metadata, { dialect: type.dialect, tools }),
    ...payloadTimes(payload),
    id,
    request,
    user: payload['end_user'] ?? metadata['user_api_key_end_user_id'],
    conversation: payload['trace_id'],
  });
};

const readSpendLog = (row: JsonObject, tools: FormatTools): FormatRecord => {
  const { request_id: id } = row;
  const type = readCallType(row, id);
  if ('other' in type) return type.other;
  const metadata = storedObject(row['metadata']);
  const found = spendLogRequest(row, type.dialect);
  const damage = found === null ? missingPrompt(metadata) : requestDamage(found.request);
  if (found === null || damage !== null) {
    return { kind: 'rejected', reason: damage ?? 'no request', recordId: readRecordId(id) };
  }
  return captureRecord({
    ...sharedFacts(row, metadata, { dialect: type.dialect, tools }),
    ...spendLogTimes(row, found.streamed),
    id,
    request: found.request,
    user: storedValue(row['end_user']) ?? storedValue(row['user']),
    conversation: row['session_id'],
    partial: found.partial,
  });
};

type Reading = { readonly dialect: Dialect | null; readonly tools: FormatTools };

/** The members that both logs share. */
const sharedFacts = (
  record: JsonObject,
  metadata: JsonObject,
  reading: Reading,
): Pick<CallFacts, 'timestamp' | 'dialect' | 'model' | 'outcome' | 'endpoints' | 'metadata'> => {
  const labels = callerLabels(record, metadata);
  return {
    timestamp: parseEpoch(record['startTime']),
    dialect: reading.dialect,
    // The body of a Gemini request has no model.
    model: reading.dialect === 'gemini' ? firstString(requestedModel(record)['model']) : null,
    outcome: recordOutcome(record, metadata, reading),
    endpoints: [labels['endpoint']],
    metadata: labels,
  };
};

/** The dialects of the types of calls. An empty type is that of a call that failed before it was known. */
const callTypes: readonly { readonly type: RegExp; readonly dialect: Dialect | null }[] = [
  { type: /^$/, dialect: null },
  { type: /^a?completion$/, dialect: 'chat' },
  { type: /^a?responses$/, dialect: 'responses' },
  { type: /^a?anthropic_messages$/, dialect: 'messages' },
  { type: /^a?generate_content(?:_stream)?$/, dialect: 'gemini' },
];

/** Types of calls that answer no prompt. */
const noModelCall =
  /embedding|moderation|image|transcription|speech|rerank|file|batch|fine_tun|vector_store|search|list_|health|mcp|ocr|video|container|skill|count_tokens/;

/** The dialect of a record, null if its type does not say it; or the record of a call that is not replayed. */
const readCallType = (
  record: JsonObject,
  id: JsonValue | undefined,
): { readonly dialect: Dialect | null } | { readonly other: FormatRecord } => {
  const type = firstString(record['call_type']) ?? '';
  const known = callTypes.find((one) => one.type.test(type));
  if (known !== undefined) return { dialect: known.dialect };
  return {
    other: noModelCall.test(type)
      ? { kind: 'ignored', what: notPrompt(type) }
      : rejectedCall(otherApiReason(type.slice(0, 60)), id),
  };
};

/** What each dialect calls what the payload has in `messages`. */
const promptNames: Readonly<Record<Dialect, string>> = {
  chat: 'messages',
  responses: 'input',
  messages: 'messages',
  gemini: 'contents',
};

const payloadRequest = (
  payload: JsonObject,
  messages: JsonValue,
  dialect: Dialect | null,
): JsonObject => ({
  ...(dialect === 'gemini' ? {} : requestedModel(payload)),
  [promptNames[dialect ?? 'chat']]: messages,
  ...sentToModel(storedObject(payload['model_parameters'])),
});

type SpendLogRequest = {
  readonly request: JsonObject;
  readonly streamed: boolean;
  readonly partial: readonly string[];
};

const spendLogRequest = (row: JsonObject, dialect: Dialect | null): SpendLogRequest | null => {
  const prompt = promptNames[dialect ?? 'chat'];
  const stored = storedValue(row['proxy_server_request']);
  const inner = isJsonObject(stored) ? storedValue(stored['body']) : undefined;
  const body = isJsonObject(inner) ? inner : stored;
  if (isJsonObject(body) && storedValue(body[prompt]) !== undefined) {
    return { request: sentToModel(body), streamed: body['stream'] === true, partial: [] };
  }
  const messages = storedValue(row['messages']);
  if (messages === undefined) return null;
  const model = dialect === 'gemini' ? {} : requestedModel(row);
  const request = { ...model, [prompt]: messages };
  return { request, streamed: false, partial: ['parameters'] };
};

const requestedModel = (record: JsonObject): JsonObject => {
  const model = firstString(record['model_group'], record['model']);
  return model === null ? {} : { model };
};

/** The text that LiteLLM inserts where it truncates a string, in newer and older versions. */
const cutMark = /\(litellm_truncated|\.\.\. \(truncated \d+ chars\)/;

const isCut = (text: string): boolean => cutMark.test(text);

const isRedacted = (text: string): boolean => /^redacted[-_]by[-_]litell?m$/i.test(text);

/** Why a stored request is not what was sent; null if it is. */
const requestDamage = (request: JsonValue): string | null => {
  if (someText(request, isCut)) {
    return 'cut short by the gateway (LiteLLM: MAX_STRING_LENGTH_PROMPT_IN_DB)';
  }
  return someText(request, isRedacted)
    ? 'prompt redacted by the gateway (LiteLLM: turn_off_message_logging)'
    : null;
};

/** Why there is no prompt, and where it is or which setting stores it. */
const missingPrompt = (metadata: JsonObject): string =>
  typeof metadata['cold_storage_object_key'] === 'string'
    ? 'prompt in cold storage (LiteLLM: import the objects that cold_storage_object_key names)'
    : 'prompt not stored (LiteLLM: store_prompts_in_spend_logs)';

/** Parameters for LiteLLM itself, and those that hold keys or headers. No model receives them. */
const ownParameters =
  /^(?:litellm_.*|proxy_server_request|secret_fields|api_key|api_base|base_url|api_version|api_type|headers|extra_headers|custom_llm_provider|max_retries|num_retries|fallbacks|context_window_fallback_dict|timeout|stream_timeout|request_timeout|tags|guardrails|cache|caching|no-log|mock_response|drop_params|additional_drop_params|allowed_openai_params|model_info|shared_session|azure_ad_token|vertex_.*|aws_.*|deployment_id|user_api_key.*|stream|stream_options)$/;

/** The request as the model receives it: with the members of `extra_body`, without LiteLLM's own. */
const sentToModel = (body: JsonObject): JsonObject => {
  const { extra_body: extraBody, metadata, ...rest } = body;
  const labels = isJsonObject(metadata) ? withoutOwnLabels(metadata) : metadata;
  const isGiven = storedValue(labels) !== undefined;
  const all: JsonObject = {
    ...rest,
    ...storedObject(extraBody),
    ...(isGiven && labels !== undefined ? { metadata: labels } : {}),
  };
  return Object.fromEntries(
    Object.entries(all).filter(([name, value]) => !ownParameters.test(name) && value !== null),
  );
};

/** LiteLLM adds to the `metadata` of the request that it received, among others headers and an `endpoint`. */
const withoutOwnLabels = (metadata: JsonObject): JsonObject => {
  const isTouched = Object.keys(metadata).some((name) => name.startsWith('user_api_key'));
  if (!isTouched) return metadata;
  return withoutMembers(
    metadata,
    /^(?:user_api_|litellm_|requester_|headers$|endpoint$|api_base$|caching_groups$|deployment|model_|spend_logs_|global_|team_|applied_|hidden_params|status$|usage_object)/,
  );
};

const recordOutcome = (
  record: JsonObject,
  metadata: JsonObject,
  reading: Reading,
): RecordedOutcome => {
  if (record['status'] === 'failure' || metadata['status'] === 'failure') {
    return recordFailure(record, metadata);
  }
  const response = storedValue(record['response']);
  if (response === undefined || someText(response, isRedacted) || someText(response, isCut)) {
    return { kind: 'unknown' };
  }
  return withKnownFacts(readOutcome(response, { ...reading, status: null, plainText: 'answer' }), {
    model: firstString(record['model']),
    usage: completionUsage({
      input: firstCount(record['prompt_tokens']),
      output: firstCount(record['completion_tokens']),
    }),
  });
};

const recordFailure = (record: JsonObject, metadata: JsonObject): RecordedOutcome => {
  const information = storedObject(record['error_information'] ?? metadata['error_information']);
  const message =
    [
      record['error_str'],
      information['error_message'],
      metadata['error_str'],
      information['error_class'],
    ]
      .map((text) => errorMessage(text))
      .find((text) => text !== null) ?? 'the call failed';
  const code = readNumber(information['error_code']);
  return failedWith(code !== undefined && code >= 400 ? code : statusInText(message), message);
};

/** Labels that the caller gave, without those that LiteLLM adds. */
const callerLabels = (record: JsonObject, metadata: JsonObject): JsonObject => {
  const given = storedValue(metadata['requester_metadata'] ?? metadata['spend_logs_metadata']);
  const tags = arrayOrEmpty(storedValue(record['request_tags'])).filter(
    (tag) => typeof tag === 'string' && !tag.startsWith('User-Agent:'),
  );
  return { ...objectOrEmpty(given), ...(tags.length === 0 ? {} : { tags }) };
};

type CallTimes = Pick<CallFacts, 'totalMs' | 'timeToFirstTokenMs'>;

const unknownTimes: CallTimes = { totalMs: null, timeToFirstTokenMs: null };

/** The times of an answer from LiteLLM's cache are not the model's. */
const isFromCache = (record: JsonObject): boolean =>
  /^true$/i.test(String(record['cache_hit'] ?? ''));

const payloadTimes = (payload: JsonObject): CallTimes => {
  if (isFromCache(payload)) return unknownTimes;
  const time = (name: string): JsonValue | undefined => parseEpoch(payload[name]);
  const totalMs = msBetween(time('startTime'), time('endTime'));
  const streamed = payload['stream'] ?? storedObject(payload['model_parameters'])['stream'];
  if (streamed !== true) return { totalMs, timeToFirstTokenMs: null };
  const firstTokenMs = msBetween(time('startTime'), time('completionStartTime'));
  const seconds = readNumber(payload['response_time']);
  return {
    totalMs,
    timeToFirstTokenMs: firstTokenMs ?? (seconds === undefined ? null : Math.round(seconds * 1000)),
  };
};

/** `completionStartTime` is the end of a call that was not streamed. */
const spendLogTimes = (row: JsonObject, streamed: boolean): CallTimes => {
  if (isFromCache(row)) return unknownTimes;
  const start = parseEpoch(row['startTime']);
  return {
    totalMs:
      msBetween(start, parseEpoch(row['endTime'])) ?? readDuration(row['request_duration_ms']),
    timeToFirstTokenMs: streamed ? msBetween(start, parseEpoch(row['completionStartTime'])) : null,
  };
};
