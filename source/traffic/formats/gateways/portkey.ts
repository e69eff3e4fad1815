import { isJsonObject, type JsonObject, type JsonValue } from '../../../text/json.ts';
import { readRecordId } from '../../capture-id.ts';
import { modelPath, requestProtocol } from '../../dialects/recognise-call.ts';
import { type Format, type FormatRecord, type FormatTools, oneByOne } from '../format.ts';
import { captureRecord } from '../parts/capture-record.ts';
import { completionUsage, firstCount } from '../parts/chat-completion.ts';
import { storedValue } from '../parts/embedded-json.ts';
import { readNumber } from '../parts/parameters.ts';
import { failedWith, readOutcome, type RecordedOutcome } from '../parts/recorded-outcome.ts';
import { readDuration } from '../plain/record-fields.ts';
import { withKnown } from './gateway-call.ts';

/**
 * Logs that Portkey exports as JSON Lines, with the columns that were asked for
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
  const reject = (reason: string): FormatRecord => ({
    kind: 'rejected',
    reason,
    recordId: readRecordId(id),
  });
  const place = modelPath(
    String(log['request_url'] ?? ''),
    String(log['request_method'] ?? 'POST'),
  );
  const wrongPath = `not a chat completion (${place.path.slice(0, 60)})`;
  if (place.kind === 'no model call') return { kind: 'ignored', what: wrongPath };
  if (place.kind === 'other model call') return reject(wrongPath);
  const body = bodyOf(log, 'request');
  if (!isJsonObject(body)) {
    return reject('request not in the export (Portkey: ask for the columns request and response)');
  }
  const protocol = requestProtocol(body);
  if (protocol.kind !== 'chat') {
    const what = `not a chat completion (${protocol.what})`;
    return protocol.kind === 'no model call' ? { kind: 'ignored', what } : reject(what);
  }
  const { ai_model: model, trace_id } = log;
  const metadata = metadataOf(log);
  const isCached = /HIT$/i.test(String(log['cache_status'] ?? ''));
  return captureRecord({
    id,
    timestamp: log['created_at'],
    request: body['model'] === undefined && typeof model === 'string' ? { model, ...body } : body,
    outcome: outcomeOf(log, tools),
    totalMs: isCached ? null : readDuration(log['response_time']),
    timeToFirstTokenMs: null,
    endpoints: [log['prompt_slug'], metadata['endpoint']],
    user: metadata['_user'],
    conversation: trace_id,
    metadata: Object.fromEntries(Object.entries(metadata).filter(([name]) => name !== '_user')),
  });
};

/** A column may be the body, hold it in `body`, or be named after it with a dot. */
const bodyOf = (log: JsonObject, side: 'request' | 'response'): JsonValue | undefined => {
  const dotted = storedValue(log[`${side}.body`]);
  if (dotted !== undefined) return dotted;
  const column = storedValue(log[side]);
  return isJsonObject(column) && column['body'] !== undefined
    ? storedValue(column['body'])
    : column;
};

const metadataOf = (log: JsonObject): JsonObject => {
  const stored = storedValue(log['metadata']);
  return isJsonObject(stored) ? stored : {};
};

const outcomeOf = (log: JsonObject, tools: FormatTools): RecordedOutcome => {
  const status = readNumber(log['response_status_code']) ?? null;
  const response = bodyOf(log, 'response');
  const isFailed = ['0', 'false'].includes(String(log['is_success']));
  if (isFailed && response === undefined && (status === null || status < 400)) {
    return failedWith(status, 'the call failed');
  }
  const { ai_model: model } = log;
  return withKnown(readOutcome(response, { status, tools, plainText: 'no answer' }), {
    model: typeof model === 'string' && model !== '' ? model : null,
    usage: completionUsage({
      input: firstCount(log['req_units']),
      output: firstCount(log['res_units']),
      cachedInput: null,
      reasoning: null,
    }),
  });
};
