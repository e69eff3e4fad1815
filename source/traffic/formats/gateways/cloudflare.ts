import { isJsonObject, type JsonObject, type JsonValue } from '../../../text/json.ts';
import { readRecordId } from '../../capture-id.ts';
import { modelPath, requestProtocol } from '../../dialects/recognise-call.ts';
import { type Format, type FormatRecord, type FormatTools, oneByOne } from '../format.ts';
import { captureRecord } from '../parts/capture-record.ts';
import { completionUsage, firstCount } from '../parts/chat-completion.ts';
import { storedValue, unwrapJson } from '../parts/embedded-json.ts';
import { readNumber } from '../parts/parameters.ts';
import {
  completionOfText,
  failedWith,
  readOutcome,
  type RecordedOutcome,
} from '../parts/recorded-outcome.ts';
import { readDuration } from '../plain/record-fields.ts';
import { withKnown } from './gateway-call.ts';

/**
 * Logs of Cloudflare's AI Gateway (https://developers.cloudflare.com/api, AI Gateway, List Gateway Logs and
 * Get Gateway Log Detail). The rows of a list have no bodies: what `/logs/ID/request` and
 * `/logs/ID/response` give is read from `request` and `response` of each (or `request_body`,
 * `response_body`). `duration` is in milliseconds.
 */
export const cloudflare: Format = {
  name: 'Cloudflare AI Gateway',
  holdsAnswers: false,
  recognises: (record) =>
    typeof record['provider'] === 'string' &&
    record['tokens_in'] !== undefined &&
    record['tokens_out'] !== undefined &&
    ['request_type', 'model_type', 'duration', 'cached'].some((name) => record[name] !== undefined),
  open: oneByOne((record, _, tools) => readLog(record, tools)),
};

const readLog = (log: JsonObject, tools: FormatTools): FormatRecord => {
  const { id } = log;
  const reject = (reason: string): FormatRecord => ({
    kind: 'rejected',
    reason,
    recordId: readRecordId(id),
  });
  const place = modelPath(`/${String(log['path'] ?? '').replace(/^\//, '')}`, 'POST');
  const wrongPath = `not a chat completion (${place.path.slice(0, 60)})`;
  if (place.kind === 'no model call') return { kind: 'ignored', what: wrongPath };
  if (place.kind === 'other model call') return reject(wrongPath);
  const found = bodyOf(log, 'request');
  if (found === 'cut') {
    return reject('request cut short (Cloudflare: put GET /logs/ID/request into request)');
  }
  const body = requestOf(found, log['step']);
  if (body === null) {
    return reject(
      'bodies not in the log (Cloudflare: put GET /logs/ID/request and /response into request and response)',
    );
  }
  const protocol = requestProtocol(body);
  if (protocol.kind !== 'chat') {
    const what = `not a chat completion (${protocol.what})`;
    return protocol.kind === 'no model call' ? { kind: 'ignored', what } : reject(what);
  }
  const metadata = storedValue(log['metadata']);
  const { model } = log;
  const isCached = log['cached'] === true;
  return captureRecord({
    id,
    timestamp: log['created_at'],
    request: body['model'] === undefined && typeof model === 'string' ? { model, ...body } : body,
    outcome: outcomeOf(log, tools),
    totalMs: isCached ? null : readDuration(log['duration']),
    timeToFirstTokenMs: null,
    metadata: isJsonObject(metadata) ? metadata : null,
  });
};

/** A body by any of its names; `cut` where the log has only its beginning. */
const bodyOf = (log: JsonObject, side: 'request' | 'response'): JsonValue | 'cut' | undefined => {
  const whole = storedValue(log[side]) ?? storedValue(log[`${side}_body`]);
  if (whole !== undefined) return whole;
  const head = storedValue(log[`${side}_head`]);
  return head !== undefined && log[`${side}_head_complete`] === false ? 'cut' : head;
};

/** The universal endpoint is sent a list of requests, of which `step` tells the one that was answered. */
const requestOf = (
  value: JsonValue | undefined,
  step: JsonValue | undefined,
): JsonObject | null => {
  if (!Array.isArray(value)) return isJsonObject(value) ? value : null;
  const entry: JsonValue | undefined = (value as readonly JsonValue[])[readNumber(step) ?? 0];
  const query = isJsonObject(entry) ? unwrapJson(entry['query']) : undefined;
  return isJsonObject(query) ? query : null;
};

const outcomeOf = (log: JsonObject, tools: FormatTools): RecordedOutcome => {
  const status = readNumber(log['status_code']) ?? null;
  const body = bodyOf(log, 'response');
  const response = body === 'cut' ? undefined : body;
  if (log['success'] === false && (status === null || status < 400)) {
    return failedWith(status, 'the call failed');
  }
  const text = workersAnswer(response);
  const outcome: RecordedOutcome =
    text === null
      ? readOutcome(response, { status, tools, plainText: 'no answer' })
      : { kind: 'answered', body: completionOfText(text) };
  const { model } = log;
  return withKnown(outcome, {
    model: typeof model === 'string' && model !== '' ? model : null,
    usage: completionUsage({
      input: firstCount(log['tokens_in']),
      output: firstCount(log['tokens_out']),
      cachedInput: null,
      reasoning: null,
    }),
  });
};

/** Workers AI answers with `{response}`, also in a `result`. */
const workersAnswer = (response: JsonValue | undefined): string | null => {
  const outer = isJsonObject(response) ? response : {};
  const { result } = outer;
  const said = isJsonObject(result) ? result['response'] : outer['response'];
  return typeof said === 'string' ? said : null;
};
