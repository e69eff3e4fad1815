/** Metrics of one program part, as lines of the text format of Prometheus, version 0.0.4. */
export type MetricFamilies = {
  /** Each of `samples` is one that `metricSample` returned. */
  readonly family: (
    name: string,
    type: 'counter' | 'gauge',
    help: string,
    samples: readonly string[],
  ) => readonly string[];
  /** A gauge with one value and no labels. */
  readonly gauge: (name: string, help: string, value: number) => readonly string[];
};

/** The content type of the format. */
export const metricsType = 'text/plain; version=0.0.4';

/** Returns what writes metrics whose names begin with `prefix` and an underscore. */
export const metricsOf = (prefix: string): MetricFamilies => {
  const family: MetricFamilies['family'] = (name, type, help, samples) => [
    `# HELP ${prefix}_${name} ${help}`,
    `# TYPE ${prefix}_${name} ${type}`,
    ...samples.map((text) => `${prefix}_${name}${text}`),
  ];
  return {
    family,
    gauge: (name, help, value) => family(name, 'gauge', help, [metricSample({}, value)]),
  };
};

/** Returns the labels and the value of a sample, without its name. */
export const metricSample = (labels: Readonly<Record<string, string>>, value: number): string => {
  const pairs = Object.entries(labels).map(([name, text]) => `${name}="${escaped(text)}"`);
  return `${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}`;
};

const escaped = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
