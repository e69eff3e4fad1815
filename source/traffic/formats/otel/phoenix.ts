import { isJsonObject, type JsonObject } from '../../../text/json.ts';
import { readRecordId } from '../../capture-id.ts';
import { type Format, type FormatRecord, oneByOne } from '../format.ts';
import { captureRecord } from '../parts/capture-record.ts';
import { msBetween, statusInText } from '../parts/moments.ts';
import { failedWith, type RecordedOutcome } from '../parts/recorded-outcome.ts';
import { atPath } from './attribute-paths.ts';
import { openInferenceCall, openInferenceKind } from './open-inference.ts';

/**
 * Spans that were downloaded from Phoenix: one object a span, its attributes in `attributes` or, as columns
 * of a table, in keys that begin so (Arize-ai/phoenix, `get_spans_dataframe`, exported as JSON).
 */
export const phoenix: Format = {
  name: 'Phoenix spans',
  holdsAnswers: false,
  recognises: (record) =>
    typeof atPath(record, 'context.span_id') === 'string' && kindOf(record) !== null,
  open: oneByOne(readRow),
};

const kindOf = (record: JsonObject): string | null => {
  const kind = record['span_kind'];
  return (
    openInferenceKind(attributesOf(record)) ??
    (typeof kind === 'string' ? kind.toUpperCase() : null)
  );
};

const attributesOf = (record: JsonObject): JsonObject => {
  const { attributes } = record;
  const columns = Object.entries(record)
    .filter(([key, value]) => key.startsWith('attributes.') && value !== null)
    .map(([key, value]) => [key.slice('attributes.'.length), value] as const);
  return { ...(isJsonObject(attributes) ? attributes : {}), ...Object.fromEntries(columns) };
};

function readRow(record: JsonObject): FormatRecord {
  const kind = kindOf(record);
  if (kind !== 'LLM') {
    return { kind: 'ignored', what: `a span of kind ${String(kind)}` };
  }
  const attributes = attributesOf(record);
  const call = openInferenceCall(attributes);
  const id = readRecordId(atPath(record, 'context.span_id'));
  if (call.request === null) {
    return { kind: 'rejected', reason: call.reason ?? 'no messages', recordId: id };
  }
  return captureRecord({
    id: `${String(atPath(record, 'context.trace_id'))}-${String(id)}`,
    timestamp: record['start_time'],
    request: call.request,
    outcome: outcomeOf(record, call.answer),
    totalMs: msBetween(record['start_time'], record['end_time']),
    timeToFirstTokenMs: null,
    user: atPath(attributes, 'user.id'),
    conversation: atPath(attributes, 'session.id') ?? atPath(record, 'context.trace_id'),
    partial: call.partial,
  });
}

const outcomeOf = (record: JsonObject, answer: JsonObject | null): RecordedOutcome => {
  if (record['status_code'] === 'ERROR') {
    const said = record['status_message'];
    const message = typeof said === 'string' && said !== '' ? said : 'an error';
    return failedWith(statusInText(message), message);
  }
  return answer === null ? { kind: 'unknown' } : { kind: 'answered', body: answer };
};
