import { Worker } from 'node:worker_threads';
import { countDropped, type Counters } from './counters.ts';
import type { OwnRule } from '../traffic/redaction/rules/own-rule.ts';
import { pack, type Parcel, sizeOf } from './parcel.ts';
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
  readonly rules: readonly OwnRule[];
  readonly ignore: readonly string[];
};

export type ToWorker =
  { readonly kind: 'exchanges'; readonly parcel: Parcel } | { readonly kind: 'close' };

export type FromWorker =
  | ({ readonly kind: 'settled'; readonly exchanges: number; readonly bytes: number } & Settled)
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
const parcel = { exchanges: 64, bytes: 4 * 1024 * 1024, waitMs: 20 };

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
  let parcelled: TappedExchange[] = [];
  let parcelledBytes = 0;
  let timer: NodeJS.Timeout | null = null;
  let closed: (() => void) | null = null;

  const tell = (trouble: string | null): void => {
    if (trouble === counters.trouble) return;
    counters.trouble = trouble;
    options.onTrouble(trouble);
  };
  const take = (message: FromWorker): void => {
    if (message.kind === 'trouble') tell(message.trouble);
    else if (message.kind === 'closed') closed?.();
    else {
      counters.queuedExchanges -= message.exchanges;
      counters.queuedBytes -= message.bytes;
      counters.recorded += message.recorded;
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
    if (parcelled.length === 0) return;
    worker ??= start();
    const message: ToWorker = { kind: 'exchanges', parcel: pack(parcelled) };
    worker.postMessage(message, [message.parcel.bytes]);
    parcelled = [];
    parcelledBytes = 0;
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
      parcelled.push(exchange);
      parcelledBytes += bytes;
      if (parcelled.length >= parcel.exchanges || parcelledBytes >= parcel.bytes) send();
      else timer ??= setTimeout(send, parcel.waitMs);
    },
    close: () => (closing ??= closeAll()),
  };
};
