import { isJsonObject, type JsonObject, type JsonValue } from '../../../text/json.ts';
import type { Surroundings } from '../../reading/read-records.ts';
import type { Format, FormatReader, FormatRecord } from '../format.ts';
import { isContentEvent, readLogRecord } from './events.ts';
import { createSpanJoin } from './span-join.ts';
import { kindOf, readSpan } from './span.ts';

const spanLists = ['scopeSpans', 'instrumentationLibrarySpans'] as const;
const logLists = ['scopeLogs', 'instrumentationLibraryLogs'] as const;

/**
 * OTLP/JSON as the Collector and SDKs write it: spans by the GenAI conventions of any version, by
 * OpenLLMetry, OpenInference or the AI SDK, and the log records that hold their content, joined by the
 * ids of trace and span wherever in the file they stand.
 */
export const otlp: Format = {
  name: 'OpenTelemetry (OTLP/JSON)',
  holdsAnswers: false,
  recognises: (record, around) =>
    (around?.within === 'resourceSpans' && spanLists.some((key) => key in record)) ||
    (around?.within === 'resourceLogs' && logLists.some((key) => key in record)) ||
    spanLists.some((key) => Array.isArray(record[key])) ||
    logLists.some((key) => Array.isArray(record[key])),
  open: () => openOtlp(),
};

const openOtlp = (): FormatReader => {
  const join = createSpanJoin();
  // The logs of a request that holds both come with each of its records.
  let seen: JsonObject | null = null;
  return {
    read(record, around) {
      const records = [...readSpans(record, join), ...readLogs(record, join)];
      const rest = restOf(around);
      if (rest === null || rest === seen) return records;
      seen = rest;
      for (const logs of listIn(rest, 'resourceLogs')) records.push(...readLogs(logs, join));
      return records;
    },
    end: () => join.end(),
  };
};

const restOf = (around: Surroundings | null): JsonObject | null =>
  around?.within === 'resourceSpans' ? around.rest : null;

type SpanJoin = ReturnType<typeof createSpanJoin>;

const readSpans = (record: JsonObject, join: SpanJoin): FormatRecord[] =>
  spanLists
    .flatMap((key) => listIn(record, key))
    .flatMap((scope) => listIn(scope, 'spans'))
    .flatMap((stored) => {
      const span = readSpan(stored);
      const kind = kindOf(span);
      return kind === 'call' ? join.addSpan(span) : [{ kind: 'ignored', what: kind.other }];
    });

const readLogs = (record: JsonObject, join: SpanJoin): FormatRecord[] =>
  logLists
    .flatMap((key) => listIn(record, key))
    .flatMap((scope) => [...listIn(scope, 'logRecords'), ...listIn(scope, 'logs')])
    .flatMap((stored): readonly FormatRecord[] => {
      const found = readLogRecord(stored);
      if (found === null || !isContentEvent(found.event)) {
        return [{ kind: 'ignored', what: 'a log record of something else' }];
      }
      return join.addEvent(found.traceId, found.spanId, found.event);
    });

const listIn = (object: JsonObject, key: string): readonly JsonObject[] => {
  const list = object[key];
  return Array.isArray(list) ? (list as readonly JsonValue[]).filter(isJsonObject) : [];
};
