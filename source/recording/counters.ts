import { metricSample as sample, metricsOf } from '../text/prometheus.ts';

/** The counts of the proxy since its start. */
export type Counters = {
  /** Calls that came, and how many of them have not ended. */
  requests: number;
  inFlight: number;
  /** Ended calls by upstream and status; 0 where no response came. */
  readonly ended: Map<string, Map<number, number>>;
  /** Calls that are no prompt in a dialect that can be replayed: they are forwarded and not recorded. */
  passed: number;
  /** Captures that were saved. */
  recorded: number;
  /** Prompts without a capture, by reason. */
  readonly dropped: Map<string, number>;
  /** Bytes of request and of response bodies. */
  bytesUp: number;
  bytesDown: number;
  /** The exchanges that wait to be saved, and their bytes. */
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

/** How many prompts have no capture, for any reason. */
export const allDropped = ({ dropped }: Counters): number =>
  [...dropped.values()].reduce((sum, count) => sum + count, 0);

/** How late the event loop runs, in seconds by quantile. A call waits that long for the proxy. */
export type LoopDelays = readonly { readonly quantile: number; readonly seconds: number }[];

const { family, gauge } = metricsOf('understudy_proxy');

/** The counters in the text format of Prometheus, version 0.0.4. */
export const metricsText = (counters: Counters, delays: LoopDelays): string => {
  const ended = [...counters.ended].flatMap(([upstream, statuses]) =>
    [...statuses].map(([status, count]) => sample({ upstream, status: `${status}` }, count)),
  );
  const dropped = [...counters.dropped].map(([reason, count]) => sample({ reason }, count));
  const { inFlight, passed, recorded, queuedExchanges, queuedBytes, trouble } = counters;
  return [
    ...family('requests_total', 'counter', 'Ended calls; status 0 is no response.', ended),
    ...gauge('in_flight', 'Calls that have not ended.', inFlight),
    ...family(
      'passed_total',
      'counter',
      'Calls that are not recorded: no prompts in a dialect that can be replayed.',
      [sample({}, passed)],
    ),
    ...family('recorded_total', 'counter', 'Captures that were saved.', [sample({}, recorded)]),
    ...family('dropped_total', 'counter', 'Prompts without a capture.', dropped),
    ...family('body_bytes_total', 'counter', 'Bytes of bodies.', [
      sample({ direction: 'request' }, counters.bytesUp),
      sample({ direction: 'response' }, counters.bytesDown),
    ]),
    ...gauge('queue_exchanges', 'Calls that wait to be saved.', queuedExchanges),
    ...gauge('queue_bytes', 'Bytes that wait to be saved.', queuedBytes),
    ...gauge('saving', '1 while captures can be saved.', trouble === null ? 1 : 0),
    ...family(
      'event_loop_delay_seconds',
      'gauge',
      'How long a call waits for the proxy.',
      delays.map(({ quantile, seconds }) => sample({ quantile: `${quantile}` }, seconds)),
    ),
    '',
  ].join('\n');
};
