import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import { readRecordId } from '../capture-id.ts';
import { type Format, type FormatRecord, type FormatTools, oneByOne } from '../formats/format.ts';
import { captureRecord } from '../formats/parts/capture-record.ts';
import { unwrapJson } from '../formats/parts/embedded-json.ts';
import { readOutcome } from '../formats/parts/recorded-outcome.ts';
import { type PartialRequest, readRequestValue } from '../formats/plain.ts';
import { parseEpoch, readDuration } from '../times.ts';
import { valueAtPath } from './json-path.ts';
import type { MappedField, Mapping } from './mapping.ts';

/** The format of records whose fields the user has mapped. */
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
  const namedModel = typeof model === 'string' ? model : null;
  const found = readMappedRequest(at('request'), namedModel);
  if (found === null) {
    const path = mapping.get('request')?.text ?? '$';
    return { kind: 'rejected', reason: `no request at ${path}`, recordId: readRecordId(id) };
  }
  return captureRecord({
    ...found,
    id,
    timestamp: parseEpoch(at('timestamp')),
    outcome: readOutcome(at('response'), { status: null, tools, plainText: 'answer' }),
    totalMs: readDuration(at('latencyMs')),
    timeToFirstTokenMs: null,
    endpoints: [at('endpoint')],
    model: namedModel,
    user: at('user'),
    conversation: at('conversation'),
  });
};

/** The mapped model is that of a body that names none. An object without messages is kept, to be rejected. */
const readMappedRequest = (
  value: JsonValue | undefined,
  model: string | null,
): PartialRequest | null => {
  const found = readRequestValue(value, model);
  const given = unwrapJson(value);
  if (!isJsonObject(given)) return found;
  const body = found?.request ?? given;
  return { request: { ...(model === null ? {} : { model }), ...body }, partial: [] };
};
