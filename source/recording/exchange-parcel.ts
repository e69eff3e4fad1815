import type { ExchangeEnding, Tapped, TappedExchange } from './tap.ts';

type Field = string | number | null;

/**
 * Exchanges on their way to another thread: their bodies one after the other in a buffer that is
 * transferred without a copy, and everything else as one flat list, which costs a tenth of cloning the
 * objects.
 */
export type ExchangeParcel = {
  readonly exchanges: number;
  /** How many bytes of the buffer are used. */
  readonly size: number;
  readonly fields: readonly Field[];
  readonly bytes: ArrayBuffer;
};

/** Packs exchanges into a buffer. Nothing else may use the buffer while packing. */
export class ExchangePacker {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #fields: Field[] = [];
  #exchanges = 0;
  #size = 0;

  constructor(buffer: ArrayBuffer) {
    this.#bytes = new Uint8Array(buffer);
  }

  get exchanges(): number {
    return this.#exchanges;
  }

  get size(): number {
    return this.#size;
  }

  hasRoomFor(exchange: TappedExchange): boolean {
    return this.#size + sizeOf(exchange) <= this.#bytes.length;
  }

  /**
   * Adds an exchange. Its bodies are copied: they may still be on their way to a slow client, and are in
   * the processor's cache now.
   */
  add(exchange: TappedExchange): void {
    this.#exchanges += 1;
    this.#fields.push(
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
    this.#addTapped(exchange.request);
    this.#addTapped(exchange.response);
  }

  parcel(): ExchangeParcel {
    return {
      exchanges: this.#exchanges,
      size: this.#size,
      fields: this.#fields,
      bytes: this.#bytes.buffer,
    };
  }

  #addTapped({ parts, kept, total, marks }: Tapped): void {
    this.#fields.push(kept, total, marks.length);
    for (const mark of marks) this.#fields.push(mark);
    for (const part of parts) {
      this.#bytes.set(part, this.#size);
      this.#size += part.length;
    }
  }
}

/** The exchanges in a parcel, in their order; their bodies are views of its buffer. */
export const unpackExchanges = ({
  exchanges,
  fields,
  bytes,
}: ExchangeParcel): readonly TappedExchange[] => {
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
  // The properties are evaluated in the order in which `add` pushed them.
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
    ending: text() as ExchangeEnding,
    message: textOrNull(),
    request: tapped(),
    response: tapped(),
  }));
};

/** How many bytes of bodies an exchange holds. */
export const sizeOf = ({ request, response }: TappedExchange): number =>
  request.kept + response.kept;
