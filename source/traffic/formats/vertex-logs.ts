import { firstString, type JsonObject, type JsonValue } from '../../text/json.ts';
import { readRecordId } from '../capture-id.ts';
import { parseEpoch } from '../times.ts';
import { type Format, type FormatRecord, type FormatTools, oneByOne } from './format.ts';
import { captureRecord } from './parts/capture-record.ts';
import { storedValue } from './parts/embedded-json.ts';
import { readOutcome } from './parts/recorded-outcome.ts';

/**
 * The request-response logs of Vertex AI, exported from their table in BigQuery
 * (https://cloud.google.com/vertex-ai/generative-ai/docs/multimodal/request-response-logging): `full_request` and
 * `full_response`, as JSON or as its text, of Gemini and of Anthropic's models.
 */
export const vertexLogs: Format = {
  name: 'Vertex AI request-response logs',
  holdsAnswers: false,
  recognises: (row) =>
    row['full_request'] !== undefined &&
    ['full_response', 'logging_time', 'api_method'].some((name) => row[name] !== undefined),
  open: oneByOne((row, _, tools) => readRow(row, tools)),
};

const readRow = (row: JsonObject, tools: FormatTools): FormatRecord => {
  const { request_id: id } = row;
  const request = storedValue(row['full_request']);
  if (request === undefined) {
    return { kind: 'rejected', reason: 'request not stored', recordId: readRecordId(id) };
  }
  return captureRecord({
    id,
    timestamp: parseEpoch(withZone(row['logging_time'])),
    request,
    outcome: readOutcome(storedValue(row['full_response']), {
      status: null,
      tools,
      plainText: 'no answer',
    }),
    totalMs: null,
    timeToFirstTokenMs: null,
    model: bareModel(row['model']),
    isWire: true,
  });
};

/** BigQuery writes `2026-10-01 09:00:00 UTC`. */
const withZone = (time: JsonValue | undefined): JsonValue | undefined =>
  typeof time === 'string' ? time.replace(/ UTC$/, 'Z') : time;

/** A model may be named with its project and publisher before it. */
const bareModel = (name: JsonValue | undefined): string | null =>
  firstString(name)?.replace(/^.*\/models\//, '') ?? null;
