import { isJsonObject, type JsonObject, type JsonValue, objectOrEmpty } from '../../text/json.ts';
import { readRecordId } from '../capture-id.ts';
import { recogniseAnswerBody } from '../dialects/recognise-answer.ts';
import { type Format, type FormatRecord, oneByOne } from './format.ts';
import { batchAnswer, batchFailure, batchRequest } from './parts/batch-record.ts';

/**
 * The requests of a batch of Gemini (https://ai.google.dev/gemini-api/docs/batch-api): `{key, request}`, also
 * with the key in `metadata`. It becomes the id of the capture. The file does not name the model.
 */
export const geminiBatchInput: Format = {
  name: 'Gemini batch input',
  holdsAnswers: false,
  recognises: (record) =>
    keyOf(record) !== undefined &&
    record['response'] === undefined &&
    objectOrEmpty(record['request'])['contents'] !== undefined,
  open: oneByOne((record) =>
    withKey(record, (id) => batchRequest(id, record['request'], { dialect: 'gemini' })),
  ),
};

/** The results of a batch of Gemini: `{key, response}`, or `{key, error}`, in any order. */
export const geminiBatchOutput: Format = {
  name: 'Gemini batch results',
  holdsAnswers: true,
  recognises: ({ error, request, response, ...record }) =>
    keyOf(record) !== undefined &&
    request === undefined &&
    (isJsonObject(response) ? recogniseAnswerBody(response) === 'gemini' : isJsonObject(error)),
  open: oneByOne((record) =>
    withKey(record, (id) => {
      const { error, response } = record;
      return isJsonObject(response)
        ? batchAnswer(id, response)
        : batchFailure(id, null, error, record['status']);
    }),
  ),
};

const keyOf = ({ key, metadata }: JsonObject): JsonValue | undefined =>
  key ?? objectOrEmpty(metadata)['key'];

const withKey = (record: JsonObject, read: (id: string) => FormatRecord): FormatRecord => {
  const id = readRecordId(keyOf(record));
  return id === null ? { kind: 'rejected', reason: 'no key', recordId: null } : read(id);
};
