import { createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { recogniseCallPath } from '../traffic/dialects/recognise-call.ts';
import { accessOf, tokenHeader } from './access.ts';
import { countDropped, type Counters } from './counters.ts';
import { forward, type Passage } from './forward.ts';
import { idleClientSeconds } from './forwarded-heads.ts';
import type { ClientCall } from './http/client-call.ts';
import { serveClient, type ClientConnection } from './http/client-connection.ts';
import { headerHasWord, headerValue, headerValues } from './http/header-lines.ts';
import { createUpstreamPool } from './http/upstream-pool.ts';
import { type LoopDelays, metricsText } from './metrics-text.ts';
import { answerWithError, answerWithText, errorAnswer } from './own-answer.ts';
import { modelOf, readBody, type ReadBody } from './read-body.ts';
import type { Router } from './router.ts';
import type { TappedExchange } from './tapped-exchange.ts';
import { withUsageAsked } from './usage/inject-usage.ts';

export type ProxyOptions = {
  readonly router: Router;
  /** What a client must know; null: nothing. */
  readonly token: string | null;
  /** In lower case. */
  readonly endpointHeader: string;
  readonly capBytes: number;
  /** Whether streams are asked for their usage, which is taken out again for the client. */
  readonly injectsUsage: boolean;
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

/** A connection without a call is closed after so long, a little later than clients are told. */
const idleClientMs = (idleClientSeconds + 5) * 1000;

/**
 * The recording proxy: an HTTP/1.1 server that passes every call on to an upstream and hands what
 * passed of a chat completion to `record` when it is over.
 */
export const createProxy = (options: ProxyOptions): Proxy => {
  const { router, counters, token } = options;
  const now = (): number => performance.now();
  let stopping = false;
  const passage: Passage = {
    pool: createUpstreamPool(now),
    ownHeaders: new Set(['host', 'expect', tokenHeader, options.endpointHeader]),
    endpointHeader: options.endpointHeader,
    capBytes: options.capBytes,
    counters,
    now,
    record: options.record,
    isStopping: () => stopping,
  };

  const take = (client: ClientCall): void => {
    const startedMs = now();
    const { method, target, lines } = client.head;
    if (headerHasWord(lines, 'upgrade', 'websocket')) {
      counters.requests += 1;
      answerWithError(client, 501, 'no_websocket', noWebSocket);
      return;
    }
    const asked = pathOf(target);
    if (asked === '/healthz' && router.byPrefix(asked) === null) {
      answerWithText(client, 'text/plain', 'ok\n');
      return;
    }
    const access = accessOf(token, asked, headerValues(lines, tokenHeader));
    if (!access.allowed) {
      answerWithError(
        client,
        401,
        'proxy_token',
        `This recording proxy wants its own token, in the header ${tokenHeader} or as the first part of the path (/token=…/v1).`,
      );
      return;
    }
    const named = router.byPrefix(access.path);
    if (access.path === '/metrics' && named === null) {
      answerWithText(
        client,
        'text/plain; version=0.0.4',
        metricsText(counters, options.loopDelays()),
      );
      return;
    }
    const path = named?.path ?? access.path;
    const isChat = recogniseCallPath(path, method).kind === 'chat';
    const call = {
      client,
      id: isChat ? options.newId() : null,
      startedMs,
      startedAtMs: performance.timeOrigin + startedMs,
    };
    counters.requests += 1;
    counters.inFlight += 1;
    if (!isChat) counters.passed += 1;
    const asksForModel = named === null && router.asksForModel;
    const isRead = asksForModel || (isChat && options.injectsUsage);
    if (!isRead || !isJson(client)) {
      forward({ ...call, read: null, asking: null }, named ?? router.byModel(path, null), passage);
      return;
    }
    readBody(client, options.capBytes, (read) => {
      if (read.kind === 'read' && (read.body.isWhole || !asksForModel)) {
        const { body } = read;
        const asking = isChat && options.injectsUsage ? askingForUsage(client, body) : null;
        const model = asksForModel ? modelOf(body) : null;
        forward({ ...call, read: body, asking }, named ?? router.byModel(path, model), passage);
        return;
      }
      counters.inFlight -= 1;
      if (isChat) countDropped(counters, 'request was not read to its end');
      if (read.kind === 'client left') return;
      answerWithError(
        client,
        413,
        'proxy_route',
        `This request is too large to look for its model in it. Name the upstream as the first part of the path, or leave --route out.`,
      );
    });
  };

  const clients = new Set<ClientConnection>();
  const server = createServer({ noDelay: true }, (socket: Socket) => {
    const client = serveClient(socket, {
      now,
      onCall: take,
      refusal: ({ status, reason }) =>
        errorAnswer(status, 'bad_request', {
          message: `This request cannot be passed on: ${reason}. This is said by understudy record, not by the provider.`,
          isLast: true,
        }),
    });
    clients.add(client);
    socket.on('close', () => clients.delete(client));
  });
  const sweep = setInterval(() => {
    const before = now() - idleClientMs;
    for (const client of clients) {
      if ((client.idleSinceMs() ?? Infinity) < before) client.close();
    }
  }, 5000);
  sweep.unref();
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
        server.close(async () => {
          // A call that was cut off is over a little after its connection.
          while (counters.inFlight > 0) await sleep(1);
          clearInterval(sweep);
          passage.pool.close();
          resolve();
        });
        for (const client of clients) client.close();
      }),
    cut: () => {
      stopping = true;
      for (const client of clients) client.destroy();
    },
  };
};

const noWebSocket =
  'understudy record passes no WebSocket on. Use the realtime API at the provider itself.';

/** The path and query of a request target, which may be a whole URL (RFC 9112, section 3.2.2). */
const pathOf = (target: string): string => {
  const path = target.replace(/^\w+:\/\/[^/?]*/, '');
  return path.startsWith('/') ? path : `/${path}`;
};

/** The body with usage asked for; null where it is to go on as it came. */
const askingForUsage = ({ head }: ClientCall, { data, isWhole }: ReadBody): Buffer | null => {
  if (!isWhole || headerValue(head.lines, 'content-encoding') !== null) return null;
  const text = withUsageAsked(Buffer.concat(data).toString('latin1'));
  return text === null ? null : Buffer.from(text, 'latin1');
};

/** A body without a type may be JSON as well; forms and sounds are passed on unread. */
const isJson = ({ head: { method, lines } }: ClientCall): boolean =>
  method === 'POST' && /^$|json/i.test(headerValue(lines, 'content-type') ?? '');
