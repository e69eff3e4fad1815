import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { JsonObject } from '../../source/text/json.ts';

export type Exchange = {
  readonly source: string;
  readonly url: string;
  readonly request: JsonObject;
  readonly status: number;
  readonly response_headers: Readonly<Record<string, string>>;
  readonly response_text: string;
};

/** All the recorded exchanges of test/fixtures/recorded-http, in its order. */
export const exchanges: readonly Exchange[] = gunzipSync(
  readFileSync(new URL('../fixtures/recorded-http/chat.jsonl.gz', import.meta.url)),
)
  .toString('utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as Exchange);

export const isStream = ({ response_headers }: Exchange): boolean =>
  response_headers['content-type']?.startsWith('text/event-stream') === true;

/** The one exchange whose source has this in it. */
export const exchangeOf = (part: string): Exchange => {
  const found = exchanges.filter(({ source }) => source.includes(part));
  const [first] = found;
  if (first === undefined || found.length > 1) {
    throw new Error(`${found.length} exchanges have ${part} in their source`);
  }
  return first;
};
