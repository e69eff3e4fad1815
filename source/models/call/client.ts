import { isJsonObject, type JsonObject } from '../../text/json.ts';
import type { Dialect } from '../../traffic/dialects/dialect.ts';
import type { CallResult } from '../answer.ts';
import { callUrl, dialectHeaders, dialectRoute, keyHeader } from '../dialect-address.ts';
import { PiecesWithoutKey, withoutKey } from '../echoed-key.ts';
import type { Model } from '../model.ts';
import type { ThinkTags } from '../stream/think-tags.ts';
import { CallWatch, type Deadlines } from './deadlines.ts';
import { parseErrorBody, shortened } from './error-message.ts';
import { connectionFailure, cutOffFailure, statusFailure } from './failures.ts';
import { HttpTransport, type ErrorAnswer } from './http-transport.ts';
import { commonHeaders, openProviderClient, transportOptions } from './provider-client.ts';
import { readRateLimits } from './rate-limits.ts';
import { readAnswerBody } from './read-answer.ts';

export type CallOptions = {
  readonly model: Extract<Model, { kind: 'live' }>;
  /** A request that was adapted to the model: with its name, unless the dialect is Gemini's, and streamed. */
  readonly body: JsonObject;
  /** Of the body; default: `chat`. */
  readonly dialect?: Dialect;
  /**
   * Empty for a server that accepts any key. In the result, `[key]` replaces it wherever the server
   * echoes it.
   */
  readonly apiKey: string;
  readonly deadlines: Deadlines;
  /** The limit for the bytes of the answer's body, after decompression. */
  readonly maximumBytes: number;
  /** How to treat reasoning within the text; by default it is kept apart. */
  readonly thinkTags?: ThinkTags;
  /** Aborting it ends the call at once, as `interrupted`. */
  readonly signal: AbortSignal;
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number;
  /** Receives the visible text while it streams. */
  readonly onText?: (text: string) => void;
};

/**
 * Sends one request and waits for the complete answer. It tries once. Every failure of the provider
 * or the network is a result; it rejects only with the UserError of `openProviderClient`. A
 * complete answer counts even if the connection fails afterwards. The first token is the first one
 * that a user of the product would see: text, a refusal or a tool call, but not a role, an empty
 * delta, a filter result or reasoning. `queueMs` is null here.
 */
export const callModel = async (options: CallOptions): Promise<CallResult> => {
  const { apiKey, deadlines, onText, signal } = options;
  const watch = new CallWatch(deadlines, signal);
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

const call = async (options: CallOptions, watch: CallWatch): Promise<CallResult> => {
  const { model, deadlines, dialect = 'chat', now } = options;
  const transport = new HttpTransport(watch.signal);
  const send =
    dialect === 'chat' || dialect === 'responses'
      ? await openAiSender(options, dialect, transport)
      : ownSender(options, dialect, transport);
  const sentAt = now();
  const elapsedMs = (): number => Math.max(0, now() - sentAt - (transport.connectMs ?? 0));
  let timeToFirstTokenMs: number | null = null;
  const timings = (): CallResult['timings'] => ({
    queueMs: null,
    connectMs: transport.connectMs,
    timeToFirstTokenMs,
    totalMs: elapsedMs(),
  });

  const sent = await send();
  if (sent instanceof Response) {
    const { headers } = sent;
    const reading = { thinkTags: 'apart' as const, ...options };
    const { ending, requestId } = await readAnswerBody(sent, reading, watch, () => {
      timeToFirstTokenMs = elapsedMs();
    });
    const answer = ending.kind === 'answered' ? ending.answer : ending.partial;
    return {
      ...ending,
      timings: timings(),
      providerRequestId: providerRequestId(headers, requestId, answer?.id ?? null),
      rateLimits: readRateLimits(headers),
    };
  }
  const { errorAnswer } = transport;
  if (errorAnswer !== null) {
    return { ...errorResult(errorAnswer), timings: timings() };
  }
  const failure =
    watch.cutOff === null
      ? connectionFailure(sent.error, dialectRoute(model.provider, dialect).baseUrl)
      : cutOffFailure(watch.cutOff, deadlines, null);
  const nothing = { partial: null, providerRequestId: null, rateLimits: null };
  return { kind: 'failed', failure, ...nothing, timings: timings() };
};

/**
 * Sends the request. Resolves to the response if its status is 2xx, otherwise to the error that was thrown.
 */
type Sender = () => Promise<Response | { readonly error: unknown }>;

/** Sends a request in a dialect of OpenAI through its SDK. */
const openAiSender = async (
  { apiKey, body, model: { name, provider } }: CallOptions,
  dialect: 'chat' | 'responses',
  transport: HttpTransport,
): Promise<Sender> => {
  const client = await openProviderClient(provider, apiKey);
  return async () => {
    try {
      const options = { body, stream: true, ...transportOptions(transport.send) };
      return await client.post(callUrl(provider, dialect, name), options).asResponse();
    } catch (error) {
      return { error };
    }
  };
};

/** Sends a request in another dialect over the same transport. */
const ownSender = (
  { apiKey, body, model: { name, provider } }: CallOptions,
  dialect: 'messages' | 'gemini',
  transport: HttpTransport,
): Sender => {
  const { authorization } = dialectRoute(provider, dialect);
  const outgoing = {
    url: callUrl(provider, dialect, name),
    method: 'POST',
    headers: {
      ...commonHeaders,
      'content-type': 'application/json',
      ...dialectHeaders(dialect),
      ...provider.headers,
      ...keyHeader(authorization, apiKey || 'none'),
    },
    body: JSON.stringify(body),
    signal: null,
  };
  return async () => {
    try {
      const response = await transport.send(outgoing);
      return response.ok ? response : { error: new Error(`status ${response.status}`) };
    } catch (error) {
      return { error };
    }
  };
};

const errorResult = ({
  status,
  headers,
  text,
}: ErrorAnswer): Omit<Extract<CallResult, { kind: 'failed' }>, 'timings'> => {
  const body = parseErrorBody(text);
  // DashScope, Zhipu and Anthropic put the id next to the error.
  const id = isJsonObject(body) ? body['request_id'] : null;
  return {
    kind: 'failed',
    failure: statusFailure(status, headers, body),
    partial: null,
    providerRequestId: providerRequestId(headers, typeof id === 'string' ? id : null),
    rateLimits: readRateLimits(headers),
  };
};

/** The headers in which providers and gateways identify a call, most specific first. */
const requestIdHeaders = [
  'x-request-id',
  'request-id',
  'apim-request-id',
  'x-ms-request-id',
  'x-amzn-requestid',
  'x-generation-id',
  'x-litellm-call-id',
] as const;

/**
 * Returns the id that the provider's support uses to find a call: from a header, otherwise the
 * first of `bodyIds` that is not empty. Null if there is none.
 */
const providerRequestId = (
  headers: Headers,
  ...bodyIds: readonly (string | null)[]
): string | null => {
  const ids = [...requestIdHeaders.map((name) => headers.get(name)), ...bodyIds];
  const id = ids.find(Boolean);
  return id ? shortened(id) : null;
};
