import type { FormatRecord } from '../format.ts';
import type { SpanEvent } from './events.ts';
import { callOfSpan, recordOfSpan } from './span-record.ts';
import type { Span } from './span.ts';

/** A span that waits for its content, or content that waits for its span. */
type Waiting = { span: Span | null; readonly events: SpanEvent[]; size: number };

/** So many characters of JSON wait at once: about 100 MB as objects. */
const defaultLimit = 24 * 1024 * 1024;

/**
 * Joins spans with the log records that hold their content, by the ids of trace and span, in any order and in
 * bounded memory: past the limit, what has waited longest is given out as it is. A span that has its
 * content is given out at once. Content whose span never comes is a request without its parameters.
 */
export const createSpanJoin = (limit = defaultLimit) => {
  const waiting = new Map<string, Waiting>();
  let size = 0;

  const hold = (key: string, characters: number): Waiting => {
    const found = waiting.get(key) ?? { span: null, events: [], size: 0 };
    waiting.set(key, found);
    found.size += characters;
    size += characters;
    return found;
  };
  const release = (key: string, found: Waiting): readonly FormatRecord[] => {
    waiting.delete(key);
    size -= found.size;
    return finish(key, found);
  };
  const keepWithin = (most: number): readonly FormatRecord[] => {
    const records: FormatRecord[] = [];
    for (const [key, found] of waiting) {
      if (size <= most) break;
      records.push(...release(key, found));
    }
    return records;
  };

  return {
    addSpan(span: Span): readonly FormatRecord[] {
      const call = callOfSpan(span, span.events);
      if (call?.request) return [recordOfSpan(span, call)];
      const found = hold(keyOf(span.traceId, span.spanId), JSON.stringify(span.attributes).length);
      found.span = span;
      return keepWithin(limit);
    },
    addEvent(traceId: string, spanId: string, event: SpanEvent): readonly FormatRecord[] {
      const characters = JSON.stringify([event.attributes, event.body]).length;
      hold(keyOf(traceId, spanId), characters).events.push(event);
      return keepWithin(limit);
    },
    /** Everything that still waits. */
    end: (): readonly FormatRecord[] => [...waiting].flatMap(([key, found]) => release(key, found)),
  };
};

const keyOf = (traceId: string, spanId: string): string => `${traceId}-${spanId}`;

const finish = (key: string, { span, events }: Waiting): readonly FormatRecord[] => {
  if (span !== null) return [recordOfSpan(span, callOfSpan(span, events))];
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
  return [recordOfSpan(alone, { ...call, partial })];
};
