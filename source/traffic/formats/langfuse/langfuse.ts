import { isJsonObject, type JsonObject, type JsonValue } from '../../../text/json.ts';
import { readRecordId } from '../../capture-id.ts';
import type { Surroundings } from '../../reading/read-records.ts';
import { type Format, type FormatRecord, oneByOne } from '../format.ts';
import { captureRecord } from '../parts/capture-record.ts';
import { unwrapJson } from '../parts/embedded-json.ts';
import { msBetween, statusInText } from '../parts/moments.ts';
import { readNumber } from '../parts/parameters.ts';
import { failedWith, type RecordedOutcome } from '../parts/recorded-outcome.ts';
import { observationCall } from './observation-call.ts';

const types: ReadonlySet<string> = new Set([
  'GENERATION',
  'SPAN',
  'EVENT',
  'AGENT',
  'TOOL',
  'CHAIN',
  'RETRIEVER',
  'EVALUATOR',
  'EMBEDDING',
  'GUARDRAIL',
]);

/** The calls of the AI SDK that are made of others, which have observations of their own. */
const outerCall = /^ai\.(?:generate|stream)(?:Text|Object)$/;

/** Names that instrumentations give to every call, or a new one to each. */
const genericName =
  /^(?:openai-generation|chat\b.*|(?:azure)?chatopenai|completion|response|generation|generatecontent|llm\b.*|ai\..*|.*\.invoke|.*[0-9a-f]{8}-[0-9a-f]{4}-.*)$/i;

/**
 * Observations of Langfuse: of its public API (both versions), of exports of its UI, also with the trace
 * around them, and of exports to blob storage (snake_case). Source: langfuse/langfuse,
 * fern/apis/server/definition and worker/src/features. Only generations are calls of a model. Durations
 * are reckoned from the moments, because `latency` is in seconds here and in milliseconds there.
 */
export const langfuse: Format = {
  name: 'Langfuse',
  holdsAnswers: false,
  recognises: (row, around) =>
    isObservation(row) || isTrace(row) || (around?.within === 'observations' && 'traceId' in row),
  open: oneByOne(readRow),
};

const isObservation = (row: JsonObject): boolean => {
  const { type } = row;
  if (typeof type !== 'string' || !types.has(type)) return false;
  const hasTrace = typeof (row['traceId'] ?? row['trace_id']) === 'string';
  const names = ['startTime', 'start_time', 'parentObservationId', 'level', 'input'];
  return hasTrace && names.some((name) => row[name] !== undefined);
};

/** Lists of traces have their input and output, which are no call of a model. */
const isTrace = (row: JsonObject): boolean =>
  typeof row['bookmarked'] === 'boolean' &&
  typeof row['timestamp'] === 'string' &&
  row['type'] === undefined;

function readRow(row: JsonObject, around: Surroundings | null): FormatRecord {
  if (!isObservation(row)) {
    return isTrace(row)
      ? reject(row, 'a trace without its calls (Langfuse: export observations)')
      : { kind: 'ignored', what: 'no observation' };
  }
  const { type, name } = row;
  if (type !== 'GENERATION') {
    return { kind: 'ignored', what: `an observation of type ${String(type)}` };
  }
  const metadata = readMetadata(row['metadata']);
  const attributes = unwrapJson(metadata['attributes']);
  const operation = isJsonObject(attributes) ? attributes['ai.operationId'] : undefined;
  if (outerCall.test(String(operation ?? name))) {
    return { kind: 'ignored', what: 'an outer call of the AI SDK' };
  }
  const call = observationCall(row, metadata);
  if (call.request === null) return reject(row, call.reason ?? 'no messages');
  const trace = isJsonObject(around?.rest['trace']) ? around.rest['trace'] : (around?.rest ?? {});
  const start = row['startTime'] ?? row['start_time'];
  const first = row['completionStartTime'] ?? row['completion_start_time'];
  const outcome = outcomeOf(row, call.answer);
  return captureRecord({
    id: row['id'],
    timestamp: start,
    request: call.request,
    outcome,
    totalMs:
      msBetween(start, row['endTime'] ?? row['end_time']) ?? readNumber(row['latencyMs']) ?? null,
    timeToFirstTokenMs: msBetween(start, first) ?? readNumber(row['timeToFirstTokenMs']) ?? null,
    endpoints: [
      row['promptName'] ?? row['prompt_name'],
      featureName(row['traceName'] ?? row['trace_name']),
      featureName(isTraceOf(trace, row) ? trace['name'] : undefined),
      featureName(name),
    ],
    user: row['userId'] ?? row['user_id'] ?? trace['userId'],
    conversation:
      row['sessionId'] ??
      row['session_id'] ??
      trace['sessionId'] ??
      row['traceId'] ??
      row['trace_id'],
    partial: call.partial,
  });
}

const featureName = (name: JsonValue | undefined): JsonValue | undefined =>
  typeof name === 'string' && !genericName.test(name) ? name : undefined;

const isTraceOf = (trace: JsonObject, row: JsonObject): boolean => trace['id'] === row['traceId'];

const reject = (row: JsonObject, reason: string): FormatRecord => ({
  kind: 'rejected',
  reason,
  recordId: readRecordId(row['id']),
});

const readMetadata = (stored: JsonValue | undefined): JsonObject => {
  const value = unwrapJson(stored);
  return isJsonObject(value) ? value : {};
};

const outcomeOf = (row: JsonObject, answer: JsonObject | null): RecordedOutcome => {
  if (row['level'] === 'ERROR') {
    const said = row['statusMessage'] ?? row['status_message'];
    const message = typeof said === 'string' && said !== '' ? said : 'an error';
    return failedWith(statusInText(message), message);
  }
  return answer === null ? { kind: 'unknown' } : { kind: 'answered', body: answer };
};
