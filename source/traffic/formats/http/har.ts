import { z } from 'zod';
import type { JsonObject } from '../../../text/json.ts';
import { type Format, type FormatRecord, type FormatTools, oneByOne } from '../format.ts';
import { readExchange } from './exchange.ts';
import { bytesBody, type DecodedBody, noBody, textBody } from './http-message.ts';

const header = z.looseObject({ name: z.string(), value: z.string() });
const milliseconds = z.number().nullish().catch(null);

const entry = z.object({
  startedDateTime: z.string().nullish().catch(null),
  time: milliseconds,
  request: z.object({
    method: z.string(),
    url: z.string(),
    postData: z
      .object({ text: z.string().nullish(), encoding: z.string().nullish() })
      .nullish()
      .catch(null),
  }),
  response: z
    .object({
      status: z.number(),
      headers: z.array(header).nullish().catch(null),
      content: z
        .object({ text: z.string().nullish(), encoding: z.string().nullish() })
        .nullish()
        .catch(null),
    })
    .nullish(),
  timings: z
    .object({ send: milliseconds, wait: milliseconds, receive: milliseconds })
    .nullish()
    .catch(null),
});

/**
 * HTTP Archives (http://www.softwareishard.com/blog/har-12-spec) of browsers, mitmproxy and Charles, and
 * the `recording.har` of Polly.js. The time to the first token is in none of them.
 */
export const har: Format = {
  name: 'HAR',
  holdsAnswers: false,
  recognises: (_, around) => around?.within === 'log.entries',
  open: oneByOne((record, _, tools) => readEntry(record, tools)),
};

const readEntry = (record: JsonObject, tools: FormatTools): FormatRecord => {
  const read = entry.safeParse(record);
  if (!read.success) return { kind: 'rejected', reason: 'not a HAR entry', recordId: null };
  const { request, response, startedDateTime, time, timings } = read.data;
  const encoding = response?.headers?.find(({ name }) => /^content-encoding$/i.test(name));
  return readExchange(
    {
      id: undefined,
      method: request.method,
      url: request.url,
      timestamp: startedDateTime ?? undefined,
      requestBody: bodyOf(request.postData, null),
      status: response?.status ?? 0,
      responseBody: bodyOf(response?.content, encoding?.value ?? null),
      totalMs: durationOf(timings, time),
    },
    tools,
  );
};

type Content = {
  readonly text?: string | null | undefined;
  readonly encoding?: string | null | undefined;
};

const bodyOf = (
  content: Content | null | undefined,
  contentEncoding: string | null,
): DecodedBody => {
  const text = content?.text ?? '';
  if (text === '') return noBody;
  const pieces = contentEncoding === null ? null : encodedPieces(text);
  if (pieces !== null) return bytesBody(pieces, contentEncoding);
  if (content?.encoding === 'base64') {
    return bytesBody(Buffer.from(text, 'base64'), contentEncoding);
  }
  return textBody(text);
};

/** Polly.js keeps a compressed body as a JSON array of its chunks, in hexadecimal or base64. */
const encodedPieces = (text: string): Uint8Array | null => {
  if (!text.startsWith('["')) return null;
  try {
    const chunks = z.array(z.string()).safeParse(JSON.parse(text));
    if (!chunks.success) return null;
    const isHex = chunks.data.every((chunk) => /^(?:[0-9a-f]{2})*$/.test(chunk));
    return Buffer.concat(chunks.data.map((chunk) => Buffer.from(chunk, isHex ? 'hex' : 'base64')));
  } catch {
    return null;
  }
};

type Timings = {
  readonly send?: number | null | undefined;
  readonly wait?: number | null | undefined;
  readonly receive?: number | null | undefined;
};

/** From the first byte sent to the last received; waiting for a connection is no part of it. */
const durationOf = (
  timings: Timings | null | undefined,
  time: number | null | undefined,
): number | null => {
  const parts = [timings?.send, timings?.wait, timings?.receive];
  const known = parts.filter((part) => typeof part === 'number' && part >= 0) as number[];
  if (known.length === parts.length) return known.reduce((sum, part) => sum + part, 0);
  return typeof time === 'number' && time >= 0 ? time : null;
};
