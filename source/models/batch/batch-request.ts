import http from 'node:http';
import https from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { JsonObject, JsonValue } from '../../text/json.ts';
import { isJsonObject } from '../../text/json.ts';
import type { Failure, FailureReason } from '../answer.ts';
import { connectionFailure } from '../call/connection-failure.ts';
import { shortened } from '../call/error-message.ts';
import { statusFailure } from '../call/status-failure.ts';
import type { Provider } from '../model.ts';
import { BatchError } from './batch-error.ts';

/** Whom to ask, and until when. */
export type BatchEndpoint = {
  readonly provider: Provider;
  /** Empty for a server that takes any. */
  readonly apiKey: string;
  readonly signal: AbortSignal;
};

/** What is sent. A body of bytes is made anew by `bytes` for every request. */
export type BatchRequest = {
  readonly method: 'GET' | 'POST';
  /** Beside our own. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How the key is sent; default: as the provider wants it everywhere. */
  readonly key?: 'x-goog-api-key' | 'none';
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: {
    readonly type: string;
    readonly length: number;
    readonly bytes: () => AsyncIterable<Uint8Array>;
  };
} & (
  | {
      /** After the base URL, with a slash in front. */
      readonly path: string;
    }
  /** Where it does not stand there. */
  | { readonly url: URL }
);

/** A connection on which nothing moves for so long is given up. */
const silenceMs = 120_000;

/** A larger answer to a question is none; the contents of files are not meant. */
const mostBytes = 32 * 1024 * 1024;

/**
 * Sends one request and gives the body of a good answer. Only our own headers go along, nothing of
 * the environment; no redirect is followed. Throws BatchError for everything else.
 */
export const sendBatchRequest = async (
  endpoint: BatchEndpoint,
  request: BatchRequest,
): Promise<http.IncomingMessage> => {
  let message: http.IncomingMessage;
  try {
    message = await send(endpoint, request);
  } catch (error) {
    throw new BatchError(thrownFailure(error, endpoint));
  }
  const { statusCode: status = 0 } = message;
  if (status >= 200 && status < 300) return message;
  const text = await readText(message, endpoint, 64 * 1024).catch(() => '');
  const headers = new Headers();
  for (const [name, value] of Object.entries(message.headers)) headers.set(name, String(value));
  throw new BatchError(statusFailure(status, headers, parse(text) ?? page(text)));
};

/** The JSON object that a request is answered with. Throws BatchError. */
export const askBatchApi = async (
  endpoint: BatchEndpoint,
  request: BatchRequest,
): Promise<JsonObject> => {
  const value = await askForJson(endpoint, request);
  if (isJsonObject(value)) return value;
  throw noAnswer(endpoint, request);
};

/** The same for whatever JSON it is. */
export const askForJson = async (
  endpoint: BatchEndpoint,
  request: BatchRequest,
): Promise<JsonValue> => {
  const body = await sendBatchRequest(endpoint, request);
  const value = parse(await readText(body, endpoint, mostBytes));
  if (value !== undefined) return value;
  throw noAnswer(endpoint, request);
};

/** A body of JSON. */
export const jsonBody = (value: JsonObject): NonNullable<BatchRequest['body']> => {
  const bytes = Buffer.from(JSON.stringify(value));
  return {
    type: 'application/json',
    length: bytes.length,
    bytes: async function* () {
      yield bytes;
    },
  };
};

/** The pieces of a body. Throws BatchError when it breaks off, or nothing comes for too long. */
export async function* batchBytes(
  body: Readable,
  endpoint: BatchEndpoint,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* body as AsyncIterable<Uint8Array>;
  } catch (error) {
    if (error instanceof BatchError) throw error;
    const failure = thrownFailure(error, endpoint);
    throw new BatchError(
      failure.reason === 'connection'
        ? { ...failure, reason: 'truncated', message: 'The file ended before it was complete.' }
        : failure,
    );
  }
}

const send = async (
  { apiKey, provider, signal }: BatchEndpoint,
  asked: BatchRequest,
): Promise<http.IncomingMessage> => {
  const { body, method, query = {} } = asked;
  const url = new URL('url' in asked ? asked.url : provider.baseUrl);
  if ('path' in asked) url.pathname = url.pathname.replace(/\/+$/, '') + asked.path;
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  const request = (url.protocol === 'https:' ? https : http).request(url, {
    method,
    // A connection of its own: between two polls every server has closed the last one.
    agent: false,
    signal,
    headers: {
      ...provider.headers,
      accept: 'application/json, application/octet-stream, */*',
      'accept-encoding': 'identity',
      ...authorization(asked.key ?? provider.authorization, apiKey || 'none'),
      ...asked.headers,
      'user-agent': 'understudy',
      ...(body === undefined
        ? {}
        : { 'content-type': body.type, 'content-length': String(body.length) }),
    },
  });
  request.setTimeout(silenceMs, () => request.destroy(new Error(silent)));
  const answered = new Promise<http.IncomingMessage>((resolve, reject) => {
    request.once('response', resolve);
    // Stays for the life of the request: what breaks after the headers is the body's to tell.
    request.on('error', reject);
  });
  if (body === undefined) {
    request.end();
    return answered;
  }
  const sent = pipeline(Readable.from(body.bytes()), request);
  // A server may answer before it has read everything, and close: then its answer says why.
  sent.catch(() => {});
  return answered;
};

const authorization = (
  how: NonNullable<BatchRequest['key']> | Provider['authorization'],
  key: string,
): Readonly<Record<string, string>> => {
  switch (how) {
    case 'api-key':
    case 'x-goog-api-key':
      return { [how]: key };
    case 'bearer':
      return { authorization: `Bearer ${key}` };
    case 'none':
      return {};
  }
};

const silent = `nothing came for ${silenceMs / 1000} s`;

const thrownFailure = (error: unknown, { provider, signal }: BatchEndpoint): Failure => {
  if (signal.aborted) return failureOf('interrupted', 'The run was stopped.');
  if (error instanceof Error && error.message === silent) {
    return failureOf('timeout', `No answer from ${provider.baseUrl}: ${silent}.`);
  }
  return connectionFailure(error, provider.baseUrl);
};

const failureOf = (reason: FailureReason, message: string): Failure => ({
  reason,
  message,
  status: null,
  retryAfterMs: null,
  parameter: null,
});

const noAnswer = ({ provider }: BatchEndpoint, asked: BatchRequest): BatchError => {
  const path = 'path' in asked ? asked.path : asked.url.pathname;
  const message = `${provider.baseUrl} answered ${asked.method} ${path} with no JSON.`;
  return new BatchError(failureOf('not_an_answer', shortened(message)));
};

const readText = async (
  body: Readable,
  endpoint: BatchEndpoint,
  maximumBytes: number,
): Promise<string> => {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const piece of batchBytes(body, endpoint)) {
    bytes += piece.length;
    if (bytes > maximumBytes) break;
    text += decoder.decode(piece, { stream: true });
  }
  return text + decoder.decode();
};

const parse = (text: string): JsonValue | undefined => {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
};

/** An error page is said by its title. */
const page = (text: string): string =>
  /^\s*</.test(text) ? (/<title[^>]*>([^<]*)<\/title>/i.exec(text)?.[1]?.trim() ?? '') : text;
