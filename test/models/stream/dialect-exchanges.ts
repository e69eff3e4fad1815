import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Dialect } from '../../../source/traffic/dialects/dialect.ts';

/** A recorded answer in a dialect other than chat completions. */
export type DialectExchange = {
  readonly source: string;
  readonly dialect: Exclude<Dialect, 'chat'>;
  readonly url: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/** All the recorded answers of test/fixtures/dialects/answers, in its order. */
export const dialectExchanges: readonly DialectExchange[] = gunzipSync(
  readFileSync(new URL('../../fixtures/dialects/answers/exchanges.jsonl.gz', import.meta.url)),
)
  .toString('utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as DialectExchange);

export const isDialectStream = ({ headers, status }: DialectExchange): boolean =>
  status === 200 && headers['content-type']?.startsWith('text/event-stream') === true;

/** The recorded streams. */
export const dialectStreams = dialectExchanges.filter(isDialectStream);

/** The recorded answers that came as one body. */
export const dialectBodies = dialectExchanges.filter(
  (one) => one.status === 200 && !isDialectStream(one),
);

/** The one exchange whose source has this in it. */
export const dialectExchange = (part: string): DialectExchange => {
  const found = dialectExchanges.filter(({ source }) => source.includes(part));
  const [first] = found;
  if (first === undefined || found.length > 1) {
    throw new Error(`${found.length} exchanges have ${part} in their source`);
  }
  return first;
};
