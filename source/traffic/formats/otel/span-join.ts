import type { FormatRecord } from '../format.ts';
import type { SpanEvent } from './events.ts';
import { contentNotStored } from './gen-ai.ts';
import { callOfSpan, recordOfSpan } from './span-call.ts';
import { readNanos, type Span } from './span.ts';

/**
 * A span that waits for its content, or content that waits for its span: as the bytes of JSON, which are
 * small and no burden for the garbage collector.
 */
type Waiting = { span: Buffer | null; readonly events: Buffer[]; size: number };

/** So many bytes wait at once: some three thousand spans without content. */
const defaultLimit = 3 * 1024 * 1024;

/** What a piece takes beside its JSON. */
const pieceBytes = 300;

/** Whether the content was not stored or stands further on is not known when a span has to go. */
const notNear = `${contentNotStored}, or too far from its span in the file`;

/**
 * Joins spans with the log records that hold their content, by the ids of trace and span, in any order and in
 * bounded memory: past the limit, what has waited longest is given out as it is. A span that has its
 * content is given out at once. Content whose span never comes is a request without its parameters.
 */
export const createSpanJoin = (limit = defaultLimit) => {
  const waiting = new Map<string, Waiting>();
  let size = 0;

  const hold = (key: string, { length }: Buffer): Waiting => {
    const found = waiting.get(key) ?? { span: null, events: [], size: 0 };
    waiting.set(key, found);
    found.size += length + pieceBytes;
    size += length + pieceBytes;
    return found;
  };
  const release = (key: string, found: Waiting, reason: string): readonly FormatRecord[] => {
    waiting.delete(key);
    size -= found.size;
    return finish(key, found, reason);
  };
  const keepWithin = (most: number): readonly FormatRecord[] => {
    const records: FormatRecord[] = [];
    for (const [key, found] of waiting) {
      if (size <= most) break;
      records.push(...release(key, found, notNear));
    }
    return records;
  };

  return {
    addSpan(span: Span): readonly FormatRecord[] {
      const call = callOfSpan(span, span.events);
      if (call?.request) return [recordOfSpan(span, call, contentNotStored)];
      const bytes = toBytes(span);
      hold(keyOf(span.traceId, span.spanId), bytes).span = bytes;
      return keepWithin(limit);
    },
    addEvent(traceId: string, spanId: string, event: SpanEvent): readonly FormatRecord[] {
      const bytes = Buffer.from(JSON.stringify(event));
      hold(keyOf(traceId, spanId), bytes).events.push(bytes);
      return keepWithin(limit);
    },
    /** Everything that still waits. */
    *end(): Generator<FormatRecord, void, undefined> {
      for (const [key, found] of waiting) yield* release(key, found, contentNotStored);
    },
  };
};

const nanosText = (nanos: bigint | null): string | null => nanos?.toString() ?? null;

/** Half of what it takes in OTLP. */
const toBytes = (span: Span): Buffer =>
  Buffer.from(JSON.stringify({ ...span, start: nanosText(span.start), end: nanosText(span.end) }));

const fromBytes = (bytes: Buffer): Span => {
  const span = JSON.parse(bytes.toString()) as Omit<Span, 'start' | 'end'> &
    Readonly<Record<'start' | 'end', string | null>>;
  return { ...span, start: readNanos(span.start ?? ''), end: readNanos(span.end ?? '') };
};

const keyOf = (traceId: string, spanId: string): string => `${traceId}-${spanId}`;

const finish = (key: string, waiting: Waiting, reason: string): readonly FormatRecord[] => {
  const events = waiting.events.map((bytes) => JSON.parse(bytes.toString()) as SpanEvent);
  if (waiting.span !== null) {
    const span = fromBytes(waiting.span);
    return [recordOfSpan(span, callOfSpan(span, [...span.events, ...events]), reason)];
  }
  const [traceId = '', spanId = ''] = key.split('-');
  const alone: Span = {
    traceId,
    spanId,
    name: '',
    start: null,
    end: null,
    attributes: {},
    events: [],
    error: null,
  };
  const call = callOfSpan(alone, events);
  if (call === null || call.request === null) {
    return [{ kind: 'ignored', what: 'a log record without its span' }];
  }
  const partial = [...new Set(['parameters', 'tools', ...call.partial])];
  return [recordOfSpan(alone, { ...call, partial }, reason)];
};
