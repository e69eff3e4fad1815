import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import { countEnded, type Counters } from './counters.ts';
import { forwardedHeaders } from './forwarded-headers.ts';
import { announcedBytes, writeRequest, writeResponse } from './quick-write.ts';
import { answerWithError } from './own-answer.ts';
import { createTap, nothingTapped, type Tap } from './tap.ts';
import type { Ending, TappedExchange } from './tapped-exchange.ts';
import type { Target } from './router.ts';

/** What stays the same from call to call. */
export type Passage = {
  readonly agents: { readonly http: http.Agent; readonly https: https.Agent };
  /** Request headers that are for the proxy, in lower case. */
  readonly ownHeaders: ReadonlySet<string>;
  readonly endpointHeader: string;
  /** Bytes of a request, and as many of a response, that are kept of a call. */
  readonly capBytes: number;
  readonly counters: Counters;
  /** Milliseconds that only rise. */
  readonly now: () => number;
  readonly record: (exchange: TappedExchange) => void;
  /** Whether calls are cut off because the user wants the proxy to stop at once. */
  readonly isStopping: () => boolean;
};

/** A call that has come. */
export type Call = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The id of the capture; null for a call that is not recorded. */
  readonly id: string | null;
  readonly startedAtMs: number;
  /** By the clock of the passage. */
  readonly startedMs: number;
  /** Chunks of the body that were read already, to find the model. */
  readonly begun: readonly Buffer[];
};

export const captureIdHeader = 'x-capture-id';

/**
 * Passes a call on and its response back, each chunk at once and as it came, and keeps a copy beside.
 * One request makes one request: nothing is ever tried again. Who goes, goes for both: a client that
 * leaves ends the request to the upstream, and a response that breaks off breaks off for the client,
 * who would take a clean end for a whole answer.
 */
export const forward = (call: Call, { upstream, path }: Target, passage: Passage): void => {
  const { request, response, id } = call;
  const { counters, now } = passage;
  const since = (): number => now() - call.startedMs;
  const requestTap = id === null ? null : createTap(passage.capBytes);
  let responseTap: Tap | null = null;
  let incoming: IncomingMessage | null = null;
  let requestMs: number | null = null;
  let headersMs: number | null = null;
  let done = false;

  const headers = forwardedHeaders(request.rawHeaders, passage.ownHeaders);
  headers.push('Host', upstream.host);
  if (request.headers['transfer-encoding'] !== undefined) {
    headers.push('Transfer-Encoding', 'chunked');
  } else if (request.headers['content-length'] === undefined && request.method === 'POST') {
    headers.push('Content-Length', '0');
  }
  const outgoing = (upstream.secure ? https : http).request({
    agent: upstream.secure ? passage.agents.https : passage.agents.http,
    hostname: upstream.hostname,
    port: upstream.port,
    method: request.method ?? 'GET',
    path,
    headers,
    maxHeaderSize: 64 * 1024,
  });

  const finish = (ending: Ending, message: string | null): void => {
    if (done) return;
    done = true;
    counters.inFlight -= 1;
    countEnded(counters, upstream.name, incoming?.statusCode ?? 0);
    if (id === null || requestTap === null) return;
    passage.record({
      id,
      startedAtMs: call.startedAtMs,
      upstream: upstream.name,
      path: path.replace(/\?.*$/s, ''),
      endpoint: headerOf(request, passage.endpointHeader),
      requestId: headerOf(request, 'x-request-id'),
      traceparent: headerOf(request, 'traceparent'),
      request: requestTap.end(),
      requestEncoding: headerOf(request, 'content-encoding'),
      requestMs,
      status: incoming?.statusCode ?? null,
      headersMs,
      upstreamRequestId: headerOf(incoming, 'x-request-id') ?? headerOf(incoming, 'request-id'),
      processingMs: numberOf(headerOf(incoming, 'openai-processing-ms')),
      response: responseTap?.end() ?? nothingTapped,
      responseEncoding: headerOf(incoming, 'content-encoding'),
      totalMs: since(),
      ending,
      message,
    });
  };

  const requestBytes = announcedBytes(request);
  let sent = 0;
  const takeUp = (chunk: Buffer): boolean => {
    counters.bytesUp += chunk.length;
    sent += chunk.length;
    requestTap?.push(chunk, 0);
    return writeRequest(outgoing, chunk, sent === requestBytes);
  };
  for (const chunk of call.begun) takeUp(chunk);
  const ended = (): void => {
    requestMs = since();
    if (!outgoing.writableEnded) outgoing.end();
  };
  if (request.readableEnded) ended();
  else {
    const goOn = (): void => void request.resume();
    request.on('data', (chunk: Buffer) => {
      if (takeUp(chunk)) return;
      request.pause();
      outgoing.once('drain', goOn);
    });
    request.on('end', ended);
    // What follows is the response's `close`.
    request.on('error', () => undefined);
  }

  const broken = (message: string): void => {
    if (done) return;
    finish('upstream broke', message);
    // What the upstream sent still arrives, and then the connection breaks.
    if (request.httpVersion === '1.0') request.socket.resetAndDestroy();
    else request.socket.destroySoon();
  };

  outgoing.on('error', (error) => {
    // Of a response that has begun, what happens to it is told by it.
    if (done || incoming !== null) return;
    const code = codeOf(error);
    const message = `${upstream.name} could not be reached or gave no answer (${code}). This is said by understudy record, not by the provider.`;
    finish('unreachable', `no response came (${code})`);
    answerWithError(response, 502, 'upstream_unreachable', message);
  });
  outgoing.on('response', (message: IncomingMessage) => {
    incoming = message;
    headersMs = since();
    const tap = id === null ? null : createTap(passage.capBytes);
    responseTap = tap;
    if (done) {
      message.destroy();
      return;
    }
    message.on('error', (error) => broken(codeOf(error)));
    message.on('close', () => {
      if (!message.complete) broken('the connection broke off');
    });
    sendHead(message, response, id);
    const responseBytes = announcedBytes(message);
    const isChunked = responseBytes === null && request.httpVersion !== '1.0';
    const goOn = (): void => void message.resume();
    let received = 0;
    message.on('data', (chunk: Buffer) => {
      counters.bytesDown += chunk.length;
      received += chunk.length;
      tap?.push(chunk, since());
      const isLast = received === responseBytes;
      if (writeResponse(response, chunk, { isLast, isChunked })) return;
      message.pause();
      // Either may have held it up: a response that waits for its turn has no socket yet.
      if (response.socket === null) response.once('drain', goOn);
      else response.socket.once('drain', goOn);
    });
    message.on('end', () => {
      if (done || !message.complete) return;
      if (!response.writableEnded) response.end();
      finish('complete', null);
      if (!outgoing.writableEnded) outgoing.destroy();
    });
  });
  response.on('close', () => {
    // A client that has all may go before the upstream's end is noticed.
    if (done || response.writableFinished) return;
    finish(passage.isStopping() ? 'proxy stopped' : 'client left', null);
    outgoing.destroy();
  });
};

const none: ReadonlySet<string> = new Set();

/**
 * The head goes to the client at once: with the first bytes of the body if they are there already,
 * and never waiting for them.
 */
const sendHead = (message: IncomingMessage, response: ServerResponse, id: string | null): void => {
  const headers = forwardedHeaders(message.rawHeaders, none);
  if (id !== null) headers.push(captureIdHeader, id);
  if (message.headers['content-type']?.startsWith('text/event-stream') === true) {
    // Whatever stands between the proxy and the client must hold nothing back either.
    if (message.headers['x-accel-buffering'] === undefined) headers.push('X-Accel-Buffering', 'no');
    if (message.headers['cache-control'] === undefined) {
      headers.push('Cache-Control', 'no-cache, no-transform');
    }
  }
  response.sendDate = false;
  response.writeHead(message.statusCode ?? 502, message.statusMessage ?? '', headers);
  // What has come of the body by then has taken the head with it.
  setImmediate(() => {
    if (!response.writableEnded && !response.destroyed) response.flushHeaders();
  });
};

/** Longer values are cut: they are names. */
const maximumHeader = 256;

const headerOf = (message: IncomingMessage | null, name: string): string | null => {
  const value = message?.headers[name];
  const text = Array.isArray(value) ? value[0] : value;
  return text === undefined || text === '' ? null : text.slice(0, maximumHeader);
};

const numberOf = (text: string | null): number | null => {
  const number = text === null || text.trim() === '' ? Number.NaN : Number(text);
  return Number.isFinite(number) ? number : null;
};

const codeOf = (error: Error): string =>
  'code' in error && typeof error.code === 'string' ? error.code : error.name;
