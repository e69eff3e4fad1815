import { z } from 'zod';
import {
  firstString,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  objectOrEmpty,
} from '../../text/json.ts';
import { readRecordId } from '../capture-id.ts';
import { notPrompt, otherApiReason, recogniseCallPath } from '../dialects/recognise-call.ts';
import { type Format, type FormatRecord, oneByOne } from './format.ts';
import { batchAnswer, batchFailure, batchRequest } from './parts/batch-record.ts';

const output = z.object({
  response: z.object({ status_code: z.number(), body: z.custom<JsonValue>().optional() }).nullish(),
  error: z.custom<JsonValue>().optional(),
});

/**
 * Reads a record of an OpenAI Batch, which vLLM, Azure, Groq, Mistral and others copy: requests are in the
 * input file, their results in the output and the error file, in any order. They are joined by `custom_id`,
 * which becomes the id of the capture. The `url` of a request says its dialect.
 */
const readBatch = (record: JsonObject): FormatRecord => {
  const id = readRecordId(record['custom_id']);
  if (id === null) return { kind: 'rejected', reason: 'no custom_id', recordId: null };
  return isInput(record) ? readInput(record, id) : readOutput(record, id);
};

const isInput = (record: JsonObject): boolean => record['body'] !== undefined;

/** The requests of an OpenAI Batch. */
export const batchInput: Format = {
  name: 'OpenAI Batch input',
  holdsAnswers: false,
  recognises: (record) => record['custom_id'] !== undefined && isInput(record),
  open: oneByOne(readBatch),
};

/** The output or error file of an OpenAI Batch. */
export const batchOutput: Format = {
  name: 'OpenAI Batch output',
  holdsAnswers: true,
  recognises: (record) =>
    record['custom_id'] !== undefined &&
    (record['response'] !== undefined || record['error'] !== undefined),
  open: oneByOne(readBatch),
};

const readInput = (record: JsonObject, id: string): FormatRecord => {
  const { body, url } = record;
  if (typeof url !== 'string') return batchRequest(id, body, { dialect: null });
  const call = recogniseCallPath(url, 'POST');
  const reject = (reason: string): FormatRecord => ({ kind: 'rejected', reason, recordId: id });
  if (call.kind === 'call') return batchRequest(id, body, call);
  return reject(call.kind === 'other model call' ? otherApiReason(call.api) : notPrompt(call.path));
};

const readOutput = (record: JsonObject, id: string): FormatRecord => {
  const read = output.safeParse(record);
  if (!read.success) {
    return { kind: 'rejected', reason: 'not a batch output record', recordId: id };
  }
  const { error, response } = read.data;
  const body = response?.body;
  if (response?.status_code === 200 && isJsonObject(body)) return batchAnswer(id, body);
  const code = firstString(objectOrEmpty(error)['code']);
  return batchFailure(id, response?.status_code ?? null, body, error, code ?? undefined);
};
