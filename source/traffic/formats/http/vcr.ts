import { z } from 'zod';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../text/json.ts';
import { type Format, type FormatRecord, type FormatTools, oneByOne } from '../format.ts';
import { readExchange } from './exchange.ts';
import { bytesBody, type DecodedBody, noBody, textBody } from './http-message.ts';

const message = z.custom<JsonObject>(isJsonObject);

const interaction = z.object({
  request: message,
  response: message.nullish(),
  recorded_at: z.string().nullish().catch(null),
});

/** Where interactions stand: in YAML, and in JSON of vcrpy and of Ruby. */
const places: ReadonlySet<string> = new Set(['vcr', 'interactions', 'http_interactions']);

/**
 * Cassettes of VCR: of vcrpy and of Ruby's VCR, in YAML or JSON. Bodies are texts, bytes, objects with
 * `string` or `base64_string`, or already parsed (`parsed_body`, as pydantic-ai's recordings have it).
 * They know no durations.
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
      method: textOf(request['method']) ?? 'POST',
      url: textOf(request['uri']) ?? textOf(request['url']) ?? '',
      timestamp: momentOf(read.data.recorded_at ?? firstHeader(response?.['headers'], 'date')),
      requestBody: bodyOf(request),
      status: response ? statusOf(response['status'] ?? response['status_code']) : 0,
      responseBody: response ? bodyOf(response) : noBody,
      totalMs: null,
    },
    tools,
  );
};

/** Milliseconds since 1970 of a date as HTTP headers spell it. */
const momentOf = (date: string | null): number | undefined => {
  const moment = Date.parse(date ?? '');
  return Number.isNaN(moment) ? undefined : moment;
};

const textOf = (value: JsonValue | undefined): string | null =>
  typeof value === 'string' ? value : null;

const statusOf = (status: JsonValue | undefined): number | null => {
  const code = isJsonObject(status) ? status['code'] : status;
  return typeof code === 'number' ? code : null;
};

const bodyOf = (of: JsonObject): DecodedBody => {
  const parsed = of['parsed_body'];
  if (isJsonObject(parsed)) return { kind: 'parsed', value: parsed };
  if (typeof parsed === 'string') return textBody(parsed);
  const encoding = firstHeader(of['headers'], 'content-encoding');
  const { body } = of;
  if (!isJsonObject(body)) return written(body, encoding);
  const base64 = body['base64_string'];
  return typeof base64 === 'string'
    ? bytesBody(Buffer.from(base64, 'base64'), encoding)
    : written(body['string'] ?? body['content'], encoding);
};

const written = (value: JsonValue | undefined, encoding: string | null): DecodedBody => {
  if (typeof value === 'string') return textBody(value);
  if (!isJsonObject(value)) return noBody;
  const base64 = value['base64_string'];
  return typeof base64 === 'string'
    ? bytesBody(Buffer.from(base64, 'base64'), encoding)
    : { kind: 'parsed', value };
};

/** Headers are an object of lists, or of texts. */
const firstHeader = (headers: JsonValue | undefined, name: string): string | null => {
  if (!isJsonObject(headers)) return null;
  for (const [key, value] of Object.entries(headers)) {
    if (key.toLowerCase() !== name) continue;
    return textOf(Array.isArray(value) ? (value as readonly JsonValue[])[0] : value);
  }
  return null;
};
