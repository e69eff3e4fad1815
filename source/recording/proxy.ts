import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { modelPath } from '../traffic/formats/http/model-path.ts';
import { accessOf, tokenHeader } from './access.ts';
import { countDropped, type Counters } from './counters.ts';
import { forward, type Passage } from './forward.ts';
import { type LoopDelays, metricsText } from './metrics-text.ts';
import { readModel } from './read-model.ts';
import { answerWithError, answerWithText, markerHeader } from './own-answer.ts';
import type { Router } from './router.ts';
import type { TappedExchange } from './tapped-exchange.ts';

export type ProxyOptions = {
  readonly router: Router;
  /** What a client must know; null: nothing. */
  readonly token: string | null;
  /** In lower case. */
  readonly endpointHeader: string;
  readonly capBytes: number;
  readonly counters: Counters;
  readonly loopDelays: () => LoopDelays;
  readonly newId: () => string;
  /** Takes a chat completion that has ended; must not block. */
  readonly record: (exchange: TappedExchange) => void;
};

export type Proxy = {
  /** Resolves to the port; rejects as Node's `listen` fails. */
  readonly listen: (port: number, host: string) => Promise<number>;
  /** Takes no more calls; resolves when those that run have ended. */
  readonly stop: () => Promise<void>;
  /** Cuts off what runs. */
  readonly cut: () => void;
};

/** Idle connections to an upstream are closed sooner than servers close them (uvicorn: 5 s). */
const idleUpstreamMs = 4000;

/** Clients keep idle connections for a minute; who closes first should be the client. */
const idleClientMs = 75_000;

/**
 * The recording proxy: an HTTP server that passes every call on to an upstream and hands what passed
 * of a chat completion to `record` when it is over.
 */
export const createProxy = (options: ProxyOptions): Proxy => {
  const { router, counters, token } = options;
  const agentOptions = {
    keepAlive: true,
    maxSockets: Infinity,
    maxFreeSockets: 4096,
    timeout: idleUpstreamMs,
  };
  let stopping = false;
  const passage: Passage = {
    agents: { http: new http.Agent(agentOptions), https: new https.Agent(agentOptions) },
    ownHeaders: new Set(['host', 'expect', tokenHeader, options.endpointHeader]),
    endpointHeader: options.endpointHeader,
    capBytes: options.capBytes,
    counters,
    now: () => performance.now(),
    record: options.record,
    isStopping: () => stopping,
  };

  const take = (request: IncomingMessage, response: ServerResponse): void => {
    const startedMs = performance.now();
    const asked = pathOf(request.url ?? '/');
    if (asked === '/healthz' && router.byPrefix(asked) === null) {
      answerWithText(response, 'text/plain', 'ok\n');
      return;
    }
    const access = accessOf(token, asked, request.headers[tokenHeader]);
    if (!access.allowed) {
      answerWithError(
        response,
        401,
        'proxy_token',
        `This recording proxy wants its own token, in the header ${tokenHeader} or as the first part of the path (/token=…/v1).`,
      );
      return;
    }
    const named = router.byPrefix(access.path);
    if (access.path === '/metrics' && named === null) {
      answerWithText(
        response,
        'text/plain; version=0.0.4',
        metricsText(counters, options.loopDelays()),
      );
      return;
    }
    const path = named?.path ?? access.path;
    const isChat = modelPath(path, request.method ?? 'GET').kind === 'chat';
    const call = {
      request,
      response,
      id: isChat ? options.newId() : null,
      startedMs,
      startedAtMs: performance.timeOrigin + startedMs,
    };
    counters.requests += 1;
    counters.inFlight += 1;
    if (!isChat) counters.passed += 1;
    if (named !== null || !router.asksForModel || !isJson(request)) {
      forward({ ...call, begun: [] }, named ?? router.byModel(path, null), passage);
      return;
    }
    readModel(request, options.capBytes, (read) => {
      if (read.kind === 'read') {
        forward({ ...call, begun: read.chunks }, router.byModel(path, read.model), passage);
        return;
      }
      counters.inFlight -= 1;
      if (isChat) countDropped(counters, 'request was not read to its end');
      if (read.kind === 'client left') return;
      answerWithError(
        response,
        413,
        'proxy_route',
        `This request is too large to look for its model in it. Name the upstream as the first part of the path, or leave --route out.`,
      );
    });
  };

  const server = http.createServer(
    {
      keepAlive: true,
      noDelay: true,
      keepAliveTimeout: idleClientMs,
      // A long upload is no attack: the proxy listens to its own team.
      requestTimeout: 0,
      maxHeaderSize: 64 * 1024,
    },
    take,
  );
  server.on('upgrade', (_: IncomingMessage, socket: Duplex) => {
    counters.requests += 1;
    refuseUpgrade(socket);
  });
  return {
    listen: (port, host) =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen({ port, host, backlog: 4096 }, () => {
          server.removeListener('error', reject);
          resolve((server.address() as AddressInfo).port);
        });
      }),
    stop: () =>
      new Promise((resolve) => {
        const idle = setInterval(() => server.closeIdleConnections(), 50);
        server.close(async () => {
          clearInterval(idle);
          // A call that was cut off is over a little after its connection.
          while (counters.inFlight > 0) await sleep(1);
          passage.agents.http.destroy();
          passage.agents.https.destroy();
          resolve();
        });
        server.closeIdleConnections();
      }),
    cut: () => {
      stopping = true;
      server.closeAllConnections();
    },
  };
};

/** The path and query of a request target, which may be a whole URL (RFC 9112, section 3.2.2). */
const pathOf = (target: string): string => {
  const path = target.replace(/^\w+:\/\/[^/?]*/, '');
  return path.startsWith('/') ? path : `/${path}`;
};

/** A body without a type may be JSON as well; forms and sounds are passed on unread. */
const isJson = ({ headers, method }: IncomingMessage): boolean =>
  method === 'POST' && /^$|json/i.test(headers['content-type'] ?? '');

const refuseUpgrade = (socket: Duplex): void => {
  socket.on('error', () => undefined);
  const message =
    'understudy record passes no WebSocket on. Use the realtime API at the provider itself.';
  const body = JSON.stringify({
    error: { message, type: 'proxy_error', param: null, code: 'no_websocket' },
  });
  socket.end(
    `HTTP/1.1 501 Not Implemented\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${markerHeader}: no_websocket\r\nconnection: close\r\n\r\n${body}`,
  );
};
