import {
  firstString,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  objectOrEmpty,
} from '../../../text/json.ts';
import { readRecordId } from '../../capture-id.ts';
import type { Dialect } from '../../dialects/dialect.ts';
import { recogniseAnswerBody } from '../../dialects/recognise-answer.ts';
import { readDuration } from '../../times.ts';
import { type Format, type FormatRecord, type FormatTools, oneByOne } from '../format.ts';
import { captureRecord } from '../parts/capture-record.ts';
import { completionUsage, firstCount } from '../parts/chat-completion.ts';
import { storedObject, storedValue } from '../parts/embedded-json.ts';
import { readNumber } from '../parts/parameters.ts';
import { failedWith, readOutcome, type RecordedOutcome } from '../parts/recorded-outcome.ts';
import {
  gatewayRequest,
  ignoredBody,
  readGatewayPath,
  withKnownFacts,
  withoutMembers,
} from './gateway-call.ts';

/**
 * Rows of Helicone's request API and of its export tool (Helicone/helicone, packages/llm-mapper/types.ts
 * and examples/export/typescript). They have bodies only if these were fetched from `signed_body_url`,
 * which returns `{request, response}`. Times are in milliseconds.
 */
export const helicone: Format = {
  name: 'Helicone',
  holdsAnswers: false,
  recognises: (record) =>
    record['request_created_at'] !== undefined &&
    ['request_body', 'signed_body_url', 'request_path', 'body'].some(
      (name) => record[name] !== undefined,
    ),
  open: oneByOne((record, _, tools) => readRow(record, tools)),
};

const withoutBody =
  'body not in the export (Helicone: --include-body, or GET signed_body_url into body)';

const readRow = (row: JsonObject, tools: FormatTools): FormatRecord => {
  const { request_id: id } = row;
  const bodies = storedObject(row['body']);
  const body = storedValue(bodies['request'] ?? row['request_body']);
  const url = String(row['target_url'] ?? row['request_path'] ?? '');
  const path = readGatewayPath({ url, method: 'POST' }, id);
  if ('other' in path) return path.other;
  const isMissing =
    !isJsonObject(body) ||
    (body['_type'] === undefined && !('messages' in body) && noteInBody(body) !== null);
  if (isMissing) return { kind: 'rejected', reason: withoutBody, recordId: readRecordId(id) };
  if (body['_type'] !== undefined) {
    return { kind: 'ignored', what: 'a logged step that is not a call' };
  }
  const ignored = path.dialect === null ? ignoredBody(body) : null;
  if (ignored !== null) return ignored;
  const properties = rowProperties(row);
  const cacheId = firstString(row['cache_reference_id']);
  const isCached = cacheId !== null && /[1-9a-f]/i.test(cacheId);
  return captureRecord({
    id,
    timestamp: row['request_created_at'],
    ...gatewayRequest(body, path, row['model_override'], row['request_model'], row['model']),
    outcome: rowOutcome(row, bodies['response'] ?? row['response_body'], {
      dialect: path.dialect,
      tools,
    }),
    totalMs: isCached ? null : readDuration(row['delay_ms']),
    timeToFirstTokenMs: isCached ? null : readDuration(row['time_to_first_token']),
    endpoints: [properties['Helicone-Prompt-Id'], row['prompt_id'], properties['endpoint']],
    user: row['request_user_id'] ?? row['user_id'] ?? properties['Helicone-User-Id'],
    conversation: properties['Helicone-Session-Id'],
    metadata: withoutMembers(properties, /^Helicone-(?:Session|User)-Id$/i),
  });
};

const rowProperties = (row: JsonObject): JsonObject =>
  objectOrEmpty(storedValue(row['request_properties']) ?? storedValue(row['properties']));

/** The texts that Helicone stores in place of a body: that it must be fetched, or what happened to the call. */
const noteInBody = (body: JsonObject): string | null => {
  const note = body['heliconeMessage'] ?? body['helicone_message'];
  if (note === undefined || note === null) return null;
  return typeof note === 'string' ? note : JSON.stringify(note);
};

/** Statuses below 100 are Helicone's own. */
const heliconeStatuses: Readonly<Record<string, string>> = {
  '-1': 'the call timed out',
  '-3': 'the call was cancelled',
  '-4': 'the call was held for a threat',
};

type Reading = { readonly dialect: Dialect | null; readonly tools: FormatTools };

const rowOutcome = (
  row: JsonObject,
  body: JsonValue | undefined,
  reading: Reading,
): RecordedOutcome => {
  const code = readNumber(row['response_status']) ?? null;
  const status = code !== null && code >= 100 ? code : null;
  const response = storedValue(body);
  const error = isJsonObject(response) ? response['error'] : undefined;
  const note = isJsonObject(error) ? noteInBody(error) : null;
  if (note !== null) return failedWith(status, note);
  const failure = code === null ? undefined : heliconeStatuses[`${code}`];
  if (failure !== undefined) return failedWith(null, failure);
  if (isJsonObject(response) && recogniseAnswerBody(response) === null) {
    const streamed = response['streamed_data'];
    if (streamed !== undefined) return responseOutcome(row, streamed, status, reading);
    if (noteInBody(response) !== null && (status ?? 0) < 400) return { kind: 'unknown' };
  }
  return responseOutcome(row, response, status, reading);
};

const responseOutcome = (
  row: JsonObject,
  response: JsonValue | undefined,
  status: number | null,
  reading: Reading,
): RecordedOutcome =>
  withKnownFacts(readOutcome(response, { ...reading, status, plainText: 'no answer' }), {
    model: firstString(row['response_model'], row['model_override'], row['request_model']),
    usage: completionUsage({
      input: firstCount(row['prompt_tokens']),
      output: firstCount(row['completion_tokens']),
      cachedInput: firstCount(row['prompt_cache_read_tokens']),
    }),
  });
