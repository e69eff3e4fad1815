import http, {
  type Agent,
  type AgentOptions,
  type ClientRequest,
  type IncomingMessage,
} from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';
import type { Upstream } from './router.ts';

/** A head longer than this is refused, whichever side sends it. */
export const maximumHeadBytes = 64 * 1024;

/**
 * Idle connections are closed before servers close them (uvicorn does so after 5 seconds). A connection
 * that the server closes while a request is on its way fails that request.
 */
const idleMs = 4000;

/** A connection is closed this much earlier than a server's own `Keep-Alive: timeout` says. */
const marginMs = 1000;

/** How often idle connections are looked for. */
const sweepMs = 500;

// The agent's own `timeout` starts, moves and stops a timer in every call, which took a quarter of the
// time of a short one.
const agentOptions: AgentOptions = { keepAlive: true, maxFreeSockets: 4096, scheduling: 'lifo' };

/** A request to an upstream. */
export type UpstreamRequest = {
  readonly upstream: Upstream;
  readonly method: string;
  /** The path with its query. */
  readonly path: string;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  /** `new`: a separate connection, closed after use. */
  readonly connection: 'pooled' | 'new';
};

/** How long a connection has been idle, and may be. */
type Idleness = { sinceMs: number; limitMs: number };

/** Keeps connections to the upstreams for further calls. */
export class UpstreamPool {
  readonly #idleness = new WeakMap<Duplex, Idleness>();
  readonly #plain = this.#watched(new http.Agent(agentOptions));
  readonly #secure = this.#watched(new https.Agent(agentOptions));
  readonly #sweep = setInterval(() => this.#closeIdle(), sweepMs).unref();

  /** Begins a request. Throws where Node cannot write its head. */
  request({ upstream, method, path, headers, connection }: UpstreamRequest): ClientRequest {
    const { secure, hostname, port } = upstream;
    const { request } = secure ? https : http;
    return request({
      agent: connection === 'pooled' && (secure ? this.#secure : this.#plain),
      hostname,
      port,
      method,
      path,
      headers,
      maxHeaderSize: maximumHeadBytes,
    });
  }

  /** Heeds how long the server of a response says that it keeps an idle connection. */
  heedKeepAlive({ headers, socket }: IncomingMessage): void {
    if (headers['keep-alive'] === undefined) return;
    const [, seconds] = /^timeout=(\d+)/.exec(String(headers['keep-alive'])) ?? [];
    if (seconds === undefined) return;
    const limitMs = Math.min(idleMs, Number(seconds) * 1000 - marginMs);
    this.#idleness.set(socket, { sinceMs: performance.now(), limitMs });
  }

  close(): void {
    clearInterval(this.#sweep);
    this.#plain.destroy();
    this.#secure.destroy();
  }

  /** Notes when a connection becomes idle. The agent asks then whether to keep it. */
  #watched(agent: Agent): Agent {
    const keep = agent.keepSocketAlive.bind(agent);
    agent.keepSocketAlive = (socket) => {
      const idleness = this.#idleness.get(socket);
      if (idleness === undefined) {
        this.#idleness.set(socket, { sinceMs: performance.now(), limitMs: idleMs });
      } else idleness.sinceMs = performance.now();
      return keep(socket);
    };
    return agent;
  }

  #closeIdle(): void {
    const nowMs = performance.now();
    for (const { freeSockets } of [this.#plain, this.#secure]) {
      for (const socket of Object.values(freeSockets).flatMap((sockets) => sockets ?? [])) {
        const idleness = this.#idleness.get(socket);
        if (idleness !== undefined && nowMs - idleness.sinceMs > idleness.limitMs) socket.destroy();
      }
    }
  }
}
