import * as z from 'zod';
import {
  firstString,
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
} from '../../../text/json.ts';
import { type Format, type FormatRecord, type FormatTools, oneByOne } from '../format.ts';
import { readExchange } from './exchange.ts';
import { bytesBody, type DecodedBody, noBody, textBody } from './http-message.ts';

const message = z.custom<JsonObject>(isJsonObject);

const interaction = z.object({
  request: message,
  response: message.nullish(),
  recorded_at: z.string().nullish().catch(null),
});

/** Where to find interactions: in YAML, and in the JSON of vcrpy and of Ruby. */
const places: ReadonlySet<string> = new Set(['vcr', 'interactions', 'http_interactions']);

/**
 * Cassettes of vcrpy and of Ruby's VCR, in YAML or JSON. Bodies are text, bytes, objects with `string` or
 * `base64_string`, already parsed (`parsed_body`, in recordings of pydantic-ai), or in `content` (vcrpy's
 * stub of httpx). Cassettes hold no
 * durations.
 */
export const vcr: Format = {
  name: 'VCR cassette',
  holdsAnswers: false,
  recognises: (record, around) =>
    places.has(around?.within ?? '') && isJsonObject(record['request']),
  open: oneByOne((record, _, tools) => readInteraction(record, tools)),
};

const readInteraction = (record: JsonObject, tools: FormatTools): FormatRecord => {
  const read = interaction.safeParse(record);
  if (!read.success) return { kind: 'rejected', reason: 'not a VCR interaction', recordId: null };
  const { request, response } = read.data;
  return readExchange(
    {
      id: undefined,
      method: firstString(request['method']) ?? 'POST',
      url: firstString(request['uri'], request['url']) ?? '',
      timestamp: parseHttpDate(read.data.recorded_at ?? firstHeader(response?.['headers'], 'date')),
      requestBody: readBody(request),
      status: response ? readStatus(response['status'] ?? response['status_code']) : 0,
      responseBody: response ? readBody(response) : noBody,
      totalMs: null,
    },
    tools,
  );
};

/** Milliseconds since 1970 of a date in the form of HTTP headers; any other text as it is. */
const parseHttpDate = (date: string | null): number | string | undefined => {
  const ms = Date.parse(date ?? '');
  return Number.isNaN(ms) ? (date ?? undefined) : ms;
};

const readStatus = (status: JsonValue | undefined): number | null => {
  const code = isJsonObject(status) ? status['code'] : status;
  return typeof code === 'number' ? code : null;
};

const readBody = (recorded: JsonObject): DecodedBody => {
  const parsed = recorded['parsed_body'];
  if (isJsonObject(parsed)) return { kind: 'parsed', value: parsed };
  if (typeof parsed === 'string') return textBody(parsed);
  const encoding = firstHeader(recorded['headers'], 'content-encoding');
  const body = recorded['body'] ?? recorded['content'];
  if (!isJsonObject(body)) return readContent(body, encoding);
  const base64 = body['base64_string'];
  return typeof base64 === 'string'
    ? bytesBody(Buffer.from(base64, 'base64'), encoding)
    : readContent(body['string'] ?? body['content'], encoding);
};

const readContent = (value: JsonValue | undefined, encoding: string | null): DecodedBody => {
  if (typeof value === 'string') return textBody(value);
  if (!isJsonObject(value)) return noBody;
  const base64 = value['base64_string'];
  return typeof base64 === 'string'
    ? bytesBody(Buffer.from(base64, 'base64'), encoding)
    : { kind: 'parsed', value };
};

/** Headers are an object of lists or of strings. */
const firstHeader = (headers: JsonValue | undefined, name: string): string | null => {
  if (!isJsonObject(headers)) return null;
  for (const [key, value] of Object.entries(headers)) {
    if (key.toLowerCase() !== name) continue;
    return firstString(isJsonArray(value) ? value[0] : value);
  }
  return null;
};
