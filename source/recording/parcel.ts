import type { Tapped } from './tap.ts';
import type { Ending, TappedExchange } from './tapped-exchange.ts';

type Field = string | number | null;

/**
 * Exchanges as they go to another thread: their bytes one behind the other in one buffer, which changes
 * hands without a copy, and all else as one flat list of fields, which costs a tenth of what a copy of
 * the objects does.
 */
export type Parcel = {
  readonly exchanges: number;
  /** The bytes of bodies in it; the buffer may be larger. */
  readonly size: number;
  readonly fields: readonly Field[];
  readonly bytes: ArrayBuffer;
};

/** A parcel that is being packed. */
export type OpenParcel = {
  /** Whether the bytes of an exchange have room in it. */
  readonly hasRoomFor: (exchange: TappedExchange) => boolean;
  /**
   * Puts one in. What passed is copied, since it may still be on its way to a slow client, and since it
   * is at hand in the processor now.
   */
  readonly add: (exchange: TappedExchange) => void;
  readonly exchanges: () => number;
  readonly size: () => number;
  readonly close: () => Parcel;
};

/** Opens one whose bytes go into a buffer, which must not be used for anything else until it is closed. */
export const openParcel = (buffer: ArrayBuffer): OpenParcel => {
  const bytes = new Uint8Array(buffer);
  const fields: Field[] = [];
  let exchanges = 0;
  let size = 0;
  const addTapped = ({ parts, kept, total, marks }: Tapped): void => {
    fields.push(kept, total, marks.length);
    for (const mark of marks) fields.push(mark);
    for (const part of parts) {
      bytes.set(part, size);
      size += part.length;
    }
  };
  return {
    hasRoomFor: (exchange) => size + sizeOf(exchange) <= buffer.byteLength,
    add: (exchange) => {
      exchanges += 1;
      fields.push(
        exchange.id,
        exchange.startedAtMs,
        exchange.upstream,
        exchange.path,
        exchange.endpoint,
        exchange.requestId,
        exchange.traceparent,
        exchange.requestEncoding,
        exchange.requestMs,
        exchange.status,
        exchange.headersMs,
        exchange.upstreamRequestId,
        exchange.processingMs,
        exchange.responseEncoding,
        exchange.totalMs,
        exchange.ending,
        exchange.message,
      );
      addTapped(exchange.request);
      addTapped(exchange.response);
    },
    exchanges: () => exchanges,
    size: () => size,
    close: () => ({ exchanges, size, fields, bytes: buffer }),
  };
};

/** The exchanges of a parcel; their bytes are those of its buffer. */
export const unpack = ({ exchanges, fields, bytes }: Parcel): readonly TappedExchange[] => {
  let field = 0;
  let at = 0;
  const text = (): string => fields[field++] as string;
  const number = (): number => fields[field++] as number;
  const textOrNull = (): string | null => fields[field++] as string | null;
  const numberOrNull = (): number | null => fields[field++] as number | null;
  const tapped = (): Tapped => {
    const kept = number();
    const total = number();
    const count = number();
    const marks = fields.slice(field, field + count) as number[];
    field += count;
    const part = new Uint8Array(bytes, at, kept);
    at += kept;
    return { parts: [part], kept, total, marks };
  };
  // In the order in which they were put in.
  return Array.from({ length: exchanges }, () => ({
    id: text(),
    startedAtMs: number(),
    upstream: text(),
    path: text(),
    endpoint: textOrNull(),
    requestId: textOrNull(),
    traceparent: textOrNull(),
    requestEncoding: textOrNull(),
    requestMs: numberOrNull(),
    status: numberOrNull(),
    headersMs: numberOrNull(),
    upstreamRequestId: textOrNull(),
    processingMs: numberOrNull(),
    responseEncoding: textOrNull(),
    totalMs: number(),
    ending: text() as Ending,
    message: textOrNull(),
    request: tapped(),
    response: tapped(),
  }));
};

/** The bytes of bodies that an exchange holds. */
export const sizeOf = ({ request, response }: TappedExchange): number =>
  request.kept + response.kept;
