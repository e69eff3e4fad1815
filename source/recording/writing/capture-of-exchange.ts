import { recordedStreams } from '../../models/stream/recorded-stream.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import { bytesBody } from '../../traffic/formats/http/http-message.ts';
import { recogniseCallPath } from '../../traffic/dialects/recognise-call.ts';
import { captureRecord } from '../../traffic/formats/parts/capture-record.ts';
import {
  failedWith,
  readOutcome,
  type RecordedOutcome,
} from '../../traffic/formats/parts/recorded-outcome.ts';
import type { ImportRecord } from '../../traffic/import-record.ts';
import type { Tapped } from '../tap.ts';
import type { TappedExchange } from '../tapped-exchange.ts';
import { decodeTimed } from './decode-timed.ts';
import { isEventStream, readTimedStream } from './read-timed-stream.ts';

/**
 * A call that passed through the proxy as what the store takes: a capture under the id that the client
 * was told or, where its request cannot be replayed, a rejected record. An answer that is not whole is
 * no recorded response; what had come of it stands in `metadata.recordedPartial`, why it is not whole
 * in `metadata.recordedError` and, where somebody cut it off, in `metadata.abortedBy`.
 */
export const captureOfExchange = async (exchange: TappedExchange): Promise<ImportRecord> => {
  const { id, request } = exchange;
  const reject = (reason: string): ImportRecord => ({ kind: 'rejected', id, line: 0, reason });
  if (isTruncated(request)) return reject('request too large to be kept');
  if (exchange.requestMs === null) return reject('request was not sent to its end');
  const body = parsed(bytesOf(request), exchange.requestEncoding);
  if (!isJsonObject(body)) return reject('request body is not JSON');
  const read = await readAnswer(exchange, body);
  const record = captureRecord({
    id,
    timestamp: exchange.startedAtMs,
    request: body,
    outcome: read.outcome,
    totalMs: rounded(exchange.totalMs),
    timeToFirstTokenMs: rounded(read.timeToFirstTokenMs),
    endpoints: [exchange.endpoint ?? undefined],
    model: recogniseCallPath(exchange.path, 'POST').deployment,
    metadata: metadataOf(exchange, read),
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

const readAnswer = async (exchange: TappedExchange, request: JsonObject): Promise<ReadAnswer> => {
  const { status, response } = exchange;
  const failed = (message: string, partial: JsonObject | null = null): ReadAnswer => ({
    outcome: failedWith(status, message),
    timeToFirstTokenMs: null,
    partial,
  });
  if (status === null) return failed(problemOf(exchange) ?? 'no response came');
  const body = await decodeTimed(bytesOf(response), response.marks, exchange.responseEncoding);
  if (body === null) return failed('the response cannot be decoded');
  const problem = problemOf(exchange);
  if (status < 400 && isEventStream(body)) {
    const choices = typeof request['n'] === 'number' ? request['n'] : 1;
    const stream = readTimedStream(body, choices);
    const { standing, timeToFirstTokenMs } = stream;
    // Many clients leave at [DONE], before the connection's own end: the answer is whole then.
    if (standing.kind === 'complete' && stream.body !== null && !isTruncated(response)) {
      const outcome = { kind: 'answered', body: stream.body } as const;
      return { outcome, timeToFirstTokenMs, partial: null };
    }
    const said = standing.kind === 'error' ? standing.message : null;
    const cut = 'the stream ended before the answer was complete';
    return { ...failed(said ?? problem ?? cut, stream.body), timeToFirstTokenMs };
  }
  if (problem !== null) return failed(problem);
  const text = bytesBody(body.bytes, null);
  if (text.kind === 'damaged') return failed('the response is no text');
  const outcome = readOutcome(text.kind === 'text' ? text.text : undefined, {
    status,
    tools: recordedStreams,
    plainText: 'no answer',
  });
  return outcome.kind === 'unknown'
    ? failed('the response has no body')
    : { outcome, timeToFirstTokenMs: null, partial: null };
};

/** Why the response is not there to its end; null when it is. */
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

const abortedBy: Readonly<Record<TappedExchange['ending'], string | null>> = {
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

/** To the hundredth of a millisecond: the clock says no more. */
const rounded = (ms: number | null): number | null =>
  ms === null ? null : Math.round(ms * 100) / 100;
