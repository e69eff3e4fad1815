import { isJsonObject, type JsonObject, type JsonValue } from '../../../text/json.ts';
import { type Format, type FormatRecord, type FormatTools, oneByOne } from '../format.ts';
import { unwrapJson } from '../parts/embedded-json.ts';
import { messagesOf, plainCapture } from '../plain.ts';

/**
 * Objects with an `input` and an `output`. The input is the whole request (exports of OpenPipe, with
 * `tags`, https://docs.openpipe.ai), a list of messages, or a text, which is taken for the message of a
 * user; then parameters are not known.
 */
export const inputOutput: Format = {
  name: 'inputs and outputs',
  holdsAnswers: false,
  recognises: (record) => requestOf(record) !== null && record['output'] !== undefined,
  open: oneByOne((record, _, tools) => readPair(record, tools)),
};

const readPair = (record: JsonObject, tools: FormatTools): FormatRecord => {
  const found = requestOf(record);
  if (found === null) {
    return { kind: 'rejected', reason: 'no messages in the input', recordId: null };
  }
  const { tags, metadata } = record;
  const labelled =
    isJsonObject(tags) && metadata === undefined ? { ...record, metadata: tags } : record;
  return plainCapture(labelled, { ...found, response: record['output'] }, tools);
};

const requestOf = (
  record: JsonObject,
): { readonly request: JsonObject; readonly partial: readonly string[] } | null => {
  const input: JsonValue | undefined = unwrapJson(record['input']);
  if (isJsonObject(input)) {
    const messages = messagesOf(input['messages']);
    return messages === null ? null : { request: { ...input, messages }, partial: [] };
  }
  const { model } = record;
  const named = typeof model === 'string' ? { model } : {};
  const messages =
    messagesOf(input) ??
    (typeof input === 'string' && input !== '' ? [{ role: 'user', content: input }] : null);
  return messages === null ? null : { request: { ...named, messages }, partial: ['parameters'] };
};
