import { isJsonObject, type JsonValue } from '../../../text/json.ts';
import { readRecordId } from '../../capture-id.ts';
import { recogniseCallPath } from '../../dialects/recognise-call.ts';
import type { FormatRecord, FormatTools } from '../format.ts';
import { captureRecord } from '../parts/capture-record.ts';
import { unwrapJson } from '../parts/embedded-json.ts';
import { failedWith, readOutcome, type RecordedOutcome } from '../parts/recorded-outcome.ts';
import type { DecodedBody } from './http-message.ts';

/** One recorded HTTP exchange. Without its headers, which may hold keys. */
export type HttpExchange = {
  /** The recording's own id; a derived one if it is undefined. */
  readonly id: JsonValue | undefined;
  readonly method: string;
  readonly url: string;
  readonly timestamp: JsonValue | undefined;
  readonly requestBody: DecodedBody;
  /** 0: no response came. Null: the recording has none. */
  readonly status: number | null;
  readonly responseBody: DecodedBody;
  /** Milliseconds from the request to the end of the response. */
  readonly totalMs: number | null;
};

/**
 * Reads an exchange with a chat completions endpoint, and says what any other exchange is. A recording
 * without the response body, as of streams that were passed on, gives the request alone.
 */
export const readExchange = (exchange: HttpExchange, tools: FormatTools): FormatRecord => {
  const recordId = readRecordId(exchange.id);
  const { kind, path, deployment } = recogniseCallPath(exchange.url, exchange.method);
  const what = `not a chat completion (${path.slice(0, 60)})`;
  if (kind === 'elsewhere') return { kind: 'ignored', what: 'a request to something else' };
  if (kind === 'no model call') return { kind: 'ignored', what };
  const reject = (reason: string): FormatRecord => ({ kind: 'rejected', reason, recordId });
  if (kind === 'other model call') return reject(what);
  const body = exchange.requestBody;
  if (body.kind === 'none') return reject('request body not recorded');
  if (body.kind === 'damaged') return reject('request body cannot be decoded');
  const request = unwrapJson(bodyValue(body));
  if (!isJsonObject(request)) return reject('request body is not JSON');
  return captureRecord({
    id: exchange.id,
    timestamp: exchange.timestamp,
    request,
    outcome: exchangeOutcome(exchange, tools),
    totalMs: exchange.totalMs,
    timeToFirstTokenMs: null,
    model: deployment,
    isWire: true,
  });
};

const bodyValue = (body: DecodedBody): JsonValue | undefined => {
  if (body.kind === 'text') return body.text;
  return body.kind === 'parsed' ? body.value : undefined;
};

const exchangeOutcome = (exchange: HttpExchange, tools: FormatTools): RecordedOutcome => {
  const { status, responseBody } = exchange;
  if (status === 0) return failedWith(null, 'no response came');
  return readOutcome(bodyValue(responseBody), { status, tools, plainText: 'no answer' });
};
