import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { recogniseCallPath } from '../traffic/dialects/recognise-call.ts';
import { accessOf, comesFromElsewhere, tokenHeader } from './access.ts';
import { metricsType } from '../text/prometheus.ts';
import { metricsText, type Counters, type LoopDelays } from './counters.ts';
import {
  ambiguity,
  answerRefusal,
  answerText,
  answerUnasked,
  isAskingToContinue,
  parseRefusal,
  writeRefusal,
} from './own-answers.ts';
import { ProxiedCall, type BodyStart, type CallContext } from './proxied-call.ts';
import type { Router, Target } from './router.ts';
import type { KeptBytes, TappedExchange } from './tap.ts';
import { maximumHeadBytes, UpstreamPool } from './upstream-pool.ts';
import { withUsageAsked } from './usage-injection.ts';

export type ProxyOptions = {
  readonly router: Router;
  /** The token that clients must send; null if none is required. */
  readonly token: string | null;
  /** `local`: only calls to a name of this machine, from no page of another site. */
  readonly names: 'local' | 'any';
  /** In lower case. */
  readonly endpointHeader: string;
  /** How many bytes of a request, and as many of a response, are kept of a call. */
  readonly capBytes: number;
  /** Counts what is kept of all calls. */
  readonly kept: KeptBytes;
  /** Whether streams are asked for their usage, which is removed again for the client. */
  readonly injectsUsage: boolean;
  readonly counters: Counters;
  readonly loopDelays: () => LoopDelays;
  readonly newId: () => string;
  /** Takes a recorded call that has ended; must not block. */
  readonly record: (exchange: TappedExchange) => void;
};

/** How long to keep a client's idle connection; sent to the client. */
const idleClientMs = 75_000;

/** A client that has not sent a complete head within this time is disconnected. */
const headMs = 60_000;

/**
 * The recording proxy: an HTTP/1.1 server that forwards every call to an upstream and hands what passed
 * of a call in a dialect that can be replayed to `record` when it is over.
 */
export class RecordingProxy {
  readonly #options: ProxyOptions;
  readonly #server: Server;
  readonly #pool = new UpstreamPool();
  readonly #context: CallContext;
  /** The newest response on each connection, behind which the next request waits. */
  readonly #responses = new WeakMap<Socket, ServerResponse>();
  #state: 'open' | 'closing' | 'cut' = 'open';
  #onIdle: (() => void) | null = null;

  constructor(options: ProxyOptions) {
    this.#options = options;
    this.#context = {
      pool: this.#pool,
      ownHeaders: new Set(['host', 'expect', tokenHeader, options.endpointHeader]),
      endpointHeader: options.endpointHeader,
      capBytes: options.capBytes,
      kept: options.kept,
      counters: options.counters,
      now: () => performance.now(),
      record: options.record,
      state: () => this.#state,
      onEnded: () => {
        if (options.counters.inFlight === 0) this.#onIdle?.();
      },
    };
    this.#server = createServer({
      maxHeaderSize: maximumHeadBytes,
      insecureHTTPParser: false,
      // Node's own answer would not say whose it is.
      requireHostHeader: false,
      keepAliveTimeout: idleClientMs,
      headersTimeout: headMs,
      // An upload may take long.
      requestTimeout: 0,
    });
    // There is no limit on the number of header fields; the size of the head limits them.
    this.#server.maxHeadersCount = 0;
    this.#server.on('request', (request, response) => this.#accept(request, response));
    // Node would answer `100 Continue` before anybody has looked at the request.
    this.#server.on('checkContinue', (request, response: ServerResponse) =>
      this.#accept(request, response),
    );
    this.#server.on('checkExpectation', (_request, response: ServerResponse) =>
      answerRefusal(response, { status: 417, reason: 'what it expects is not supported' }),
    );
    this.#server.on('clientError', (error, socket) => this.#reject(error, socket as Socket));
  }

  /** Resolves to the port; rejects as Node's `listen` fails. */
  listen(port: number, host: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ port, host, backlog: 4096 }, () => {
        this.#server.removeListener('error', reject);
        resolve((this.#server.address() as AddressInfo).port);
      });
    });
  }

  /** Takes no more calls; resolves when those under way have ended. */
  async stop(): Promise<void> {
    if (this.#state === 'open') this.#state = 'closing';
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    // An aborted call ends shortly after its connection.
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve;
      if (this.#options.counters.inFlight === 0) resolve();
    });
    this.#pool.close();
  }

  /** Cuts off the calls under way. */
  cut(): void {
    this.#state = 'cut';
    this.#server.closeAllConnections();
  }

  /**
   * Serves the requests of a connection one after the other (RFC 9112, section 9.3.2). A client that
   * sends several at once is not read any further until the current one is answered.
   */
  #accept(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    // The previous answer said that it was the last.
    if (!socket.writable) return;
    const previous = this.#responses.get(socket);
    this.#responses.set(socket, response);
    response.once('close', () => {
      if (this.#state !== 'open') socket.destroySoon();
    });
    if (previous === undefined || previous.closed) {
      this.#serve(request, response);
      return;
    }
    socket.pause();
    previous.once('close', () => {
      if (!socket.writable) return;
      socket.resume();
      this.#serve(request, response);
    });
  }

  /** Answers a request that Node cannot parse. */
  #reject(error: Error, socket: Socket): void {
    const refusal = parseRefusal(error);
    const running = this.#responses.get(socket);
    // Within a body there is no place for an answer: the call breaks off for both sides.
    if (refusal === null || !socket.writable || running?.closed === false) socket.destroy();
    else writeRefusal(socket, refusal);
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const refusal = ambiguity(request);
    if (refusal !== null) {
      answerRefusal(response, refusal);
      return;
    }
    const { router, token, counters } = this.#options;
    if (this.#options.names === 'local' && comesFromElsewhere(request.headers)) {
      answerUnasked(request, response, notLocal);
      return;
    }
    if (/\bwebsocket\b/i.test(request.headers.upgrade ?? '')) {
      counters.requests += 1;
      answerUnasked(request, response, noWebSocket);
      return;
    }
    const path = pathOf(request.url ?? '/');
    if (path === '/healthz' && router.byPrefix(path) === null) {
      askToContinue(request, response);
      answerText(request, response, 'text/plain', 'ok\n');
      return;
    }
    // Node makes these only when they are asked for, which takes a while.
    const given = token === null ? [] : (request.headersDistinct[tokenHeader] ?? []);
    const access = accessOf(token, path, given);
    if (!access.allowed) {
      answerUnasked(request, response, noToken);
      return;
    }
    askToContinue(request, response);
    const named = router.byPrefix(access.path);
    if (access.path === '/metrics' && named === null) {
      const text = metricsText(counters, this.#options.loopDelays());
      answerText(request, response, metricsType, text);
      return;
    }
    this.#forward(request, response, { named, path: access.path });
  }

  /** Forwards a call, after having read its body where that decides something. */
  #forward(
    request: IncomingMessage,
    response: ServerResponse,
    { named, path }: { readonly named: Target | null; readonly path: string },
  ): void {
    const { router, injectsUsage, newId } = this.#options;
    const recognised = recogniseCallPath(named?.path ?? path, request.method ?? 'GET');
    const isRecorded = recognised.kind === 'call';
    const call = new ProxiedCall(request, response, isRecorded ? newId() : null, this.#context);
    const modelInPath = isRecorded ? recognised.model : null;
    const asksForModel = named === null && router.asksForModel && modelInPath === null;
    // The streams of the other dialects have usage without being asked.
    const asksForUsage = isRecorded && recognised.dialect === 'chat' && injectsUsage;
    if (!(asksForModel || asksForUsage) || !isJson(request)) {
      const target = named ?? router.byModel(path, modelInPath);
      call.forward({ target, start: null, replacement: null });
      return;
    }
    void call.readBody().then((start) => {
      if (start === null) return;
      if (asksForModel && !start.isWhole) {
        call.refuse(tooLargeToRoute);
        return;
      }
      const model = asksForModel ? modelOf(start) : modelInPath;
      const target = named ?? router.byModel(path, model);
      const replacement = asksForUsage ? bodyAskingForUsage(request, start) : null;
      call.forward({ target, start, replacement });
    });
  }
}

/** Asks for the body of a request whose client waits to be asked. */
const askToContinue = (request: IncomingMessage, response: ServerResponse): void => {
  if (isAskingToContinue(request)) response.writeContinue();
};

const notLocal = {
  status: 403,
  code: 'proxy_not_local',
  message:
    'This recording proxy takes calls from programs on this machine, and not from web pages: the Host header (and Origin, if there is one) must be localhost or 127.0.0.1. To use another name, set UNDERSTUDY_PROXY_TOKEN and send the token.',
};

const noWebSocket = {
  status: 501,
  code: 'no_websocket',
  message:
    'understudy record does not forward WebSockets. Use the realtime API at the provider itself.',
};

const noToken = {
  status: 401,
  code: 'proxy_token',
  message: `This recording proxy needs its own token, in the header ${tokenHeader} or as the first part of the path (/token=…/v1).`,
};

const tooLargeToRoute = {
  status: 413,
  code: 'proxy_route',
  message:
    'This request is too large for its model to be looked up. Name the upstream as the first part of the path, or leave out --route.',
};

/** The path and query of a request target, which may be a whole URL (RFC 9112, section 3.2.2). */
const pathOf = (target: string): string => {
  if (target.startsWith('/')) return target;
  const path = target.replace(/^\w+:\/\/[^/?]*/, '');
  return path.startsWith('/') ? path : `/${path}`;
};

/** A body without a type may be JSON as well; forms and sound are forwarded unread. */
const isJson = ({ method, headers }: IncomingMessage): boolean =>
  method === 'POST' && /^$|json/i.test(headers['content-type'] ?? '');

/** The model that the body of a request names, if any. */
const modelOf = ({ parts }: BodyStart): string | null => {
  try {
    const body: unknown = JSON.parse(Buffer.concat(parts).toString('utf8'));
    if (typeof body !== 'object' || body === null || !('model' in body)) return null;
    return typeof body.model === 'string' ? body.model : null;
  } catch {
    return null;
  }
};

/** The body with usage requested; null to forward the body unchanged. */
const bodyAskingForUsage = (
  { headers }: IncomingMessage,
  { parts, isWhole }: BodyStart,
): Buffer | null => {
  if (!isWhole || headers['content-encoding'] !== undefined) return null;
  const body = withUsageAsked(Buffer.concat(parts).toString('latin1'));
  return body === null ? null : Buffer.from(body, 'latin1');
};
