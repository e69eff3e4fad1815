import { isJsonObject, type JsonObject, type JsonValue } from '../../../text/json.ts';
import { type Format, type FormatRecord, type FormatTools, oneByOne } from '../format.ts';
import { unwrapJson } from '../parts/embedded-json.ts';
import { messagesOf, plainCapture } from '../plain.ts';

/**
 * Objects with a `request` and a `response`, in the spellings of those who log them themselves: the
 * request may be the body, hold it in `body`, or be its text; the response may be a completion, hold
 * one, be a message, a text, or a stream as it came.
 */
export const requestResponse: Format = {
  name: 'requests and responses',
  holdsAnswers: false,
  recognises: (record) => bodyOf(record['request']) !== null,
  open: oneByOne((record, _, tools) => readPair(record, tools)),
};

const readPair = (record: JsonObject, tools: FormatTools): FormatRecord => {
  const { request, response, output, completion, chunks } = record;
  const body = bodyOf(request) ?? unwrapJson(request);
  const parts = { request: body, response: response ?? output ?? completion ?? chunks };
  return plainCapture(record, parts, tools);
};

/** The object that has the messages; null when there is none. */
const bodyOf = (request: JsonValue | undefined): JsonObject | null => {
  const outer = unwrapJson(request);
  if (!isJsonObject(outer)) return null;
  if (messagesOf(outer['messages']) !== null) return withMessages(outer);
  const inner = unwrapJson(outer['body'] ?? outer['json']);
  return isJsonObject(inner) && messagesOf(inner['messages']) !== null ? withMessages(inner) : null;
};

const withMessages = (body: JsonObject): JsonObject =>
  typeof body['messages'] === 'string'
    ? { ...body, messages: messagesOf(body['messages']) ?? [] }
    : body;
