import { firstString, isJsonObject, type JsonObject, type JsonValue } from '../../../text/json.ts';
import { readRecordId } from '../../capture-id.ts';
import type { Dialect } from '../../dialects/dialect.ts';
import { readDuration } from '../../times.ts';
import { type Format, type FormatRecord, type FormatTools, oneByOne } from '../format.ts';
import { captureRecord } from '../parts/capture-record.ts';
import { completionUsage, firstCount } from '../parts/chat-completion.ts';
import { storedObject, storedValue } from '../parts/embedded-json.ts';
import { readNumber } from '../parts/parameters.ts';
import { failedWith, readOutcome, type RecordedOutcome } from '../parts/recorded-outcome.ts';
import {
  gatewayRequest,
  ignoredBody,
  readGatewayPath,
  withKnownFacts,
  withoutMembers,
} from './gateway-call.ts';

/**
 * Logs that Portkey exports as JSON Lines with the columns that were asked for
 * (https://portkey.ai/docs/product/observability/logs-export): `request` and `response`, or their bodies as
 * `request.body` and `response.body`. `response_time` is in milliseconds.
 */
export const portkey: Format = {
  name: 'Portkey',
  holdsAnswers: false,
  recognises: (record) => record['ai_org'] !== undefined && record['ai_model'] !== undefined,
  open: oneByOne((record, _, tools) => readLog(record, tools)),
};

const readLog = (log: JsonObject, tools: FormatTools): FormatRecord => {
  const { id } = log;
  const url = String(log['request_url'] ?? '');
  const method = String(log['request_method'] ?? 'POST');
  const path = readGatewayPath({ url, method }, id);
  if ('other' in path) return path.other;
  const body = readBody(log, 'request');
  if (!isJsonObject(body)) {
    const reason = 'request not in the export (Portkey: ask for the columns request and response)';
    return { kind: 'rejected', reason, recordId: readRecordId(id) };
  }
  const ignored = path.dialect === null ? ignoredBody(body) : null;
  if (ignored !== null) return ignored;
  const metadata = storedObject(log['metadata']);
  const isCached = /HIT$/i.test(String(log['cache_status'] ?? ''));
  return captureRecord({
    id,
    timestamp: log['created_at'],
    ...gatewayRequest(body, path, log['ai_model']),
    outcome: logOutcome(log, path.dialect, tools),
    totalMs: isCached ? null : readDuration(log['response_time']),
    timeToFirstTokenMs: null,
    endpoints: [log['prompt_slug'], metadata['endpoint']],
    user: metadata['_user'],
    conversation: log['trace_id'],
    metadata: withoutMembers(metadata, /^_user$/),
  });
};

/** A column may be the body, hold it in `body`, or be named after it with a dot. */
const readBody = (log: JsonObject, side: 'request' | 'response'): JsonValue | undefined => {
  const dotted = storedValue(log[`${side}.body`]);
  if (dotted !== undefined) return dotted;
  const column = storedValue(log[side]);
  return isJsonObject(column) && column['body'] !== undefined
    ? storedValue(column['body'])
    : column;
};

const logOutcome = (
  log: JsonObject,
  dialect: Dialect | null,
  tools: FormatTools,
): RecordedOutcome => {
  const status = readNumber(log['response_status_code']) ?? null;
  const response = readBody(log, 'response');
  const isFailed = ['0', 'false'].includes(String(log['is_success']));
  if (isFailed && response === undefined && (status === null || status < 400)) {
    return failedWith(status, 'the call failed');
  }
  return withKnownFacts(readOutcome(response, { status, tools, dialect, plainText: 'no answer' }), {
    model: firstString(log['ai_model']),
    usage: completionUsage({
      input: firstCount(log['req_units']),
      output: firstCount(log['res_units']),
    }),
  });
};
