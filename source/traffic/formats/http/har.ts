import * as z from 'zod';
import { type JsonObject, parseJson } from '../../../text/json.ts';
import { type Format, type FormatRecord, type FormatTools, oneByOne } from '../format.ts';
import { readExchange } from './exchange.ts';
import { bytesBody, type DecodedBody, noBody, textBody } from './http-message.ts';

const header = z.looseObject({ name: z.string(), value: z.string() });
const milliseconds = z.number().nullish().catch(null);
const content = z
  .object({ text: z.string().nullish(), encoding: z.string().nullish() })
  .nullish()
  .catch(null);
const timings = z
  .object({ send: milliseconds, wait: milliseconds, receive: milliseconds })
  .nullish()
  .catch(null);

const entry = z.object({
  startedDateTime: z.string().nullish().catch(null),
  time: milliseconds,
  request: z.object({ method: z.string(), url: z.string(), postData: content }),
  response: z
    .object({ status: z.number(), headers: z.array(header).nullish().catch(null), content })
    .nullish(),
  timings,
});

/**
 * HTTP Archives (http://www.softwareishard.com/blog/har-12-spec) of browsers, mitmproxy and Charles, and
 * the `recording.har` of Polly.js. None of them has the time to the first token.
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
  const { request, response, startedDateTime, time, timings: measured } = read.data;
  const encoding = response?.headers?.find(({ name }) => /^content-encoding$/i.test(name));
  return readExchange(
    {
      id: undefined,
      method: request.method,
      url: request.url,
      timestamp: startedDateTime ?? undefined,
      requestBody: readBody(request.postData, null),
      status: response?.status ?? 0,
      responseBody: readBody(response?.content, encoding?.value ?? null),
      totalMs: exchangeDuration(measured, time),
    },
    tools,
  );
};

const readBody = (stored: z.infer<typeof content>, contentEncoding: string | null): DecodedBody => {
  const text = stored?.text ?? '';
  if (text === '') return noBody;
  const bytes = contentEncoding === null ? null : encodedChunks(text);
  if (bytes !== null) return bytesBody(bytes, contentEncoding);
  if (stored?.encoding === 'base64') {
    return bytesBody(Buffer.from(text, 'base64'), contentEncoding);
  }
  return textBody(text);
};

/** Polly.js stores a compressed body as a JSON array of its chunks, in hexadecimal or base64. */
const encodedChunks = (text: string): Uint8Array | null => {
  if (!text.startsWith('["')) return null;
  const chunks = z.array(z.string()).safeParse(parseJson(text));
  if (!chunks.success) return null;
  const isHex = chunks.data.every((chunk) => /^(?:[0-9a-f]{2})*$/.test(chunk));
  return Buffer.concat(chunks.data.map((chunk) => Buffer.from(chunk, isHex ? 'hex' : 'base64')));
};

/** From the first byte sent to the last received, without the time to connect. */
const exchangeDuration = (
  measured: z.infer<typeof timings>,
  time: number | null | undefined,
): number | null => {
  const parts = [measured?.send, measured?.wait, measured?.receive];
  const known = parts.filter((part) => typeof part === 'number' && part >= 0);
  if (known.length === parts.length)
    return known.reduce((sum: number, part) => sum + (part ?? 0), 0);
  return typeof time === 'number' && time >= 0 ? time : null;
};
