import { isJsonObject, type JsonValue } from '../../../text/json.ts';
import { readRecordId } from '../../capture-id.ts';
import { modelPath } from '../../dialects/recognise-call.ts';
import type { FormatRecord, FormatTools } from '../format.ts';
import { captureRecord } from '../parts/capture-record.ts';
import { unwrapJson } from '../parts/embedded-json.ts';
import { failedWith, readOutcome, type RecordedOutcome } from '../parts/recorded-outcome.ts';
import type { DecodedBody } from './http-message.ts';

/** One HTTP exchange as a recording has it. Headers are not in it: they may hold keys. */
export type Exchange = {
  /** The recording's own id; without one it is derived. */
  readonly id: JsonValue | undefined;
  readonly method: string;
  readonly url: string;
  readonly timestamp: JsonValue | undefined;
  readonly requestBody: DecodedBody;
  /** 0 or null: no response came, or the recording has none. */
  readonly status: number | null;
  readonly responseBody: DecodedBody;
  /** Milliseconds from the request to the end of the response. */
  readonly totalMs: number | null;
};

/**
 * Reads an exchange with a chat-completions endpoint; what any other URL comes to. A recording that
 * has no body of the response (streams that were passed on, for one) gives the request alone.
 */
export const readExchange = (exchange: Exchange, tools: FormatTools): FormatRecord => {
  const recordId = readRecordId(exchange.id);
  const { kind, path, deployment } = modelPath(exchange.url, exchange.method);
  const what = `not a chat completion (${path.slice(0, 60)})`;
  if (kind === 'elsewhere') return { kind: 'ignored', what: 'a request to something else' };
  if (kind === 'no model call') return { kind: 'ignored', what };
  if (kind === 'other model call') return { kind: 'rejected', reason: what, recordId };
  const reject = (reason: string): FormatRecord => ({ kind: 'rejected', reason, recordId });
  const body = exchange.requestBody;
  if (body.kind === 'none') return reject('request body not recorded');
  if (body.kind === 'damaged') return reject('request body cannot be decoded');
  const request = unwrapJson(valueOf(body));
  if (!isJsonObject(request)) return reject('request body is not JSON');
  return captureRecord({
    id: exchange.id,
    timestamp: exchange.timestamp,
    request,
    outcome: outcomeOf(exchange, tools),
    totalMs: exchange.totalMs,
    timeToFirstTokenMs: null,
    model: deployment,
  });
};

const valueOf = (body: DecodedBody): JsonValue | undefined => {
  if (body.kind === 'text') return body.text;
  return body.kind === 'parsed' ? body.value : undefined;
};

const outcomeOf = (exchange: Exchange, tools: FormatTools): RecordedOutcome => {
  const { status, responseBody } = exchange;
  if (status === 0) return failedWith(null, 'no response came');
  return readOutcome(valueOf(responseBody), { status, tools, plainText: 'no answer' });
};
