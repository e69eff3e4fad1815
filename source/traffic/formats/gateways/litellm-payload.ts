import { isJsonObject, type JsonObject, type JsonValue } from '../../../text/json.ts';
import { readRecordId } from '../../capture-id.ts';
import { type Format, type FormatRecord, type FormatTools, oneByOne } from '../format.ts';
import { captureRecord } from '../parts/capture-record.ts';
import { completionUsage, firstCount } from '../parts/chat-completion.ts';
import { someText, storedValue } from '../parts/embedded-json.ts';
import { msBetween, statusInText } from '../parts/moments.ts';
import { readNumber } from '../parts/parameters.ts';
import {
  errorMessage,
  failedWith,
  readOutcome,
  type RecordedOutcome,
} from '../parts/recorded-outcome.ts';
import { readMoment } from '../plain/record-fields.ts';
import { withKnown } from './gateway-call.ts';

/**
 * The StandardLoggingPayload of LiteLLM, as its callbacks get it and its sinks (S3, GCS, Azure, generic
 * API) write it (https://docs.litellm.ai/docs/proxy/logging_spec). Times are seconds since 1970. Streams
 * are logged assembled; `response_time` is their time to the first token.
 */
export const litellmPayload: Format = {
  name: 'LiteLLM logging payloads',
  holdsAnswers: false,
  recognises: (record) => {
    const payload = payloadOf(record);
    return (
      typeof payload['call_type'] === 'string' &&
      payload['startTime'] !== undefined &&
      payload['spend'] === undefined &&
      ['model_group', 'response_cost', 'model_parameters'].some(
        (name) => payload[name] !== undefined,
      )
    );
  },
  open: oneByOne((record, _, tools) => readPayload(payloadOf(record), tools)),
};

/** A callback's arguments hold it under a name of its own. */
const payloadOf = (record: JsonObject): JsonObject => {
  const inner = record['standard_logging_object'];
  return isJsonObject(inner) ? inner : record;
};

const readPayload = (payload: JsonObject, tools: FormatTools): FormatRecord => {
  const { id, call_type } = payload;
  const other = otherCall(call_type, id);
  if (other !== null) return other;
  const stored = storedValue(payload['metadata']);
  const metadata = isJsonObject(stored) ? stored : {};
  const messages = storedValue(payload['messages']);
  const reject = (reason: string): FormatRecord => ({
    kind: 'rejected',
    reason,
    recordId: readRecordId(id),
  });
  if (messages === undefined) return reject(missingPrompt(metadata));
  const request = requestOf(payload, messages);
  const damage = damageOf(request);
  if (damage !== null) return reject(damage);
  const labels = callerLabels(payload, metadata);
  return captureRecord({
    id,
    timestamp: readMoment(payload['startTime']),
    request,
    outcome: litellmOutcome(payload, metadata, tools),
    ...timesOf(payload),
    endpoints: [labels['endpoint']],
    user: payload['end_user'] ?? metadata['user_api_key_end_user_id'],
    conversation: payload['trace_id'],
    metadata: labels,
  });
};

const requestOf = (payload: JsonObject, messages: JsonValue): JsonObject => {
  const parameters = storedValue(payload['model_parameters']);
  const model = [payload['model_group'], payload['model']].find(
    (name) => typeof name === 'string' && name !== '',
  );
  return {
    ...(model === undefined ? {} : { model }),
    messages,
    ...withoutOwnKeys(isJsonObject(parameters) ? parameters : {}),
  };
};

const timesOf = (
  payload: JsonObject,
): { readonly totalMs: number | null; readonly timeToFirstTokenMs: number | null } => {
  if (isFromCache(payload)) return { totalMs: null, timeToFirstTokenMs: null };
  const moment = (name: string): JsonValue | undefined => readMoment(payload[name]);
  const totalMs = msBetween(moment('startTime'), moment('endTime'));
  const parameters = storedValue(payload['model_parameters']);
  const streamed =
    payload['stream'] ?? (isJsonObject(parameters) ? parameters['stream'] : undefined);
  if (streamed !== true) return { totalMs, timeToFirstTokenMs: null };
  const first = msBetween(moment('startTime'), moment('completionStartTime'));
  const seconds = readNumber(payload['response_time']);
  return {
    totalMs,
    timeToFirstTokenMs: first ?? (seconds === undefined ? null : Math.round(seconds * 1000)),
  };
};

/** Calls that answer no prompt. */
const noModelCall =
  /embedding|moderation|image|transcription|speech|rerank|file|batch|fine_tun|vector_store|search|list_|health|mcp|ocr|video|container|skill|count_tokens/;

/**
 * What a record of LiteLLM is, if it is no chat completion; null if it is one. A call that failed before it
 * was known for what has an empty `call_type`.
 */
export const otherCall = (
  callType: JsonValue | undefined,
  id: JsonValue | undefined,
): FormatRecord | null => {
  const type = typeof callType === 'string' ? callType : '';
  if (type === '' || /^a?completion$/.test(type)) return null;
  const what = `not a chat completion (${type.slice(0, 60)})`;
  return noModelCall.test(type)
    ? { kind: 'ignored', what }
    : { kind: 'rejected', reason: what, recordId: readRecordId(id) };
};

/** What LiteLLM puts where it cuts a text, in newer and in older versions. */
const cut = /\(litellm_truncated|\.\.\. \(truncated \d+ chars\)/;

const isCut = (text: string): boolean => cut.test(text);

const isRedacted = (text: string): boolean => /^redacted[-_]by[-_]litell?m$/i.test(text);

/** Why a request that LiteLLM kept is not what was sent; null when it is. */
export const damageOf = (request: JsonValue): string | null => {
  if (someText(request, isCut)) {
    return 'cut short by the gateway (LiteLLM: MAX_STRING_LENGTH_PROMPT_IN_DB)';
  }
  return someText(request, isRedacted)
    ? 'prompt redacted by the gateway (LiteLLM: turn_off_message_logging)'
    : null;
};

/** Why there is no prompt, and where it is or which setting keeps it. */
export const missingPrompt = (metadata: JsonObject): string =>
  typeof metadata['cold_storage_object_key'] === 'string'
    ? 'prompt in cold storage (LiteLLM: import the objects that cold_storage_object_key names)'
    : 'prompt not stored (LiteLLM: store_prompts_in_spend_logs)';

/** Keys of a request that tell LiteLLM what to do, or hold keys and headers; no model is sent them. */
const own =
  /^(?:litellm_.*|proxy_server_request|secret_fields|api_key|api_base|base_url|api_version|api_type|headers|extra_headers|custom_llm_provider|max_retries|num_retries|fallbacks|context_window_fallback_dict|timeout|stream_timeout|request_timeout|tags|guardrails|cache|caching|no-log|mock_response|drop_params|additional_drop_params|allowed_openai_params|model_info|shared_session|azure_ad_token|vertex_.*|aws_.*|deployment_id|user_api_key.*|stream|stream_options)$/;

/** The request as the model's server gets it: `extra_body` is a part of it, LiteLLM's own keys are not. */
export const withoutOwnKeys = (body: JsonObject): JsonObject => {
  const extra = storedValue(body['extra_body']);
  const { extra_body: _, metadata, ...rest } = body;
  const labels = isJsonObject(metadata) ? withoutOwnLabels(metadata) : metadata;
  const isGiven = labels !== undefined && labels !== null && storedValue(labels) !== undefined;
  return Object.fromEntries(
    Object.entries({
      ...rest,
      ...(isJsonObject(extra) ? extra : {}),
      ...(isGiven ? { metadata: labels } : {}),
    }).filter(([name, value]) => !own.test(name) && value !== null),
  );
};

/** LiteLLM writes into the `metadata` of the request that it was sent: also headers, and an `endpoint`. */
const withoutOwnLabels = (metadata: JsonObject): JsonObject => {
  const isTouched = Object.keys(metadata).some((name) => name.startsWith('user_api_key'));
  if (!isTouched) return metadata;
  const ownLabel =
    /^(?:user_api_|litellm_|requester_|headers$|endpoint$|api_base$|caching_groups$|deployment|model_|spend_logs_|global_|team_|applied_|hidden_params|status$|usage_object)/;
  return Object.fromEntries(Object.entries(metadata).filter(([name]) => !ownLabel.test(name)));
};

/** What came of a call by its record, in either of LiteLLM's logs. */
export const litellmOutcome = (
  record: JsonObject,
  metadata: JsonObject,
  tools: FormatTools,
): RecordedOutcome => {
  if (record['status'] === 'failure' || metadata['status'] === 'failure') {
    return failureOf(record, metadata);
  }
  const response = storedValue(record['response']);
  if (response === undefined || someText(response, isRedacted) || someText(response, isCut)) {
    return { kind: 'unknown' };
  }
  const outcome = readOutcome(response, { status: null, tools, plainText: 'answer' });
  const model = record['model'];
  return withKnown(outcome, {
    model: typeof model === 'string' && model !== '' ? model : null,
    usage: completionUsage({
      input: firstCount(record['prompt_tokens']),
      output: firstCount(record['completion_tokens']),
      cachedInput: null,
      reasoning: null,
    }),
  });
};

const failureOf = (record: JsonObject, metadata: JsonObject): RecordedOutcome => {
  const information = storedValue(record['error_information'] ?? metadata['error_information']);
  const about = isJsonObject(information) ? information : {};
  const said = [
    record['error_str'],
    about['error_message'],
    metadata['error_str'],
    about['error_class'],
  ]
    .map((text) => errorMessage(text))
    .find((text) => text !== null);
  const code = readNumber(about['error_code']);
  const message = said ?? 'the call failed';
  return failedWith(code !== undefined && code >= 400 ? code : statusInText(message), message);
};

/** Whether LiteLLM answered from its cache: then its times say nothing of a model. */
export const isFromCache = (record: JsonObject): boolean =>
  /^true$/i.test(String(record['cache_hit'] ?? ''));

/** Labels that the caller gave, without those that LiteLLM adds of its own accord. */
export const callerLabels = (record: JsonObject, metadata: JsonObject): JsonObject => {
  const given = storedValue(metadata['requester_metadata'] ?? metadata['spend_logs_metadata']);
  const tags = storedValue(record['request_tags']);
  const named = Array.isArray(tags)
    ? (tags as readonly JsonValue[]).filter(
        (tag) => typeof tag === 'string' && !tag.startsWith('User-Agent:'),
      )
    : [];
  return {
    ...(isJsonObject(given) ? given : {}),
    ...(named.length === 0 ? {} : { tags: named }),
  };
};
