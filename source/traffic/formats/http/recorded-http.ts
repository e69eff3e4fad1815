import * as z from 'zod';
import { isJsonObject, type JsonObject } from '../../../text/json.ts';
import { type Format, type FormatRecord, type FormatTools, oneByOne } from '../format.ts';
import { readExchange } from './exchange.ts';
import { noBody, textBody } from './http-message.ts';

const exchangeSchema = z.object({
  source: z.string().nullish(),
  method: z.string(),
  url: z.string(),
  status: z.number().nullish(),
  response_text: z.string().nullish(),
});

/**
 * Exchanges as lines of JSON: `method`, `url`, `request` as an object, `status`, `response_text` as it came,
 * and `source` as the id. The recordings in test/fixtures/recorded-http have this form.
 */
export const recordedHttp: Format = {
  name: 'recorded HTTP exchanges',
  holdsAnswers: false,
  recognises: (record) =>
    typeof record['url'] === 'string' &&
    isJsonObject(record['request']) &&
    record['response_text'] !== undefined,
  open: oneByOne((record, _, tools) => readRecorded(record, tools)),
};

const readRecorded = (record: JsonObject, tools: FormatTools): FormatRecord => {
  const read = exchangeSchema.safeParse(record);
  if (!read.success) {
    return { kind: 'rejected', reason: 'not a recorded exchange', recordId: null };
  }
  const { source, method, url, status, response_text } = read.data;
  const { request } = record;
  return readExchange(
    {
      id: source ?? undefined,
      method,
      url,
      timestamp: undefined,
      requestBody: isJsonObject(request) ? { kind: 'parsed', value: request } : noBody,
      status: status ?? null,
      responseBody: textBody(response_text ?? ''),
      totalMs: null,
    },
    tools,
  );
};
