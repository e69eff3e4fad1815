import { isJsonArray, type JsonObject, objectsIn } from '../../../text/json.ts';
import type { Surroundings } from '../../reading/source-record.ts';
import type { Format, FormatReader, FormatRecord } from '../format.ts';
import { isContentEvent, readLogRecord } from './events.ts';
import { spanKind } from './span-call.ts';
import { SpanJoin } from './span-join.ts';
import { readSpan } from './span.ts';

const spanLists = ['scopeSpans', 'instrumentationLibrarySpans'] as const;
const logLists = ['scopeLogs', 'instrumentationLibraryLogs'] as const;

/**
 * OTLP/JSON as the Collector and SDKs write it: spans under any version of the GenAI conventions, of
 * OpenLLMetry, OpenInference or the AI SDK, and the log records that hold their content, which are joined
 * by the ids of trace and span wherever they are in the file.
 */
export const otlp: Format = {
  name: 'OpenTelemetry (OTLP/JSON)',
  holdsAnswers: false,
  recognises: (record, around) =>
    (around?.within === 'resourceSpans' && spanLists.some((key) => key in record)) ||
    (around?.within === 'resourceLogs' && logLists.some((key) => key in record)) ||
    spanLists.some((key) => isJsonArray(record[key])) ||
    logLists.some((key) => isJsonArray(record[key])),
  open: () => openOtlp(),
};

const openOtlp = (): FormatReader => {
  const join = new SpanJoin();
  // The logs of an object that holds spans and logs come again with each of its spans.
  let lastRest: JsonObject | null = null;
  return {
    read(record, around) {
      const records = [...readSpans(record, join), ...readLogs(record, join)];
      const rest = restBesideSpans(around);
      if (rest === null || rest === lastRest) return records;
      lastRest = rest;
      for (const logs of objectsIn(rest['resourceLogs'])) records.push(...readLogs(logs, join));
      return records;
    },
    end: () => join.end(),
  };
};

const restBesideSpans = (around: Surroundings | null): JsonObject | null =>
  around?.within === 'resourceSpans' ? around.rest : null;

const readSpans = (record: JsonObject, join: SpanJoin): FormatRecord[] =>
  spanLists
    .flatMap((key) => objectsIn(record[key]))
    .flatMap((scope) => objectsIn(scope['spans']))
    .flatMap((stored) => {
      const span = readSpan(stored);
      const kind = spanKind(span);
      return kind === 'call' ? join.addSpan(span) : [{ kind: 'ignored', what: kind.other }];
    });

const readLogs = (record: JsonObject, join: SpanJoin): FormatRecord[] =>
  logLists
    .flatMap((key) => objectsIn(record[key]))
    .flatMap((scope) => [...objectsIn(scope['logRecords']), ...objectsIn(scope['logs'])])
    .flatMap((stored): readonly FormatRecord[] => {
      const found = readLogRecord(stored);
      if (found === null || !isContentEvent(found.event)) {
        return [{ kind: 'ignored', what: 'a log record of something else' }];
      }
      return join.addEvent(found.traceId, found.spanId, found.event);
    });
