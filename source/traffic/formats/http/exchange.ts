import { isJsonObject, type JsonValue } from '../../../text/json.ts';
import { readRecordId } from '../../capture-id.ts';
import type { Dialect } from '../../dialects/dialect.ts';
import { notPrompt, otherApiReason, recogniseCallPath } from '../../dialects/recognise-call.ts';
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
 * Reads an exchange with an API that can be replayed, and says what any other exchange is. A recording
 * without the response body, as of streams that were passed on, gives the request alone.
 */
export const readExchange = (exchange: HttpExchange, tools: FormatTools): FormatRecord => {
  const recordId = readRecordId(exchange.id);
  const call = recogniseCallPath(exchange.url, exchange.method);
  if (call.kind === 'elsewhere') return { kind: 'ignored', what: 'a request to something else' };
  if (call.kind === 'no model call') return { kind: 'ignored', what: notPrompt(call.path) };
  const reject = (reason: string): FormatRecord => ({ kind: 'rejected', reason, recordId });
  if (call.kind === 'other model call') return reject(otherApiReason(call.api));
  const { dialect, model } = call;
  const body = exchange.requestBody;
  if (body.kind === 'none') return reject('request body not recorded');
  if (body.kind === 'damaged') return reject('request body cannot be decoded');
  const request = unwrapJson(bodyValue(body));
  if (!isJsonObject(request)) return reject('request body is not JSON');
  return captureRecord({
    id: exchange.id,
    timestamp: exchange.timestamp,
    request,
    dialect,
    outcome: exchangeOutcome(exchange, dialect, tools),
    totalMs: exchange.totalMs,
    timeToFirstTokenMs: null,
    model,
    isWire: true,
  });
};

const bodyValue = (body: DecodedBody): JsonValue | undefined => {
  if (body.kind === 'text') return body.text;
  return body.kind === 'parsed' ? body.value : undefined;
};

const exchangeOutcome = (
  exchange: HttpExchange,
  dialect: Dialect,
  tools: FormatTools,
): RecordedOutcome => {
  const { status, responseBody } = exchange;
  if (status === 0) return failedWith(null, 'no response came');
  return readOutcome(bodyValue(responseBody), { status, tools, dialect, plainText: 'no answer' });
};
