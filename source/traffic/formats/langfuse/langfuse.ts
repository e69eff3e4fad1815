import {
  firstString,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  objectOrEmpty,
} from '../../../text/json.ts';
import { readRecordId } from '../../capture-id.ts';
import type { Surroundings } from '../../reading/source-record.ts';
import { msBetween } from '../../times.ts';
import { type Format, type FormatRecord, oneByOne } from '../format.ts';
import { captureRecord } from '../parts/capture-record.ts';
import { unwrapObject } from '../parts/embedded-json.ts';
import { readNumber } from '../parts/parameters.ts';
import { answeredWith, failedSaying, type RecordedOutcome } from '../parts/recorded-outcome.ts';
import { observationCall } from './observation-call.ts';

const observationTypes: ReadonlySet<string> = new Set([
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

/** Calls of the AI SDK that consist of others, which have observations of their own. */
const outerCall = /^ai\.(?:generate|stream)(?:Text|Object)$/;

/** Names that instrumentations give to every call, or that are new for each. */
const genericName =
  /^(?:openai-generation|chat\b.*|(?:azure)?chatopenai|completion|response|generation|generatecontent|llm\b.*|ai\..*|.*\.invoke|.*[0-9a-f]{8}-[0-9a-f]{4}-.*)$/i;

/**
 * Observations of Langfuse: from its public API (both versions), from exports of its UI, also with the trace
 * around them, and from exports to blob storage (snake_case). Source: langfuse/langfuse,
 * fern/apis/server/definition and worker/src/features. Only generations are calls of a model. Durations
 * are computed from timestamps, because `latency` is in seconds in some places and milliseconds in others.
 */
export const langfuse: Format = {
  name: 'Langfuse',
  holdsAnswers: false,
  recognises: (row, around) =>
    isObservation(row) || isTrace(row) || (around?.within === 'observations' && 'traceId' in row),
  open: oneByOne((row, around) => readObservation(row, around)),
};

const isObservation = (row: JsonObject): boolean => {
  const { type } = row;
  if (typeof type !== 'string' || !observationTypes.has(type)) return false;
  // An observation of version 4 stands for itself: its trace has no record, and may have no id.
  const hasTrace = 'traceId' in row || 'trace_id' in row;
  const names = ['startTime', 'start_time', 'parentObservationId', 'level', 'input'];
  return hasTrace && names.some((name) => row[name] !== undefined);
};

/** Lists of traces have input and output, but they are not calls of a model. */
const isTrace = (row: JsonObject): boolean =>
  typeof row['bookmarked'] === 'boolean' &&
  typeof row['timestamp'] === 'string' &&
  row['type'] === undefined;

const readObservation = (row: JsonObject, around: Surroundings | null): FormatRecord => {
  if (!isObservation(row)) {
    return isTrace(row)
      ? rejected(row, 'a trace without its calls (Langfuse: export observations)')
      : { kind: 'ignored', what: 'not an observation' };
  }
  const { type, name } = row;
  if (type !== 'GENERATION') {
    return { kind: 'ignored', what: `an observation of type ${String(type)}` };
  }
  const metadata = unwrapObject(row['metadata']);
  const operation = unwrapObject(metadata['attributes'])['ai.operationId'] ?? name;
  if (outerCall.test(String(operation))) {
    return { kind: 'ignored', what: 'an outer call of the AI SDK' };
  }
  const call = observationCall(row, metadata);
  if (call.request === null) return rejected(row, call.reason);
  const trace = isJsonObject(around?.rest['trace'])
    ? around.rest['trace']
    : objectOrEmpty(around?.rest);
  const start = row['startTime'] ?? row['start_time'];
  const firstToken = row['completionStartTime'] ?? row['completion_start_time'];
  return captureRecord({
    id: row['id'],
    timestamp: start,
    request: call.request,
    outcome: observationOutcome(row, call.answer),
    totalMs:
      msBetween(start, row['endTime'] ?? row['end_time']) ?? readNumber(row['latencyMs']) ?? null,
    timeToFirstTokenMs:
      msBetween(start, firstToken) ?? readNumber(row['timeToFirstTokenMs']) ?? null,
    endpoints: [
      row['promptName'] ?? row['prompt_name'],
      featureName(row['traceName'] ?? row['trace_name']),
      featureName(trace['id'] === row['traceId'] ? trace['name'] : undefined),
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
};

const featureName = (name: JsonValue | undefined): JsonValue | undefined =>
  typeof name === 'string' && !genericName.test(name) ? name : undefined;

const rejected = (row: JsonObject, reason: string): FormatRecord => ({
  kind: 'rejected',
  reason,
  recordId: readRecordId(row['id']),
});

const observationOutcome = (row: JsonObject, answer: JsonObject | null): RecordedOutcome => {
  if (row['level'] !== 'ERROR') return answeredWith(answer);
  const message = firstString(row['statusMessage'] ?? row['status_message']) ?? 'an error';
  return failedSaying(message);
};
