import { isJsonObject, type JsonObject, objectOrEmpty } from '../../text/json.ts';
import { readRecordId } from '../capture-id.ts';
import { type Format, type FormatRecord, oneByOne } from './format.ts';
import { batchAnswer, batchFailure, batchRequest } from './parts/batch-record.ts';

/**
 * The requests of a Message Batch of Anthropic (https://platform.claude.com/docs/en/api/creating-message-batches):
 * `{custom_id, params}`, line by line or as the `requests` of one object. `custom_id` becomes the id of the
 * capture.
 */
export const anthropicBatchInput: Format = {
  name: 'Anthropic batch input',
  holdsAnswers: false,
  recognises: (record) => record['custom_id'] !== undefined && isJsonObject(record['params']),
  open: oneByOne((record) =>
    withId(record, (id) => batchRequest(id, record['params'], { dialect: 'messages' })),
  ),
};

/** The results of a Message Batch: `{custom_id, result}`, in any order. */
export const anthropicBatchOutput: Format = {
  name: 'Anthropic batch results',
  holdsAnswers: true,
  recognises: (record) => record['custom_id'] !== undefined && isJsonObject(record['result']),
  open: oneByOne((record) =>
    withId(record, (id) => {
      const { error, message, type } = objectOrEmpty(record['result']);
      if (type === 'succeeded' && isJsonObject(message)) return batchAnswer(id, message);
      return batchFailure(id, null, error, `the request is ${String(type)}`);
    }),
  ),
};

const withId = (record: JsonObject, read: (id: string) => FormatRecord): FormatRecord => {
  const id = readRecordId(record['custom_id']);
  return id === null ? { kind: 'rejected', reason: 'no custom_id', recordId: null } : read(id);
};
