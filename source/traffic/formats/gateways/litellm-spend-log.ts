import { isJsonObject, type JsonObject } from '../../../text/json.ts';
import { readRecordId } from '../../capture-id.ts';
import { type Format, type FormatRecord, type FormatTools, oneByOne } from '../format.ts';
import { captureRecord } from '../parts/capture-record.ts';
import { storedValue } from '../parts/embedded-json.ts';
import { msBetween } from '../parts/moments.ts';
import { readDuration, readMoment } from '../plain/record-fields.ts';
import {
  callerLabels,
  damageOf,
  isFromCache,
  litellmOutcome,
  missingPrompt,
  otherCall,
  withoutOwnKeys,
} from './litellm-payload.ts';

/**
 * Rows of LiteLLM's table `LiteLLM_SpendLogs` (its schema.prisma), from `/spend/logs` or from Postgres,
 * where columns of JSON are texts. `proxy_server_request` is the body that the proxy was sent; `messages`
 * alone are what is left where it is missing.
 */
export const litellmSpendLog: Format = {
  name: 'LiteLLM spend logs',
  holdsAnswers: false,
  recognises: (record) =>
    typeof record['call_type'] === 'string' &&
    record['request_id'] !== undefined &&
    record['spend'] !== undefined,
  open: oneByOne((record, _, tools) => readRow(record, tools)),
};

const readRow = (row: JsonObject, tools: FormatTools): FormatRecord => {
  const { request_id: id, call_type } = row;
  const other = otherCall(call_type, id);
  if (other !== null) return other;
  const stored = storedValue(row['metadata']);
  const metadata = isJsonObject(stored) ? stored : {};
  const found = requestOf(row);
  const damage = found === null ? missingPrompt(metadata) : damageOf(found.request);
  if (found === null || damage !== null) {
    return { kind: 'rejected', reason: damage ?? 'no request', recordId: readRecordId(id) };
  }
  const labels = callerLabels(row, metadata);
  return captureRecord({
    id,
    timestamp: readMoment(row['startTime']),
    request: found.request,
    outcome: litellmOutcome(row, metadata, tools),
    ...timesOf(row, found.streamed),
    endpoints: [labels['endpoint']],
    user: storedValue(row['end_user']) ?? storedValue(row['user']),
    conversation: row['session_id'],
    metadata: labels,
    partial: found.partial,
  });
};

type FoundRequest = {
  readonly request: JsonObject;
  readonly streamed: boolean;
  readonly partial: readonly string[];
};

const requestOf = (row: JsonObject): FoundRequest | null => {
  const sent = storedValue(row['proxy_server_request']);
  const inner = isJsonObject(sent) ? storedValue(sent['body']) : undefined;
  const body = isJsonObject(inner) ? inner : sent;
  if (isJsonObject(body) && storedValue(body['messages']) !== undefined) {
    const streamed = body['stream'] === true;
    return { request: withoutOwnKeys(body), streamed, partial: [] };
  }
  const messages = storedValue(row['messages']);
  if (messages === undefined) return null;
  const model = [row['model_group'], row['model']].find(
    (name) => typeof name === 'string' && name !== '',
  );
  const request = { ...(model === undefined ? {} : { model }), messages };
  return { request, streamed: false, partial: ['parameters'] };
};

/** `completionStartTime` is that of the end where nothing was streamed. */
const timesOf = (
  row: JsonObject,
  streamed: boolean,
): { readonly totalMs: number | null; readonly timeToFirstTokenMs: number | null } => {
  if (isFromCache(row)) return { totalMs: null, timeToFirstTokenMs: null };
  const start = readMoment(row['startTime']);
  return {
    totalMs:
      msBetween(start, readMoment(row['endTime'])) ?? readDuration(row['request_duration_ms']),
    timeToFirstTokenMs: streamed ? msBetween(start, readMoment(row['completionStartTime'])) : null,
  };
};
