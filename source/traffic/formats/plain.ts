import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import type { FormatRecord, FormatTools } from './format.ts';
import { captureRecord } from './parts/capture-record.ts';
import { unwrapJson } from './parts/embedded-json.ts';
import { errorMessage, failedWith, readOutcome } from './parts/recorded-outcome.ts';
import { readFields } from './plain/record-fields.ts';

/**
 * The capture of a record that was written by hand or by a logger of one's own: `request` and
 * `response` are what stood where these are expected, and everything else stands around them.
 */
export const plainCapture = (
  record: JsonObject,
  parts: {
    readonly request: JsonValue | undefined;
    readonly response: JsonValue | undefined;
    readonly partial?: readonly string[];
  },
  tools: FormatTools,
): FormatRecord => {
  const fields = readFields(record);
  const wrapper = responseWrapper(parts.response);
  const status = wrapper.status ?? fields.status;
  const failure = fields.error === undefined ? null : errorMessage(fields.error);
  return captureRecord({
    ...fields,
    request: parts.request,
    outcome:
      failure === null || failure === ''
        ? readOutcome(wrapper.body, { status, tools, plainText: 'answer' })
        : failedWith(status, failure),
    partial: parts.partial ?? [],
  });
};

/** A response may stand in an object of its own with the status: `{"status": 200, "body": …}`. */
const responseWrapper = (
  value: JsonValue | undefined,
): { readonly status: number | null; readonly body: JsonValue | undefined } => {
  const response = unwrapJson(value);
  if (!isJsonObject(response) || response['body'] === undefined) {
    return { status: null, body: value };
  }
  const { status } = readFields(response);
  // The text of an answer may be JSON with a `body`.
  const isText = typeof value === 'string' && status === null;
  return { status, body: isText ? value : response['body'] };
};

/** A list of messages, also as the text of one; null for anything else. */
export const messagesOf = (value: JsonValue | undefined): readonly JsonObject[] | null => {
  const list = unwrapJson(value);
  if (!Array.isArray(list) || list.length === 0) return null;
  const messages = (list as readonly JsonValue[]).filter(
    (entry): entry is JsonObject => isJsonObject(entry) && typeof entry['role'] === 'string',
  );
  return messages.length === list.length ? messages : null;
};
