import { firstString, type JsonObject, objectOrEmpty } from '../../../text/json.ts';
import { readRecordId } from '../../capture-id.ts';
import { msBetween } from '../../times.ts';
import { type Format, type FormatRecord, oneByOne } from '../format.ts';
import { captureRecord } from '../parts/capture-record.ts';
import { answeredWith, failedSaying, type RecordedOutcome } from '../parts/recorded-outcome.ts';
import { valueAtDottedPath } from './attribute-paths.ts';
import { openInferenceCall, openInferenceKind } from './open-inference.ts';

/**
 * Spans downloaded from Phoenix: one object a span, with its attributes in `attributes` or, as columns of a
 * table, in keys that begin with it (Arize-ai/phoenix, `get_spans_dataframe`, exported as JSON).
 */
export const phoenix: Format = {
  name: 'Phoenix spans',
  holdsAnswers: false,
  recognises: (record) =>
    typeof valueAtDottedPath(record, 'context.span_id') === 'string' &&
    phoenixKind(record) !== null,
  open: oneByOne((record) => readPhoenixSpan(record)),
};

const phoenixKind = (record: JsonObject): string | null => {
  const kind = record['span_kind'];
  return (
    openInferenceKind(phoenixAttributes(record)) ??
    (typeof kind === 'string' ? kind.toUpperCase() : null)
  );
};

const columnPrefix = 'attributes.';

const phoenixAttributes = (record: JsonObject): JsonObject => {
  const columns = Object.entries(record)
    .filter(([key, value]) => key.startsWith(columnPrefix) && value !== null)
    .map(([key, value]) => [key.slice(columnPrefix.length), value] as const);
  return { ...objectOrEmpty(record['attributes']), ...Object.fromEntries(columns) };
};

const readPhoenixSpan = (record: JsonObject): FormatRecord => {
  const kind = phoenixKind(record);
  if (kind !== 'LLM') return { kind: 'ignored', what: `a span of kind ${String(kind)}` };
  const attributes = phoenixAttributes(record);
  const call = openInferenceCall(attributes);
  const id = readRecordId(valueAtDottedPath(record, 'context.span_id'));
  if (call.request === null) return { kind: 'rejected', reason: call.reason, recordId: id };
  const traceId = valueAtDottedPath(record, 'context.trace_id');
  return captureRecord({
    id: `${String(traceId)}-${String(id)}`,
    timestamp: record['start_time'],
    request: call.request,
    outcome: phoenixOutcome(record, call.answer),
    totalMs: msBetween(record['start_time'], record['end_time']),
    timeToFirstTokenMs: null,
    user: valueAtDottedPath(attributes, 'user.id'),
    conversation: valueAtDottedPath(attributes, 'session.id') ?? traceId,
    partial: call.partial,
  });
};

const phoenixOutcome = (record: JsonObject, answer: JsonObject | null): RecordedOutcome => {
  if (record['status_code'] !== 'ERROR') return answeredWith(answer);
  const message = firstString(record['status_message']) ?? 'an error';
  return failedSaying(message);
};
