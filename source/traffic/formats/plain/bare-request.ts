import type { JsonObject, JsonValue } from '../../../text/json.ts';
import { type Format, type FormatRecord, type FormatTools, oneByOne } from '../format.ts';
import { messagesOf, plainCapture } from '../plain.ts';
import { besideRequest } from './record-fields.ts';

const answerNames = ['response', 'completion', 'output', 'answer'] as const;

const asideOfBody: ReadonlySet<string> = new Set([...besideRequest, ...answerNames, 'error']);

/**
 * Request bodies as they were sent, one by one; what is written beside `messages` and is no parameter
 * of a request (an id, a time, the answer) is read as such. Rows for fine-tuning have no model and end
 * with the answer: it is taken for what production said, and parameters are not known.
 */
export const bareRequest: Format = {
  name: 'request bodies',
  holdsAnswers: false,
  recognises: (record) => messagesOf(record['messages']) !== null,
  open: oneByOne((record, _, tools) => readBare(record, tools)),
};

const readBare = (record: JsonObject, tools: FormatTools): FormatRecord => {
  const messages = messagesOf(record['messages']);
  if (messages === null) {
    return plainCapture(record, { request: record, response: undefined }, tools);
  }
  const body: JsonObject = { ...withoutAside(record), messages };
  const response = answerNames.map((name) => record[name]).find(isGiven);
  const last = messages.at(-1);
  if (response !== undefined || record['model'] !== undefined || last?.['role'] !== 'assistant') {
    return plainCapture(record, { request: body, response }, tools);
  }
  const { weight: _, ...answer } = last;
  const request: JsonObject = { ...body, messages: messages.slice(0, -1) };
  return plainCapture(record, { request, response: answer, partial: ['parameters'] }, tools);
};

const isGiven = (value: JsonValue | undefined): value is JsonValue =>
  value !== undefined && value !== null;

const withoutAside = (record: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(record).filter(([name]) => !asideOfBody.has(name)));
