/** What the proxy counts from its start on; written where it happens, read by whoever shows it. */
export type Counters = {
  /** Calls that came, and those that are not over. */
  requests: number;
  inFlight: number;
  /** Ended calls by upstream and status; 0 where the client got none. */
  readonly ended: Map<string, Map<number, number>>;
  /** Calls that are no chat completion, and so are passed on and not recorded. */
  passed: number;
  /** Captures that are saved. */
  recorded: number;
  /** Chat completions of which there is no capture, by reason. */
  readonly dropped: Map<string, number>;
  /** Bytes of bodies from the clients and from the upstreams. */
  bytesUp: number;
  bytesDown: number;
  /** What waits to be saved. */
  queuedExchanges: number;
  queuedBytes: number;
  /** Why nothing can be saved at the moment; null: it can. */
  trouble: string | null;
};

export const createCounters = (): Counters => ({
  requests: 0,
  inFlight: 0,
  ended: new Map(),
  passed: 0,
  recorded: 0,
  dropped: new Map(),
  bytesUp: 0,
  bytesDown: 0,
  queuedExchanges: 0,
  queuedBytes: 0,
  trouble: null,
});

export const countEnded = ({ ended }: Counters, upstream: string, status: number): void => {
  const statuses = ended.get(upstream) ?? new Map<number, number>();
  ended.set(upstream, statuses);
  statuses.set(status, (statuses.get(status) ?? 0) + 1);
};

export const countDropped = ({ dropped }: Counters, reason: string, count = 1): void => {
  dropped.set(reason, (dropped.get(reason) ?? 0) + count);
};

/** All that is not recorded, whatever the reason. */
export const allDropped = ({ dropped }: Counters): number =>
  [...dropped.values()].reduce((sum, count) => sum + count, 0);
