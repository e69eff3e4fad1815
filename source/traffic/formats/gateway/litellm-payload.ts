import { isJsonObject, type JsonObject, type JsonValue } from '../../../text/json.ts';
import { readRecordId } from '../../record-id.ts';
import { oneByOne, type Format, type FormatRecord, type FormatTools } from '../format.ts';
import { captureRecord } from '../parts/capture-record.ts';
import { msBetween } from '../parts/moments.ts';
import { readNumber } from '../parts/parameters.ts';
import { readMoment } from '../plain/record-fields.ts';
import {
  callerLabels,
  damageOf,
  isFromCache,
  litellmOutcome,
  missingPrompt,
  otherCall,
  withoutOwnKeys,
} from './litellm-call.ts';
import { storedValue } from './stored-value.ts';

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
