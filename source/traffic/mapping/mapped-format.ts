import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import { readRecordId } from '../capture-id.ts';
import { type Format, type FormatRecord, type FormatTools, oneByOne } from '../formats/format.ts';
import { captureRecord } from '../formats/parts/capture-record.ts';
import { unwrapJson } from '../formats/parts/embedded-json.ts';
import { readOutcome } from '../formats/parts/recorded-outcome.ts';
import { messagesOf } from '../formats/plain.ts';
import { readDuration, readMoment } from '../formats/plain/record-fields.ts';
import { valueAtPath } from './json-path.ts';
import type { MappedField, Mapping } from './mapping.ts';

/** Records of which the user has said where everything stands; they need no format of their own. */
export const mappedFormat = (mapping: Mapping): Format => ({
  name: 'mapped records',
  holdsAnswers: false,
  recognises: () => true,
  open: oneByOne((record, _, tools) => readMapped(record, mapping, tools)),
});

const readMapped = (record: JsonObject, mapping: Mapping, tools: FormatTools): FormatRecord => {
  const at = (field: MappedField): JsonValue | undefined => {
    const path = mapping.get(field);
    return path === undefined ? undefined : valueAtPath(record, path);
  };
  const id = at('id');
  const model = at('model');
  const named = typeof model === 'string' ? model : null;
  const found = requestOf(at('request'), named);
  if (found === null) {
    const path = mapping.get('request')?.text ?? '$';
    return { kind: 'rejected', reason: `no request at ${path}`, recordId: readRecordId(id) };
  }
  return captureRecord({
    ...found,
    id,
    timestamp: readMoment(at('timestamp')),
    outcome: readOutcome(at('response'), { status: null, tools, plainText: 'answer' }),
    totalMs: readDuration(at('latencyMs')),
    timeToFirstTokenMs: null,
    endpoints: [at('endpoint')],
    model: named,
    user: at('user'),
    conversation: at('conversation'),
  });
};

/** A whole body, or messages alone, or the words of a user, which have lost the parameters. */
const requestOf = (
  value: JsonValue | undefined,
  model: string | null,
): { readonly request: JsonObject; readonly partial: readonly string[] } | null => {
  const given = unwrapJson(value);
  const named = model === null ? {} : { model };
  if (isJsonObject(given)) {
    const messages = messagesOf(given['messages']);
    return {
      request: { ...named, ...given, ...(messages === null ? {} : { messages }) },
      partial: [],
    };
  }
  const words =
    typeof given === 'string' && given !== '' ? [{ role: 'user', content: given }] : null;
  const messages = messagesOf(given) ?? words;
  return messages === null ? null : { request: { ...named, messages }, partial: ['parameters'] };
};
