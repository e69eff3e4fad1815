import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import { answerOfCompletion } from '../stream/accumulator.ts';
import type { Answer, CallResult, Failure, FailureReason } from '../answer.ts';
import { connectionFailure } from './connection-failure.ts';
import { watchCall, type CutOff, type Deadlines, type Watch } from './deadlines.ts';
import { errorText, keepText } from './error-message.ts';
import type { Model } from '../model.ts';
import { bodyOf } from './http-fetch.ts';
import { openClient } from './open-client.ts';
import { readBody, type BodyEnd } from './read-body.ts';
import { statusError, statusFailure } from './status-failure.ts';
import { createStreamReader } from '../stream/stream-reader.ts';

export type CallOptions = {
  readonly model: Extract<Model, { kind: 'live' }>;
  /** As `adaptRequest` gives it: with the model's name and `stream: true`. */
  readonly body: JsonObject;
  /** Empty for a server that takes any. It stands in no result. */
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
 * refusal or tool call; a role, an empty delta and reasoning are none. `queueMs` is null here.
 */
export const callModel = async (options: CallOptions): Promise<CallResult> => {
  const watch = watchCall(options.deadlines, options.signal);
  try {
    return await call(options, watch);
  } finally {
    watch.stop();
  }
};

type Ending =
  { readonly answer: Answer } | { readonly failure: Failure; readonly partial: Answer | null };

const call = async (options: CallOptions, watch: Watch): Promise<CallResult> => {
  const { model, now, apiKey } = options;
  let providerRequestId: string | null = null;
  let timeToFirstTokenMs: number | null = null;
  let sentAt = now();
  const onFirstToken = (): void => {
    timeToFirstTokenMs ??= now() - sentAt;
  };
  const result = (ending: Ending): CallResult => {
    const timings = { queueMs: null, connectMs: null, timeToFirstTokenMs, totalMs: now() - sentAt };
    return 'answer' in ending
      ? { kind: 'answered', ...ending, timings, providerRequestId, rateLimits: null }
      : { kind: 'failed', ...ending, timings, providerRequestId, rateLimits: null };
  };

  let response: Response;
  try {
    const client = await openClient(model.provider, apiKey);
    sentAt = now();
    response = await client
      .post('/chat/completions', { body: options.body, stream: true, signal: watch.signal })
      .asResponse();
  } catch (error) {
    const cutOff = watch.cutOff();
    const answered = statusError(error);
    if (answered !== null) {
      providerRequestId = requestId(answered.headers, apiKey);
      const { status, headers, body } = answered;
      return result(failed(statusFailure(status, headers, body, apiKey)));
    }
    if (cutOff !== null) return result(failed(cutOffFailure(cutOff, options.deadlines, null)));
    return result(failed(connectionFailure(error, model.provider.baseUrl, apiKey)));
  }
  providerRequestId = requestId(response.headers, apiKey);
  const read = mediaType(response) === 'text/event-stream' ? readStream : readWhole;
  const ending = await read(response, options, watch, onFirstToken);
  return result(ending);
};

const readStream = async (
  response: Response,
  options: CallOptions,
  watch: Watch,
  onFirstToken: () => void,
): Promise<Ending> => {
  const { maximumBytes, onText, apiKey } = options;
  const stream = createStreamReader();
  const show = ({ text }: { readonly text: string }): void => {
    if (stream.visible()) onFirstToken();
    if (text !== '') onText?.(text);
  };
  const end = await readBody(bodyOf(response), maximumBytes, watch, (bytes) => {
    show(stream.push(bytes));
    return !stream.ended();
  });
  if (end === 'end') show(stream.end());

  const partial = stream.answer();
  const fail = (reason: FailureReason, message: string): Ending =>
    failed(failureOf(reason, keepText(message, apiKey), response.status), partial);
  const standing = stream.standing();
  if (standing.kind === 'error') {
    return fail('stream_error', `The server broke off its answer: ${standing.message}`);
  }
  if (standing.kind === 'complete' && partial !== null) return { answer: partial };
  const cut = cutShort(end, options, watch, response.status);
  if (cut !== null) return failed(cut, partial);
  if (partial !== null || end === 'broken') {
    return fail('truncated', 'The answer ended before it was complete.');
  }
  return fail('not_an_answer', 'The server sent a stream with nothing in it.');
};

/** A body that is no stream: a whole completion is taken as the answer, anything else is none. */
const readWhole = async (
  response: Response,
  options: CallOptions,
  watch: Watch,
): Promise<Ending> => {
  const { status } = response;
  const decoder = new TextDecoder();
  let text = '';
  const end = await readBody(bodyOf(response), options.maximumBytes, watch, (bytes) => {
    text += decoder.decode(bytes, { stream: true });
    return true;
  });
  text += decoder.decode();
  const cut = cutShort(end, options, watch, status);
  if (cut !== null) return failed(cut);
  if (end === 'broken') {
    return failed(failureOf('truncated', 'The answer ended before it was complete.', status));
  }
  const type = mediaType(response);
  const json = /^application\/(?:.+\+)?json$/.test(type) ? parse(text) : undefined;
  const answer = isJsonObject(json) && !json['error'] ? answerOfCompletion(json) : null;
  if (answer !== null) return { answer };
  const message = `The server answered ${status}, but with no answer: ${whatCame(text, type, json)}`;
  return failed(failureOf('not_an_answer', keepText(message, options.apiKey), status));
};

const whatCame = (text: string, type: string, json: JsonValue | undefined): string => {
  if (text.trim() === '') return 'the body is empty.';
  if (json !== undefined) return errorText(json) ?? 'JSON that is no chat completion.';
  if (type === 'text/html') return 'a web page. Is the base URL right?';
  return `a body of type ${type || 'unknown'}. Is the base URL right?`;
};

/** The failure of a body that the watch or the cap has cut; null when neither has. */
const cutShort = (
  end: BodyEnd,
  { deadlines, maximumBytes }: CallOptions,
  watch: Watch,
  status: number,
): Failure | null => {
  const cutOff = watch.cutOff();
  if (end === 'broken' && cutOff !== null) return cutOffFailure(cutOff, deadlines, status);
  if (end !== 'too large') return null;
  return failureOf('too_large', `The answer has more than ${maximumBytes} bytes.`, status);
};

const cutOffFailure = (cutOff: CutOff, deadlines: Deadlines, status: number | null): Failure => {
  if (cutOff === 'interrupted') {
    return failureOf('interrupted', 'The run was stopped while this call was in flight.', status);
  }
  const waited = {
    firstByteMs: 'No answer began',
    firstTokenMs: 'No token came',
    idleMs: 'The answer stood still',
    totalMs: 'The answer was not complete',
  }[cutOff];
  const ms = deadlines[cutOff];
  return failureOf('timeout', `${waited} within ${ms / 1000} s.`, status);
};

const failureOf = (reason: FailureReason, message: string, status: number | null): Failure => ({
  reason,
  message,
  status,
  retryAfterMs: null,
  parameter: null,
});

const failed = (failure: Failure, partial: Answer | null = null): Ending => ({ failure, partial });

const mediaType = (response: Response): string =>
  (response.headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';

const parse = (text: string): JsonValue | undefined => {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
};

/** The provider's name for the call, to ask its support about. */
const requestId = (headers: Headers, apiKey: string): string | null => {
  const id = headers.get('x-request-id') ?? headers.get('request-id');
  return id === null || id === '' ? null : keepText(id, apiKey);
};
