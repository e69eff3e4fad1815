import type { Counters } from './counters.ts';

/** The delay of the event loop, which is what the proxy adds to a call, in seconds by quantile. */
export type LoopDelays = readonly { readonly quantile: number; readonly seconds: number }[];

/** The counters in the text format of Prometheus, version 0.0.4. */
export const metricsText = (counters: Counters, delays: LoopDelays): string => {
  const ended = [...counters.ended].flatMap(([upstream, statuses]) =>
    [...statuses].map(([status, count]) => sample({ upstream, status: `${status}` }, count)),
  );
  const dropped = [...counters.dropped].map(([reason, count]) => sample({ reason }, count));
  return [
    ...family('requests_total', 'counter', 'Ended calls; status 0 is no response.', ended),
    ...one('in_flight', 'gauge', 'Calls that are not over.', counters.inFlight),
    ...one('passed_total', 'counter', 'Calls that are no chat completion.', counters.passed),
    ...one('recorded_total', 'counter', 'Captures that are saved.', counters.recorded),
    ...family('dropped_total', 'counter', 'Chat completions without a capture.', dropped),
    ...family('body_bytes_total', 'counter', 'Bytes of bodies.', [
      sample({ direction: 'request' }, counters.bytesUp),
      sample({ direction: 'response' }, counters.bytesDown),
    ]),
    ...one('queue_exchanges', 'gauge', 'Calls that wait to be saved.', counters.queuedExchanges),
    ...one('queue_bytes', 'gauge', 'Bytes that wait to be saved.', counters.queuedBytes),
    ...one('saving', 'gauge', '1 while captures can be saved.', counters.trouble === null ? 1 : 0),
    ...family(
      'event_loop_delay_seconds',
      'gauge',
      'What a call waits for the proxy.',
      delays.map(({ quantile, seconds }) => sample({ quantile: `${quantile}` }, seconds)),
    ),
    '',
  ].join('\n');
};

const sample = (labels: Readonly<Record<string, string>>, value: number): string => {
  const pairs = Object.entries(labels).map(([name, text]) => `${name}="${escaped(text)}"`);
  return `${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}`;
};

const escaped = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

const family = (
  name: string,
  type: 'counter' | 'gauge',
  help: string,
  samples: readonly string[],
): readonly string[] => [
  `# HELP understudy_proxy_${name} ${help}`,
  `# TYPE understudy_proxy_${name} ${type}`,
  ...samples.map((text) => `understudy_proxy_${name}${text}`),
];

const one = (
  name: string,
  type: 'counter' | 'gauge',
  help: string,
  value: number,
): readonly string[] => family(name, type, help, [sample({}, value)]);
