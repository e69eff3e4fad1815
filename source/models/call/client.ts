import type { JsonObject } from '../../text/json.ts';
import type { CallResult, Failure } from '../answer.ts';
import { PiecesWithoutKey, withoutKey } from '../echoed-key.ts';
import type { Model } from '../model.ts';
import { connectionFailure } from './connection-failure.ts';
import { watchCall, type Deadlines, type Watch } from './deadlines.ts';
import { cutOffFailure } from './failures.ts';
import { connectMsOf, errorBodyOf } from './http-fetch.ts';
import { openClient } from './open-client.ts';
import { rateLimitsOf, type RateLimits } from './rate-limits.ts';
import { readAnswer, type Ending } from './read-answer.ts';
import { providerRequestIdOf, requestIdOfError } from './request-id.ts';
import { statusError, statusFailure } from './status-failure.ts';

export type CallOptions = {
  readonly model: Extract<Model, { kind: 'live' }>;
  /** As `adaptRequest` gives it: with the model's name and `stream: true`. */
  readonly body: JsonObject;
  /** Empty for a server that takes any. The result has `[key]` wherever the server sends it back. */
  readonly apiKey: string;
  readonly deadlines: Deadlines;
  /** Cap on the bytes of the answer's body, decompressed. */
  readonly maximumBytes: number;
  /** Aborted: the call ends at once, as `interrupted`. */
  readonly signal: AbortSignal;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** Is told the visible text as it comes. */
  readonly onText?: (text: string) => void;
};

/**
 * Sends one request and waits for the whole answer. One try; never rejects for anything that a
 * provider or the network does. An answer that had become complete counts, whatever happened to the
 * connection afterwards. The first token is the first that a user of the product would see: text,
 * refusal or tool call; a role, an empty delta, a filter's result and reasoning are none. `queueMs` is
 * null here.
 */
export const callModel = async (options: CallOptions): Promise<CallResult> => {
  const watch = watchCall(options.deadlines, options.signal);
  const { apiKey, onText } = options;
  const pieces = new PiecesWithoutKey(apiKey);
  const show = (text: string): void => {
    if (text !== '') onText?.(text);
  };
  try {
    const result = await call({ ...options, onText: (text) => show(pieces.push(text)) }, watch);
    show(pieces.end());
    return withoutKey(result, apiKey);
  } finally {
    watch.stop();
  }
};

const call = async (options: CallOptions, watch: Watch): Promise<CallResult> => {
  const { model, now, apiKey, deadlines } = options;
  let connectMs: number | null = null;
  let timeToFirstTokenMs: number | null = null;
  let rateLimits: RateLimits | null = null;
  let sentAt = now();
  const sinceConnected = (): number => Math.max(0, now() - sentAt - (connectMs ?? 0));
  const result = (ending: Ending, providerRequestId: string | null): CallResult => {
    const timings = { queueMs: null, connectMs, timeToFirstTokenMs, totalMs: sinceConnected() };
    const beside = { timings, providerRequestId, rateLimits };
    return 'answer' in ending
      ? { kind: 'answered', ...ending, ...beside }
      : { kind: 'failed', ...ending, ...beside };
  };
  const noAnswer = (failure: Failure, providerRequestId: string | null = null): CallResult =>
    result({ failure, partial: null }, providerRequestId);

  let response: Response;
  try {
    const client = await openClient(model.provider, apiKey);
    sentAt = now();
    response = await client
      .post('/chat/completions', { body: options.body, stream: true, signal: watch.signal })
      .asResponse();
  } catch (error) {
    const answered = statusError(error);
    if (answered !== null) {
      const { status, headers, body } = answered;
      connectMs = connectMsOf(headers);
      rateLimits = rateLimitsOf(headers);
      const failure = statusFailure(status, headers, body);
      return noAnswer(
        failure,
        providerRequestIdOf(headers, requestIdOfError(errorBodyOf(headers))),
      );
    }
    const cutOff = watch.cutOff();
    if (cutOff !== null) return noAnswer(cutOffFailure(cutOff, deadlines, null));
    return noAnswer(connectionFailure(error, model.provider.baseUrl));
  }
  const { headers } = response;
  connectMs = connectMsOf(headers);
  rateLimits = rateLimitsOf(headers);
  const { ending, requestId } = await readAnswer(response, options, watch, () => {
    timeToFirstTokenMs = sinceConnected();
  });
  const came = 'answer' in ending ? ending.answer : ending.partial;
  return result(ending, providerRequestIdOf(headers, requestId, came?.id ?? null));
};
