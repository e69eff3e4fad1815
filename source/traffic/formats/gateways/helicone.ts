import { isJsonObject, type JsonObject, type JsonValue } from '../../../text/json.ts';
import { readRecordId } from '../../capture-id.ts';
import { modelPath, requestProtocol } from '../../dialects/recognise-call.ts';
import { type Format, type FormatRecord, type FormatTools, oneByOne } from '../format.ts';
import { captureRecord } from '../parts/capture-record.ts';
import { completionUsage, firstCount } from '../parts/chat-completion.ts';
import { storedValue } from '../parts/embedded-json.ts';
import { readNumber } from '../parts/parameters.ts';
import { failedWith, readOutcome, type RecordedOutcome } from '../parts/recorded-outcome.ts';
import { readDuration } from '../plain/record-fields.ts';
import { withKnown } from './gateway-call.ts';

/**
 * Rows of Helicone's request API and of its export tool (Helicone/helicone, packages/llm-mapper/types.ts
 * and examples/export/typescript). The bodies are there only where they were fetched: from
 * `signed_body_url`, which gives `{request, response}`. Times are milliseconds.
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
  const reject = (reason: string): FormatRecord => ({
    kind: 'rejected',
    reason,
    recordId: readRecordId(id),
  });
  const fetched = storedValue(row['body']);
  const bodies = isJsonObject(fetched) ? fetched : {};
  const body = storedValue(bodies['request'] ?? row['request_body']);
  const place = modelPath(String(row['target_url'] ?? row['request_path'] ?? ''), 'POST');
  const wrongPath = `not a chat completion (${place.path.slice(0, 60)})`;
  if (place.kind === 'no model call') return { kind: 'ignored', what: wrongPath };
  if (place.kind === 'other model call') return reject(wrongPath);
  if (!isJsonObject(body)) return reject(withoutBody);
  if (body['_type'] !== undefined)
    return { kind: 'ignored', what: 'a logged step that is no call' };
  if (!('messages' in body) && noteOf(body) !== null) return reject(withoutBody);
  const protocol = requestProtocol(body);
  if (protocol.kind !== 'chat') {
    const what = `not a chat completion (${protocol.what})`;
    return protocol.kind === 'no model call' ? { kind: 'ignored', what } : reject(what);
  }
  const properties = propertiesOf(row);
  const model = [row['model_override'], row['request_model'], row['model']].find(isName);
  const isCached = isName(row['cache_reference_id']) && /[1-9a-f]/i.test(row['cache_reference_id']);
  return captureRecord({
    id,
    timestamp: row['request_created_at'],
    request: body['model'] === undefined && model !== undefined ? { model, ...body } : body,
    outcome: outcomeOf(row, bodies['response'] ?? row['response_body'], tools),
    totalMs: isCached ? null : readDuration(row['delay_ms']),
    timeToFirstTokenMs: isCached ? null : readDuration(row['time_to_first_token']),
    endpoints: [properties['Helicone-Prompt-Id'], row['prompt_id'], properties['endpoint']],
    user: row['request_user_id'] ?? row['user_id'] ?? properties['Helicone-User-Id'],
    conversation: properties['Helicone-Session-Id'],
    metadata: Object.fromEntries(
      Object.entries(properties).filter(([name]) => !/^Helicone-(?:Session|User)-Id$/i.test(name)),
    ),
  });
};

const isName = (value: JsonValue | undefined): value is string =>
  typeof value === 'string' && value !== '';

const propertiesOf = (row: JsonObject): JsonObject => {
  const stored = storedValue(row['request_properties']) ?? storedValue(row['properties']);
  return isJsonObject(stored) ? stored : {};
};

/** What Helicone says in place of a body: that it is to be fetched, or what it did with the call. */
const noteOf = (body: JsonObject): string | null => {
  const note = body['heliconeMessage'] ?? body['helicone_message'];
  if (note === undefined || note === null) return null;
  return typeof note === 'string' ? note : JSON.stringify(note);
};

/** Statuses below 100 are Helicone's own. */
const ownStatus: Readonly<Record<string, string>> = {
  '-1': 'the call timed out',
  '-3': 'the call was cancelled',
  '-4': 'the call was held for a threat',
};

const outcomeOf = (
  row: JsonObject,
  body: JsonValue | undefined,
  tools: FormatTools,
): RecordedOutcome => {
  const code = readNumber(row['response_status']) ?? null;
  const status = code !== null && code >= 100 ? code : null;
  const response = storedValue(body);
  const error = isJsonObject(response) ? response['error'] : undefined;
  const note = isJsonObject(error) ? noteOf(error) : null;
  if (note !== null) return failedWith(status, note);
  const own = code === null ? undefined : ownStatus[`${code}`];
  if (own !== undefined) return failedWith(null, own);
  if (isJsonObject(response) && !('choices' in response)) {
    const streamed = response['streamed_data'];
    if (streamed !== undefined) return known(row, streamed, status, tools);
    if (noteOf(response) !== null && (status ?? 0) < 400) return { kind: 'unknown' };
  }
  return known(row, response, status, tools);
};

const known = (
  row: JsonObject,
  response: JsonValue | undefined,
  status: number | null,
  tools: FormatTools,
): RecordedOutcome => {
  const model = [row['response_model'], row['model_override'], row['request_model']].find(isName);
  return withKnown(readOutcome(response, { status, tools, plainText: 'no answer' }), {
    model: model ?? null,
    usage: completionUsage({
      input: firstCount(row['prompt_tokens']),
      output: firstCount(row['completion_tokens']),
      cachedInput: firstCount(row['prompt_cache_read_tokens']),
      reasoning: null,
    }),
  });
};
