import * as z from 'zod';
import { isJsonObject, type JsonObject } from '../../text/json.ts';
import { derivedId, readRecordId, recordId } from '../capture-id.ts';
import type { RecordedResponse } from '../capture.ts';
import { callsUndefinedTools, endpointLabel, modelName, requestProblem } from '../chat-request.ts';
import { otherDialectReason } from '../dialects/recognise-call.ts';
import { readTimestamp } from '../times.ts';
import { type Format, type FormatRecord, oneByOne } from './format.ts';
import { unwrapJson } from './parts/embedded-json.ts';
import { besideRequest } from './record-fields.ts';

const completion = z.custom<JsonObject>(isJsonObject);
const milliseconds = z.number().nonnegative().nullish();

/** Everything but the request, which is checked separately. Unknown fields are ignored. */
const nativeRecord = z.object({
  id: recordId.nullish(),
  endpoint: z.string().nullish(),
  timestamp: z.unknown().optional(),
  response: completion.nullish(),
  latencyMs: milliseconds,
  timeToFirstTokenMs: milliseconds,
  responses: z.record(z.string().min(1), completion.nullable()).nullish(),
  metadata: z.custom<JsonObject>(isJsonObject).nullish(),
  partial: z.array(z.string().min(1)).nullish(),
});

const problems: Readonly<Record<string, string>> = {
  id: 'id is neither a string of 1 to 256 characters nor a number',
  endpoint: 'endpoint is not a string',
  response: 'response is not a chat.completion object',
  latencyMs: 'latencyMs is not a number of milliseconds',
  timeToFirstTokenMs: 'timeToFirstTokenMs is not a number of milliseconds',
  responses: 'responses is not an object of chat.completion objects by model',
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
    (isJsonObject(response) && 'choices' in response);
  const isBody = isJsonObject(request) && !('body' in request);
  const others = Object.keys(record).some((name) => besideRequest.has(name) && !ownNames.has(name));
  return !isCompletion || !isBody || others;
};

const readNative = (record: JsonObject): FormatRecord => {
  // Some loggers store a body as JSON text.
  const request = unwrapJson(record['request']);
  const reject = (reason: string): FormatRecord => ({
    kind: 'rejected',
    reason,
    recordId: readRecordId(record['id']),
  });
  const problem = requestProblem(request);
  if (problem !== null || !isJsonObject(request)) return reject(problem ?? 'no request');
  const read = nativeRecord.safeParse(record);
  if (!read.success) {
    return reject(problems[String(read.error.issues[0]?.path[0])] ?? 'not a native capture');
  }
  const { id, endpoint, timestamp, metadata } = read.data;
  if (read.data.response?.['type'] === 'message') {
    return reject(otherDialectReason('Anthropic Messages'));
  }
  const ownMetadata = request['metadata'];
  const recorded = recordedResponses(request, read.data);
  return {
    kind: 'capture',
    capture: {
      id: String(id ?? derivedId({ request, timestamp: null })),
      endpoint: endpointLabel(request, [
        endpoint ?? undefined,
        metadata?.['endpoint'],
        isJsonObject(ownMetadata) ? ownMetadata['endpoint'] : undefined,
      ]),
      timestamp: readTimestamp(timestamp),
      request,
      recorded,
      metadata: metadata ?? null,
      partial: read.data.partial ?? lostParts(request, recorded),
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
