import {
  firstString,
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  objectOrEmpty,
} from '../../../text/json.ts';
import { readRecordId } from '../../capture-id.ts';
import type { Dialect } from '../../dialects/dialect.ts';
import { readDuration } from '../../times.ts';
import { type Format, type FormatRecord, type FormatTools, oneByOne } from '../format.ts';
import { captureRecord } from '../parts/capture-record.ts';
import { completionOfText, completionUsage, firstCount } from '../parts/chat-completion.ts';
import { storedValue, unwrapJson } from '../parts/embedded-json.ts';
import { readNumber } from '../parts/parameters.ts';
import {
  answeredWith,
  failedWith,
  readOutcome,
  type RecordedOutcome,
} from '../parts/recorded-outcome.ts';
import { gatewayRequest, ignoredBody, readGatewayPath, withKnownFacts } from './gateway-call.ts';

/**
 * Logs of Cloudflare's AI Gateway (https://developers.cloudflare.com/api, AI Gateway, List Gateway Logs and
 * Get Gateway Log Detail). The rows of a list have no bodies: what `/logs/ID/request` and
 * `/logs/ID/response` return is expected in `request` and `response` (or `request_body` and
 * `response_body`) of each row. `duration` is in milliseconds.
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
  const url = `/${String(log['path'] ?? '').replace(/^\//, '')}`;
  const path = readGatewayPath({ url, method: 'POST' }, id);
  if ('other' in path) return path.other;
  const found = readBody(log, 'request');
  if (found === 'cut') {
    return reject('request cut short (Cloudflare: put GET /logs/ID/request into request)');
  }
  const body = readRequest(found, log['step']);
  if (body === null) {
    return reject(
      'bodies not in the log (Cloudflare: put GET /logs/ID/request and /response into request and response)',
    );
  }
  const ignored = path.dialect === null ? ignoredBody(body) : null;
  if (ignored !== null) return ignored;
  const metadata = storedValue(log['metadata']);
  return captureRecord({
    id,
    timestamp: log['created_at'],
    ...gatewayRequest(body, path, log['model']),
    outcome: logOutcome(log, path.dialect, tools),
    totalMs: log['cached'] === true ? null : readDuration(log['duration']),
    timeToFirstTokenMs: null,
    metadata: isJsonObject(metadata) ? metadata : null,
  });
};

/** A body under any of its names; `cut` if the log has only its beginning. */
const readBody = (log: JsonObject, side: 'request' | 'response'): JsonValue | 'cut' | undefined => {
  const whole = storedValue(log[side]) ?? storedValue(log[`${side}_body`]);
  if (whole !== undefined) return whole;
  const head = storedValue(log[`${side}_head`]);
  return head !== undefined && log[`${side}_head_complete`] === false ? 'cut' : head;
};

/** The universal endpoint takes a list of requests; `step` is the index of the one that was answered. */
const readRequest = (
  value: JsonValue | undefined,
  step: JsonValue | undefined,
): JsonObject | null => {
  if (!isJsonArray(value)) return isJsonObject(value) ? value : null;
  const entry = value[readNumber(step) ?? 0];
  const query = isJsonObject(entry) ? unwrapJson(entry['query']) : undefined;
  return isJsonObject(query) ? query : null;
};

const logOutcome = (
  log: JsonObject,
  dialect: Dialect | null,
  tools: FormatTools,
): RecordedOutcome => {
  const status = readNumber(log['status_code']) ?? null;
  const body = readBody(log, 'response');
  const response = body === 'cut' ? undefined : body;
  if (log['success'] === false && (status === null || status < 400)) {
    return failedWith(status, 'the call failed');
  }
  const text = workersAnswer(response);
  const outcome =
    text === null
      ? readOutcome(response, { status, tools, dialect, plainText: 'no answer' })
      : answeredWith(completionOfText(text));
  return withKnownFacts(outcome, {
    model: firstString(log['model']),
    usage: completionUsage({
      input: firstCount(log['tokens_in']),
      output: firstCount(log['tokens_out']),
    }),
  });
};

/** Workers AI answers with `{response}`, which may be inside a `result`. */
const workersAnswer = (response: JsonValue | undefined): string | null => {
  const outer = objectOrEmpty(response);
  const { result } = outer;
  const text = isJsonObject(result) ? result['response'] : outer['response'];
  return typeof text === 'string' ? text : null;
};
