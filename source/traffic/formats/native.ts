import * as z from 'zod';
import { isJsonObject, type JsonObject } from '../../text/json.ts';
import { derivedId, readRecordId, recordId } from '../capture-id.ts';
import type { RecordedResponse } from '../capture.ts';
import { callsUndefinedTools, chatRequestOf, endpointLabel, modelName } from '../chat-request.ts';
import { dialects } from '../dialects/dialect.ts';
import { recogniseAnswerBody } from '../dialects/recognise-answer.ts';
import { findRequest } from '../dialects/replayable-request.ts';
import { isUnreadTime, readTimestamp } from '../times.ts';
import { type Format, type FormatRecord, oneByOne } from './format.ts';
import { unwrapJson } from './parts/embedded-json.ts';
import { besideRequest } from './record-fields.ts';

const answerBody = z.custom<JsonObject>(isJsonObject);
const milliseconds = z.number().nonnegative().nullish();

/** Everything but the request, which is checked separately. Unknown fields are ignored. */
const nativeRecord = z.object({
  id: recordId.nullish(),
  endpoint: z.string().nullish(),
  timestamp: z.unknown().optional(),
  dialect: z.enum(dialects).nullish(),
  model: z.string().min(1).nullish(),
  response: answerBody.nullish(),
  latencyMs: milliseconds,
  timeToFirstTokenMs: milliseconds,
  responses: z.record(z.string().min(1), answerBody.nullable()).nullish(),
  metadata: z.custom<JsonObject>(isJsonObject).nullish(),
  partial: z.array(z.string().min(1)).nullish(),
});

const problems: Readonly<Record<string, string>> = {
  id: 'id is neither a string of 1 to 256 characters nor a number',
  endpoint: 'endpoint is not a string',
  dialect: `dialect is not one of ${dialects.join(', ')}`,
  model: 'model is not a name',
  response: 'response is not an object',
  latencyMs: 'latencyMs is not a number of milliseconds',
  timeToFirstTokenMs: 'timeToFirstTokenMs is not a number of milliseconds',
  responses: 'responses is not an object of answers by model',
  metadata: 'metadata is not an object',
  partial: 'partial is not a list of names',
};

/** The program's own format: one capture a line. Only `request` is required. */
export const native: Format = {
  name: 'native captures',
  holdsAnswers: false,
  recognises: (record) => isJsonObject(record['request']) && !hasOtherSpelling(record),
  open: oneByOne((record) => readNative(record)),
};

const ownNames: ReadonlySet<string> = new Set(Object.keys(nativeRecord.shape));

/** Similar records that others write are left to a format that understands more spellings. */
const hasOtherSpelling = (record: JsonObject): boolean => {
  const { request, response } = record;
  const isCompletion =
    response === undefined ||
    response === null ||
    (isJsonObject(response) && recogniseAnswerBody(response) !== null);
  const isBody = isJsonObject(request) && !('body' in request);
  const others = Object.keys(record).some((name) => besideRequest.has(name) && !ownNames.has(name));
  return !isCompletion || !isBody || others;
};

const readNative = (record: JsonObject): FormatRecord => {
  // Some loggers store a body as JSON text.
  const given = unwrapJson(record['request']);
  const reject = (reason: string): FormatRecord => ({
    kind: 'rejected',
    reason,
    recordId: readRecordId(record['id']),
  });
  const read = nativeRecord.safeParse(record);
  if (!read.success) {
    return reject(problems[String(read.error.issues[0]?.path[0])] ?? 'not a native capture');
  }
  const { id, dialect, endpoint, model, response, timestamp, metadata } = read.data;
  const answer = response ? recogniseAnswerBody(response) : null;
  const call = findRequest(given, { dialect, model, answer });
  if (call.found === null) return reject(call.problem);
  const { request } = call.found;
  const chat = chatRequestOf(call.found);
  const ownMetadata = request['metadata'];
  const recorded = recordedResponses(chat, read.data);
  const time = readTimestamp(timestamp);
  return {
    kind: 'capture',
    ...(isUnreadTime(timestamp, time) ? { unreadTime: true } : {}),
    capture: {
      id: readRecordId(id) ?? derivedId({ ...call.found, timestamp: null }),
      endpoint: endpointLabel(chat, [
        endpoint ?? undefined,
        metadata?.['endpoint'],
        isJsonObject(ownMetadata) ? ownMetadata['endpoint'] : undefined,
      ]),
      timestamp: time,
      ...call.found,
      recorded,
      metadata: metadata ?? null,
      partial: read.data.partial ?? lostParts(chat, recorded),
    },
  };
};

/** Where a record does not say what was lost, its messages may. */
const lostParts = (
  request: JsonObject,
  recorded: readonly RecordedResponse[],
): readonly string[] => {
  const answers = recorded.filter(({ production }) => production).map(({ body }) => body);
  return callsUndefinedTools(request, answers) ? ['tools'] : [];
};

const recordedResponses = (
  request: JsonObject,
  record: z.infer<typeof nativeRecord>,
): readonly RecordedResponse[] => {
  const recorded: RecordedResponse[] = [];
  if (record.response) {
    recorded.push({
      model: modelName(record.response, request),
      production: true,
      body: record.response,
      timeToFirstTokenMs: record.timeToFirstTokenMs ?? null,
      totalMs: record.latencyMs ?? null,
    });
  }
  for (const [model, body] of Object.entries(record.responses ?? {})) {
    if (body === null) continue;
    recorded.push({ model, production: false, body, timeToFirstTokenMs: null, totalMs: null });
  }
  return recorded;
};
