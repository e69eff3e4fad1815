import type { Tapped } from './tap.ts';

/**
 * How an exchange ended. `complete`: the upstream sent its whole response. `client left`, `upstream
 * broke`: cut off by that side. `unreachable`: no response came. `proxy stopped`: cut off by the user.
 */
export type Ending =
  'complete' | 'client left' | 'upstream broke' | 'unreachable' | 'proxy stopped';

/**
 * One call that passed through the proxy, as bytes: what becomes a capture. Of its headers there are
 * only these few, none of which holds a secret. Times are milliseconds from the head of the request.
 */
export type TappedExchange = {
  readonly id: string;
  /** Epoch milliseconds at which the head of the request was there. */
  readonly startedAtMs: number;
  readonly upstream: string;
  /** Of the upstream, without query. */
  readonly path: string;
  /** What the client's endpoint header says. */
  readonly endpoint: string | null;
  /** By which the team's other logs know the call. */
  readonly requestId: string | null;
  readonly traceparent: string | null;
  readonly request: Tapped;
  readonly requestEncoding: string | null;
  /** When the request was there to its end; null when it never was. */
  readonly requestMs: number | null;
  readonly status: number | null;
  readonly headersMs: number | null;
  readonly upstreamRequestId: string | null;
  /** What the provider says that it took itself. */
  readonly processingMs: number | null;
  /** The marks of this one are milliseconds from the head of the request. */
  readonly response: Tapped;
  readonly responseEncoding: string | null;
  readonly totalMs: number;
  readonly ending: Ending;
  /** What went wrong, where the ending alone does not say it. */
  readonly message: string | null;
};
