import http, { type AgentOptions, type ClientRequest } from 'node:http';
import https from 'node:https';
import type { Upstream } from './router.ts';

/** A head longer than this is refused, whichever side sends it. */
export const maximumHeadBytes = 64 * 1024;

/**
 * Idle connections are closed before servers close them (uvicorn does so after 5 seconds), and a
 * second earlier than a server's own `Keep-Alive: timeout` says. A connection that the server closes
 * while a request is on its way fails that request.
 */
const agentOptions: AgentOptions = {
  keepAlive: true,
  timeout: 4000,
  maxFreeSockets: 4096,
  scheduling: 'lifo',
};

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

/** Keeps connections to the upstreams for further calls. */
export class UpstreamPool {
  readonly #plain = new http.Agent(agentOptions);
  readonly #secure = new https.Agent(agentOptions);

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

  close(): void {
    this.#plain.destroy();
    this.#secure.destroy();
  }
}
