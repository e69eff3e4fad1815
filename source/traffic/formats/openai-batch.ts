import { z } from 'zod';
import {
  firstString,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  objectOrEmpty,
} from '../../text/json.ts';
import { readRecordId } from '../capture-id.ts';
import { chatRequestOf, endpointLabel, modelName } from '../chat-request.ts';
import { notPrompt, otherApiReason, recogniseCallPath } from '../dialects/recognise-call.ts';
import { findRequest } from '../dialects/replayable-request.ts';
import { type Format, type FormatRecord, oneByOne } from './format.ts';
import { errorMessage, recordedError } from './parts/recorded-outcome.ts';

const output = z.object({
  response: z.object({ status_code: z.number(), body: z.custom<JsonValue>().optional() }).nullish(),
  error: z.custom<JsonValue>().optional(),
});

/**
 * Reads a record of an OpenAI Batch, which vLLM, Azure, Groq, Mistral and others copy: requests are in the
 * input file, their results in the output and the error file, in any order. They are joined by `custom_id`,
 * which becomes the id of the capture. Batches record no times of single requests.
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
  const call = typeof url === 'string' ? recogniseCallPath(url, 'POST') : null;
  const reject = (reason: string): FormatRecord => ({ kind: 'rejected', reason, recordId: id });
  if (call?.kind === 'other model call') return reject(otherApiReason(call.api));
  if (call !== null && call.kind !== 'call') return reject(notPrompt(call.path));
  const read = findRequest(body, { dialect: call?.dialect, model: call?.model });
  if (read.found === null) return reject(read.problem);
  const metadata = isJsonObject(read.found.request['metadata'])
    ? read.found.request['metadata']
    : null;
  return {
    kind: 'capture',
    capture: {
      id,
      endpoint: endpointLabel(chatRequestOf(read.found), [metadata?.['endpoint']]),
      timestamp: null,
      ...read.found,
      recorded: [],
      metadata,
      partial: [],
    },
  };
};

const readOutput = (record: JsonObject, id: string): FormatRecord => {
  const read = output.safeParse(record);
  if (!read.success) {
    return { kind: 'rejected', reason: 'not a batch output record', recordId: id };
  }
  const { error, response } = read.data;
  const body = response?.body;
  if (response?.status_code !== 200 || !isJsonObject(body)) {
    const status = response?.status_code ?? null;
    const code = firstString(objectOrEmpty(error)['code']);
    const message = errorMessage(body) ?? errorMessage(error) ?? code ?? 'no reason given';
    return { kind: 'answer', captureId: id, recorded: null, error: recordedError(status, message) };
  }
  const recorded = {
    model: modelName(body),
    production: true,
    body,
    timeToFirstTokenMs: null,
    totalMs: null,
  };
  return { kind: 'answer', captureId: id, recorded };
};
