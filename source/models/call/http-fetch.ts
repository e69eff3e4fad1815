import http from 'node:http';
import https from 'node:https';
import type { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';

/** More of an error's body is not read. */
const errorBytes = 64 * 1024;

/** Connections are kept and used again: connecting is no part of what a model takes. */
const agents = {
  'http:': new http.Agent({ keepAlive: true }),
  'https:': new https.Agent({ keepAlive: true }),
};

const bodies = new WeakMap<Response, Readable>();
const connecting = new WeakMap<Headers, number>();
const errorBodies = new WeakMap<Headers, string>();

/** The body of a response that `httpFetch` gave, as bytes; null for an error, whose body is text. */
export const bodyOf = (response: Response): Readable | null => bodies.get(response) ?? null;

/**
 * How long the connection of a response that `httpFetch` gave took to stand (DNS, TCP, TLS), in
 * milliseconds; 0 when it had stood before. Asked by the headers, all that the SDK keeps of an error.
 */
export const connectMsOf = (headers: Headers): number | null => connecting.get(headers) ?? null;

/** The text of an error that `httpFetch` gave, whole: the SDK throws what stands beside `error` away. */
export const errorBodyOf = (headers: Headers): string => errorBodies.get(headers) ?? '';

/**
 * A fetch for the openai SDK on Node's own HTTP client, which does less per
 * call than the built-in fetch (see the replay benchmark) and has no clocks of its own. It sends the given headers and no others, follows
 * no redirect (that would carry the request to another host), and leaves a good response's body to
 * `bodyOf`; of an error's body it reads no more than 64 KB.
 */
export const httpFetch =
  (headers: Readonly<Record<string, string>>): typeof fetch =>
  async (input, init) => {
    const { message, connectMs } = await send(new URL(String(input)), headers, init ?? {});
    const { statusCode: status = 0, statusMessage: statusText = '' } = message;
    if (status < 200 || status > 599) {
      message.destroy();
      throw new Error(`its status is ${status}, which HTTP does not know`);
    }
    const answered = { status, statusText, headers: headersOf(message) };
    const body = decoded(message);
    if (status < 300) {
      const response = new Response(null, answered);
      bodies.set(response, body);
      connecting.set(response.headers, connectMs);
      return response;
    }
    const text = await beginningOf(body);
    const response = new Response(status === 304 ? null : text, answered);
    connecting.set(response.headers, connectMs);
    errorBodies.set(response.headers, text);
    return response;
  };

type Sent = { readonly message: http.IncomingMessage; readonly connectMs: number };

const send = (
  url: URL,
  headers: Readonly<Record<string, string>>,
  init: RequestInit,
): Promise<Sent> => {
  const { body, method = 'GET', signal } = init;
  const text = typeof body === 'string' ? body : '';
  return new Promise((resolve, reject) => {
    const secure = url.protocol === 'https:';
    const request = (secure ? https : http).request(url, {
      method,
      agent: secure ? agents['https:'] : agents['http:'],
      headers: body ? { ...headers, 'content-length': Buffer.byteLength(text) } : headers,
      ...(signal ? { signal } : {}),
    });
    let connectMs = 0;
    request.once('socket', (socket) => {
      if (request.reusedSocket) return;
      const begun = performance.now();
      socket.once(secure ? 'secureConnect' : 'connect', () => {
        connectMs = performance.now() - begun;
      });
    });
    request.once('response', (message) => resolve({ message, connectMs }));
    // Stays for the life of the request: what breaks after the headers is the body's to tell.
    request.on('error', reject);
    request.end(text);
  });
};

const headersOf = (message: http.IncomingMessage): Headers => {
  const headers = new Headers();
  for (const [name, value] of Object.entries(message.headers)) {
    for (const one of Array.isArray(value) ? value : [value ?? '']) headers.append(name, one);
  }
  return headers;
};

/** The body without its compression, which we do not ask for and some servers use all the same. */
const decoded = (message: http.IncomingMessage): Readable => {
  const decompress = decompressor(message.headers['content-encoding']?.trim().toLowerCase());
  if (decompress === null) return message;
  message.once('error', (error) => decompress.destroy(error));
  decompress.once('close', () => message.destroy());
  return message.pipe(decompress);
};

const decompressor = (encoding: string | undefined) => {
  switch (encoding) {
    case 'gzip':
    case 'x-gzip':
      return createGunzip();
    case 'deflate':
      return createInflate();
    case 'br':
      return createBrotliDecompress();
    default:
      return null;
  }
};

/** The first 64 KB of a body, or what came of them before it broke or was cut off. */
const beginningOf = async (body: Readable): Promise<string> => {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  try {
    for await (const piece of body as AsyncIterable<Uint8Array>) {
      text += decoder.decode(piece.subarray(0, errorBytes), { stream: true });
      bytes += piece.length;
      if (bytes >= errorBytes) break;
    }
  } catch {
    // The status is the failure; a body that breaks off only says less about it.
  }
  return text;
};
