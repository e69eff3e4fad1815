import {
  type JsonObject,
  objectOrEmpty,
  objectsIn,
  parseJsonObject,
  stringOrEmpty,
} from '../../../text/json.ts';
import type { FormatRecord } from '../format.ts';
import { contentNotStored } from './gen-ai.ts';
import { callOfSpan, recordOfSpan } from './span-call.ts';
import { readNanoseconds, type Span, type SpanEvent } from './span.ts';

/**
 * A span that waits for its content, or content that waits for its span. Both are kept as bytes of JSON,
 * which are small and do not burden the garbage collector.
 */
type WaitingSpan = { span: Buffer | null; readonly events: Buffer[]; size: number };

/** How many bytes may wait at once: about three thousand spans without content. */
const defaultLimit = 3 * 1024 * 1024;

/** The size of a waiting span or event besides its JSON, in bytes. */
const overheadBytes = 300;

/** When a span has to go, its content may still follow. */
const notNear = `${contentNotStored}, or too far from its span in the file`;

/**
 * Joins spans with the log records that hold their content, by the ids of trace and span, in any order and
 * in bounded memory: beyond the limit, what has waited longest is returned as it is. A span that has its
 * content is returned at once. Content whose span never comes is a request without its parameters.
 */
export class SpanJoin {
  readonly #limit: number;
  readonly #waiting = new Map<string, WaitingSpan>();
  #size = 0;

  constructor(limit = defaultLimit) {
    this.#limit = limit;
  }

  addSpan(span: Span): readonly FormatRecord[] {
    const call = callOfSpan(span, span.events);
    if (call?.request) return [recordOfSpan(span, call, contentNotStored)];
    const bytes = spanToBytes(span);
    this.#hold(joinKey(span.traceId, span.spanId), bytes).span = bytes;
    return this.#releaseOldest();
  }

  addEvent(traceId: string, spanId: string, event: SpanEvent): readonly FormatRecord[] {
    const bytes = Buffer.from(JSON.stringify(event));
    this.#hold(joinKey(traceId, spanId), bytes).events.push(bytes);
    return this.#releaseOldest();
  }

  /** Returns what still waits, one by one. */
  *end(): Generator<FormatRecord, void, undefined> {
    for (const [key, found] of this.#waiting) yield* this.#release(key, found, contentNotStored);
  }

  #hold(key: string, { length }: Buffer): WaitingSpan {
    const found = this.#waiting.get(key) ?? { span: null, events: [], size: 0 };
    this.#waiting.set(key, found);
    found.size += length + overheadBytes;
    this.#size += length + overheadBytes;
    return found;
  }

  #release(key: string, found: WaitingSpan, reason: string): readonly FormatRecord[] {
    this.#waiting.delete(key);
    this.#size -= found.size;
    return joinedRecords(key, found, reason);
  }

  #releaseOldest(): readonly FormatRecord[] {
    const records: FormatRecord[] = [];
    for (const [key, found] of this.#waiting) {
      if (this.#size <= this.#limit) break;
      records.push(...this.#release(key, found, notNear));
    }
    return records;
  }
}

const joinKey = (traceId: string, spanId: string): string => `${traceId}-${spanId}`;

const joinedRecords = (
  key: string,
  waiting: WaitingSpan,
  reason: string,
): readonly FormatRecord[] => {
  const events = waiting.events.map((bytes) => toEvent(parseJsonObject(bytes.toString())));
  if (waiting.span !== null) {
    const span = spanFromBytes(waiting.span);
    return [recordOfSpan(span, callOfSpan(span, [...span.events, ...events]), reason)];
  }
  const [traceId = '', spanId = ''] = key.split('-');
  const span: Span = {
    traceId,
    spanId,
    name: '',
    start: null,
    end: null,
    attributes: {},
    events: [],
    error: null,
  };
  const call = callOfSpan(span, events);
  if (call === null || call.request === null) {
    return [{ kind: 'ignored', what: 'a log record without its span' }];
  }
  const partial = [...new Set(['parameters', 'tools', ...call.partial])];
  return [recordOfSpan(span, { ...call, partial }, reason)];
};

/** About half the size of the span in OTLP. */
const spanToBytes = (span: Span): Buffer =>
  Buffer.from(
    JSON.stringify({
      ...span,
      start: span.start?.toString() ?? null,
      end: span.end?.toString() ?? null,
    }),
  );

const spanFromBytes = (bytes: Buffer): Span => {
  const span = parseJsonObject(bytes.toString());
  const { error } = span;
  return {
    traceId: stringOrEmpty(span['traceId']),
    spanId: stringOrEmpty(span['spanId']),
    name: stringOrEmpty(span['name']),
    start: readNanoseconds(span['start']),
    end: readNanoseconds(span['end']),
    attributes: objectOrEmpty(span['attributes']),
    events: objectsIn(span['events']).map(toEvent),
    error: typeof error === 'string' ? error : null,
  };
};

const toEvent = ({ name, body, attributes }: JsonObject): SpanEvent => ({
  name: stringOrEmpty(name),
  body: objectOrEmpty(body),
  attributes: objectOrEmpty(attributes),
});
