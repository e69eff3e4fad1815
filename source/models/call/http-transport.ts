import http from 'node:http';
import https from 'node:https';
import { pipeline, Readable } from 'node:stream';
import { TLSSocket } from 'node:tls';
import * as zlib from 'node:zlib';
import { agentFor } from './outbound-proxy.ts';
import type { OutgoingRequest, Transport } from './provider-client.ts';
import { requestBody } from './request-body.ts';

/** An answer with a status other than 2xx. */
export type ErrorAnswer = {
  readonly status: number;
  readonly headers: Headers;
  /** At most 64 KB of the body. */
  readonly text: string;
};

export type TransportOptions = {
  /**
   * `kept`: connections are reused, because connecting is not part of a model's latency, and a request is sent
   * again if a kept one breaks before the response. `new`: each request has its own and is sent once.
   */
  readonly connections: 'kept' | 'new';
  /** After so long without a byte in either direction the request fails; default: never. */
  readonly silenceMs?: number;
};

/** No byte came or went for too long. */
export class SilentServer extends Error {
  constructor() {
    super('nothing came for too long');
    this.name = 'SilentServer';
  }
}

const maximumErrorBytes = 64 * 1024;

/**
 * Carries one call over Node's own HTTP client and records measurements. Unlike the built-in fetch,
 * this client reports connection time and reuse, adds no headers, follows no redirects (which would
 * send the request to another host) and has no timeouts of its own.
 */
export class HttpTransport {
  readonly #signal: AbortSignal;
  readonly #options: TransportOptions;
  #startedAt = 0;
  #connectMs: number | null = null;
  #errorAnswer: ErrorAnswer | null = null;

  /** Aborting `signal` ends the request, or the body that is still arriving. */
  constructor(signal: AbortSignal, options: TransportOptions = { connections: 'kept' }) {
    this.#signal = signal;
    this.#options = options;
  }

  /**
   * The time to open the connection (DNS, TCP, TLS), in milliseconds; 0 for a reused one. Null
   * until a response arrives.
   */
  get connectMs(): number | null {
    return this.#connectMs;
  }

  /** The answer if its status is not 2xx; the SDK keeps only part of its body. */
  get errorAnswer(): ErrorAnswer | null {
    return this.#errorAnswer;
  }

  /** Sends a request. Rejects if no response arrives. */
  readonly send: Transport = async (outgoing) => {
    this.#startedAt = performance.now();
    const message = await this.#request(
      outgoing,
      agentFor(outgoing.url, this.#options.connections),
    );
    const { statusCode: status = 0, statusMessage: statusText = '' } = message;
    if (status < 200 || status > 599) {
      message.destroy();
      throw new Error(`its status is ${status}, which is not an HTTP status`);
    }
    const head = { status, statusText, headers: responseHeaders(message) };
    const body = decompressed(message);
    const isBodiless = status === 204 || status === 205 || status === 304;
    // A body that nobody reads would keep its connection, and the process, for seconds.
    if (isBodiless) message.resume();
    if (status < 300) return new Response(isBodiless ? null : Readable.toWeb(body), head);
    this.#errorAnswer = await readErrorAnswer(status, head.headers, body);
    return new Response(isBodiless ? null : this.#errorAnswer.text, head);
  };

  /**
   * Sends a request, retrying it once on a new connection if a reused one breaks before the first
   * byte of the response. The server may close a kept connection just as it is used: llama.cpp
   * announces keep-alive and closes after each stream. The lost time counts as connecting.
   */
  #request(outgoing: OutgoingRequest, agent: http.Agent): Promise<http.IncomingMessage> {
    const { url, method, headers, body } = outgoing;
    const sent = requestBody(body);
    const ofBody = {
      ...(sent === null ? {} : { 'content-length': sent.length }),
      ...(sent === null || sent.contentType === null ? {} : { 'content-type': sent.contentType }),
    };
    const { silenceMs } = this.#options;
    const secure = url.startsWith('https:');
    return new Promise((resolve, reject) => {
      const request = (secure ? https : http).request(url, {
        method,
        agent,
        headers: { ...headers, ...ofBody },
        signal: this.#signal,
      });
      let connectMs = 0;
      let bytesBefore = 0;
      request.once('socket', (socket) => {
        bytesBefore = socket.bytesRead;
        if (request.reusedSocket) return;
        const connected = (): void => {
          connectMs = performance.now() - this.#startedAt;
        };
        // The tunnel of a proxy is handed over when it is open.
        const isOpen = socket instanceof TLSSocket ? isSecured(socket) : !socket.connecting;
        if (isOpen) connected();
        else socket.once(secure ? 'secureConnect' : 'connect', connected);
      });
      request.once('response', (message) => {
        this.#connectMs = connectMs;
        resolve(message);
      });
      // This listener stays for the life of the request: the body reports errors after the head.
      request.on('error', (error: NodeJS.ErrnoException) => {
        const isStale =
          request.reusedSocket &&
          request.socket?.bytesRead === bytesBefore &&
          (error.code === 'ECONNRESET' || error.code === 'EPIPE');
        if (isStale && !this.#signal.aborted)
          resolve(this.#request(outgoing, agentFor(outgoing.url, 'new')));
        else reject(error);
      });
      if (silenceMs !== undefined) {
        request.setTimeout(silenceMs, () => request.destroy(new SilentServer()));
      }
      const opened = sent?.open() ?? '';
      if (typeof opened === 'string') request.end(opened);
      // An error of the request is reported above; one of the file breaks the request off.
      else pipeline(opened, request, () => {});
    });
  }
}

/** Whether the handshake is over. */
const isSecured = (socket: TLSSocket): boolean =>
  socket.getProtocol() !== null && !socket.connecting;

const responseHeaders = (message: http.IncomingMessage): Headers => {
  const headers = new Headers();
  for (const [name, value] of Object.entries(message.headers)) {
    for (const one of Array.isArray(value) ? value : [value ?? '']) headers.append(name, one);
  }
  return headers;
};

/**
 * Returns the decompressed body, or the body as it came if its coding cannot be read. The request does not
 * ask for compression, but some servers use it anyway.
 */
const decompressed = (message: http.IncomingMessage): Readable => {
  const decompress = decompressor(codingOf(message.headers['content-encoding']));
  if (decompress === null) return message;
  message.once('error', (error) => decompress.destroy(error));
  decompress.once('close', () => message.destroy());
  return message.pipe(decompress);
};

const codingOf = (contentEncoding: string | null | undefined): string =>
  contentEncoding?.trim().toLowerCase() ?? '';

const decompressor = (coding: string) => {
  switch (coding) {
    case 'gzip':
    case 'x-gzip':
      return zlib.createGunzip();
    case 'deflate':
      return zlib.createInflate();
    case 'br':
      return zlib.createBrotliDecompress();
    case 'zstd':
      // Older versions of Node 22 have none.
      return typeof zlib.createZstdDecompress === 'function' ? zlib.createZstdDecompress() : null;
    default:
      return null;
  }
};

const readableCodings: ReadonlySet<string> = new Set([
  '',
  'identity',
  'gzip',
  'x-gzip',
  'deflate',
  'br',
  ...(typeof zlib.createZstdDecompress === 'function' ? ['zstd'] : []),
]);

/** The coding of a response's body if it is one that cannot be read; otherwise null. */
export const unreadableCoding = (headers: Headers): string | null => {
  const coding = codingOf(headers.get('content-encoding'));
  return readableCodings.has(coding) ? null : coding;
};

/** Reads the first 64 KB of the body, or less if it breaks off. Never rejects. */
const readErrorAnswer = async (
  status: number,
  headers: Headers,
  body: AsyncIterable<Uint8Array> | null,
): Promise<ErrorAnswer> => {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  try {
    for await (const piece of body ?? []) {
      text += decoder.decode(piece.subarray(0, maximumErrorBytes), { stream: true });
      bytes += piece.length;
      if (bytes >= maximumErrorBytes) break;
    }
  } catch {
    // The status is the failure; a truncated body only carries less detail.
  }
  return { status, headers, text };
};
