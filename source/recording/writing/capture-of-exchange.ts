import { recordedStreams } from '../../models/stream/recorded-stream.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import { bytesBody } from '../../traffic/formats/http/http-message.ts';
import type { Dialect } from '../../traffic/dialects/dialect.ts';
import { recogniseCallPath } from '../../traffic/dialects/recognise-call.ts';
import { captureRecord } from '../../traffic/formats/parts/capture-record.ts';
import {
  failedWith,
  readOutcome,
  type RecordedOutcome,
} from '../../traffic/formats/parts/recorded-outcome.ts';
import type { ImportRecord } from '../../traffic/import-record.ts';
import type { ExchangeEnding, Tapped, TappedExchange } from '../tap.ts';
import { decodeTimed, isStream, readTimedStream, type TimedBody } from './timed-body.ts';

/**
 * Converts a proxied call to a capture under the id that the client received, or to a rejected record
 * if the request cannot be replayed. An incomplete answer is not a recorded response: the received part
 * is in `metadata.recordedPartial`, the reason in `metadata.recordedError`, and who aborted it, if
 * anyone, in `metadata.abortedBy`.
 */
export const captureOfExchange = async (exchange: TappedExchange): Promise<ImportRecord> => {
  const { id, request } = exchange;
  const reject = (reason: string): ImportRecord => ({ kind: 'rejected', id, line: 0, reason });
  if (isTruncated(request)) return reject('request too large to be kept');
  if (exchange.requestMs === null) return reject('request was not sent to its end');
  const body = parsed(bytesOf(request), exchange.requestEncoding);
  if (!isJsonObject(body)) return reject('request body is not JSON');
  const call = recogniseCallPath(exchange.path, 'POST');
  const dialect = call.kind === 'call' ? call.dialect : 'chat';
  const read = await readAnswer(exchange, body, dialect);
  const record = captureRecord({
    id,
    timestamp: exchange.startedAtMs,
    request: body,
    outcome: read.outcome,
    totalMs: rounded(exchange.totalMs),
    timeToFirstTokenMs: rounded(read.timeToFirstTokenMs),
    endpoints: [exchange.endpoint ?? undefined],
    dialect,
    model: call.kind === 'call' ? call.model : null,
    metadata: metadataOf(exchange, read),
    isWire: true,
  });
  if (record.kind === 'capture') return record;
  return reject(record.kind === 'rejected' ? record.reason : 'no request');
};

const isTruncated = ({ kept, total }: Tapped): boolean => kept < total;

const bytesOf = ({ parts }: Tapped): Uint8Array => {
  const [first] = parts;
  return first !== undefined && parts.length === 1 ? first : Buffer.concat(parts);
};

type ReadAnswer = {
  readonly outcome: RecordedOutcome;
  readonly timeToFirstTokenMs: number | null;
  readonly partial: JsonObject | null;
};

const parsed = (bytes: Uint8Array, encoding: string | null): JsonValue | undefined => {
  const body = bytesBody(bytes, encoding);
  if (body.kind !== 'text') return undefined;
  try {
    return JSON.parse(body.text.replace(/^\uFEFF/, '')) as JsonValue;
  } catch {
    return undefined;
  }
};

const readAnswer = async (
  exchange: TappedExchange,
  request: JsonObject,
  dialect: Dialect,
): Promise<ReadAnswer> => {
  const { status, response } = exchange;
  const problem = problemOf(exchange);
  if (status === null) return failedAnswer(status, problem ?? 'no response came');
  const body = await decodeTimed(bytesOf(response), response.marks, exchange.responseEncoding);
  if (body === null) return failedAnswer(status, 'the response cannot be decoded');
  if (status < 400 && isStream(body, dialect)) {
    return readStream(exchange, status, body, { request, dialect });
  }
  if (problem !== null) return failedAnswer(status, problem);
  const text = bytesBody(body.bytes, null);
  if (text.kind === 'damaged') return failedAnswer(status, 'the response is not text');
  const outcome = readOutcome(text.kind === 'text' ? text.text : undefined, {
    status,
    tools: recordedStreams,
    dialect,
    plainText: 'no answer',
  });
  return outcome.kind === 'unknown'
    ? failedAnswer(status, 'the response has no body')
    : { outcome, timeToFirstTokenMs: null, partial: null };
};

const failedAnswer = (status: number | null, message: string): ReadAnswer => ({
  outcome: failedWith(status, message),
  timeToFirstTokenMs: null,
  partial: null,
});

const readStream = (
  exchange: TappedExchange,
  status: number,
  body: TimedBody,
  { dialect, request }: { readonly dialect: Dialect; readonly request: JsonObject },
): ReadAnswer => {
  const choices = typeof request['n'] === 'number' ? request['n'] : 1;
  const {
    standing,
    timeToFirstTokenMs,
    body: partial,
  } = readTimedStream(body, { choices, dialect });
  // Many clients leave after [DONE] and before the connection ends: the answer is complete then.
  if (standing.kind === 'complete' && partial !== null && !isTruncated(exchange.response)) {
    return { outcome: { kind: 'answered', body: partial }, timeToFirstTokenMs, partial: null };
  }
  const message =
    (standing.kind === 'error' ? standing.message : null) ??
    problemOf(exchange) ??
    'the stream ended before the answer was complete';
  return { outcome: failedWith(status, message), timeToFirstTokenMs, partial };
};

/** Why the response is not complete; null when it is. */
const problemOf = ({ ending, message, response }: TappedExchange): string | null => {
  if (isTruncated(response)) return 'the response is too large to be kept';
  switch (ending) {
    case 'complete':
      return null;
    case 'client left':
      return 'the client left before the answer was complete';
    case 'proxy stopped':
      return 'the proxy was stopped before the answer was complete';
    case 'upstream broke':
      return `the upstream broke off (${message ?? 'no reason given'})`;
    case 'unreachable':
      return message ?? 'no response came';
  }
};

/** Who broke an exchange off. */
const abortedBy: Readonly<Record<ExchangeEnding, string | null>> = {
  complete: null,
  'client left': 'client',
  'proxy stopped': 'proxy',
  'upstream broke': 'upstream',
  unreachable: null,
};

const metadataOf = (exchange: TappedExchange, { outcome, partial }: ReadAnswer): JsonObject => {
  const by = outcome.kind === 'answered' ? null : abortedBy[exchange.ending];
  const facts: Readonly<Record<string, JsonValue>> = {
    upstream: exchange.upstream,
    requestId: exchange.requestId,
    traceparent: exchange.traceparent,
    upstreamRequestId: exchange.upstreamRequestId,
    processingMs: exchange.processingMs,
    requestMs: rounded(exchange.requestMs),
    headersMs: rounded(exchange.headersMs),
    abortedBy: by,
    abortedAfterMs: by === null ? null : rounded(exchange.totalMs),
    recordedPartial: partial,
  };
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== null));
};

/** Rounded to a hundredth of a millisecond, the resolution of the clock. */
const rounded = (ms: number | null): number | null =>
  ms === null ? null : Math.round(ms * 100) / 100;
