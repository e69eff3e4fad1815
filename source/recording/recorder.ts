import { Worker } from 'node:worker_threads';
import { countDropped, type Counters } from './counters.ts';
import type { CustomRule } from '../redaction/rules/load-rules.ts';
import { openParcel, type OpenParcel, type Parcel, sizeOf } from './parcel.ts';
import type { TappedExchange } from './tapped-exchange.ts';
import type { Settled } from './writing/writer.ts';

/** Where captures go, and which. */
export type WriterSettings = {
  readonly to:
    | { readonly kind: 'store'; readonly file: string }
    | { readonly kind: 'file'; readonly file: string; readonly rotateBytes: number | null };
  readonly share: number;
  /** What is replaced by placeholders; null for nothing. */
  readonly redaction: RedactionOptions | null;
};

/** Rules beside those that always hold, and values that stay. */
export type RedactionOptions = {
  readonly rules: readonly CustomRule[];
  readonly ignore: readonly string[];
};

export type ToWorker =
  { readonly kind: 'parcel'; readonly parcel: Parcel } | { readonly kind: 'close' };

export type FromWorker =
  | ({
      readonly kind: 'settled';
      readonly exchanges: number;
      readonly bytes: number;
      /** Buffers of parcels, to be used again. */
      readonly buffers: readonly ArrayBuffer[];
    } & Settled)
  | { readonly kind: 'trouble'; readonly trouble: string | null }
  | { readonly kind: 'closed' };

export type Recorder = {
  /** Takes an exchange; never blocks, and drops it where too much waits already. */
  readonly record: (exchange: TappedExchange) => void;
  /** Resolves when all that was taken is settled. What cannot be saved now is dropped. */
  readonly close: () => Promise<void>;
};

/** At most so much waits to be saved; what comes on top is dropped, and counted. */
const mostQueuedBytes = 256 * 1024 * 1024;

/** Exchanges go to the other thread in parcels: each message costs both threads something. */
const most = { exchanges: 64, bytes: 128 * 1024, waitMs: 20 };

/** So many buffers are kept for the next parcels. */
const mostSpares = 16;

/**
 * Hands exchanges to the recording thread and keeps the counters. A thread that dies (out of memory,
 * most likely) takes what waits with it, which is counted, and another one is started.
 */
export const createRecorder = (options: {
  readonly workerUrl: URL;
  readonly settings: WriterSettings;
  readonly counters: Counters;
  readonly onTrouble: (trouble: string | null) => void;
}): Recorder => {
  const { counters } = options;
  let worker: Worker | null = null;
  let open: OpenParcel | null = null;
  /** Memory that was used before: new memory comes from the system page by page, with a price for each. */
  const spares: ArrayBuffer[] = [];
  let timer: NodeJS.Timeout | null = null;
  let closed: (() => void) | null = null;

  const tell = (trouble: string | null): void => {
    if (trouble === counters.trouble) return;
    counters.trouble = trouble;
    options.onTrouble(trouble);
  };
  const spare = (buffer: ArrayBuffer): void => {
    if (buffer.byteLength === most.bytes && spares.length < mostSpares) spares.push(buffer);
  };
  const take = (message: FromWorker): void => {
    if (message.kind === 'trouble') tell(message.trouble);
    else if (message.kind === 'closed') closed?.();
    else {
      counters.queuedExchanges -= message.exchanges;
      counters.queuedBytes -= message.bytes;
      counters.recorded += message.recorded;
      for (const buffer of message.buffers) spare(buffer);
      for (const [reason, count] of Object.entries(message.dropped)) {
        countDropped(counters, reason, count);
      }
    }
  };
  const start = (): Worker => {
    const started = new Worker(options.workerUrl, { workerData: options.settings });
    started.on('message', take);
    started.on('error', (error: Error) => {
      worker = null;
      countDropped(counters, 'the recording thread died', counters.queuedExchanges);
      counters.queuedExchanges = 0;
      counters.queuedBytes = 0;
      tell(`The recording thread died (${error.message}) and is started again with the next call.`);
      closed?.();
    });
    return started;
  };
  const send = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (open === null) return;
    worker ??= start();
    const whole = open.close();
    open = null;
    const message: ToWorker = { kind: 'parcel', parcel: trimmed(whole) };
    worker.postMessage(message, [message.parcel.bytes]);
    // It is still here where it was too large for what is in it.
    spare(whole.bytes);
  };

  let closing: Promise<void> | null = null;
  const closeAll = async (): Promise<void> => {
    send();
    const ending = worker;
    if (ending === null) return;
    const message: ToWorker = { kind: 'close' };
    await new Promise<void>((resolve) => {
      closed = resolve;
      ending.postMessage(message);
    });
  };

  worker = start();
  return {
    record: (exchange) => {
      const bytes = sizeOf(exchange);
      if (counters.queuedBytes + bytes > mostQueuedBytes) {
        countDropped(counters, 'too much waits to be saved');
        return;
      }
      counters.queuedExchanges += 1;
      counters.queuedBytes += bytes;
      if (open?.hasRoomFor(exchange) === false) send();
      open ??= openParcel(
        bytes > most.bytes ? new ArrayBuffer(bytes) : (spares.pop() ?? new ArrayBuffer(most.bytes)),
      );
      open.add(exchange);
      if (open.exchanges() >= most.exchanges || open.size() >= most.bytes) send();
      else timer ??= setTimeout(send, most.waitMs);
    },
    close: () => (closing ??= closeAll()),
  };
};

/** A parcel that takes no more than twice the memory of what is in it: many of them may wait. */
const trimmed = (parcel: Parcel): Parcel =>
  parcel.size * 2 >= parcel.bytes.byteLength
    ? parcel
    : { ...parcel, bytes: parcel.bytes.slice(0, parcel.size) };
