import { Worker } from 'node:worker_threads';
import type { CustomRule } from '../redaction/rules/load-rules.ts';
import { countDropped, type Counters } from './counters.ts';
import { ExchangePacker, sizeOf, type ExchangeParcel } from './exchange-parcel.ts';
import type { TappedExchange } from './tap.ts';
import type { Settled } from './writing/writer.ts';

/** Where captures go, and which. */
export type WriterSettings = {
  readonly to:
    | { readonly kind: 'store'; readonly file: string }
    | { readonly kind: 'file'; readonly file: string; readonly rotateBytes: number | null };
  /** The share of conversations that are recorded, above 0 and at most 1. */
  readonly share: number;
  /** What is replaced by placeholders; null: nothing. */
  readonly redaction: RedactionOptions | null;
};

/** Rules beside the built-in ones, and values that stay. */
export type RedactionOptions = {
  readonly rules: readonly CustomRule[];
  readonly ignore: readonly string[];
};

/** To the recording thread: a parcel, which it answers, or the request to save what it has and end. */
export type ToRecordingThread =
  { readonly kind: 'parcel'; readonly parcel: ExchangeParcel } | { readonly kind: 'close' };

/** What became of a parcel, and its buffer, to be used again. */
export type ParcelAnswer = { readonly settled: Settled; readonly buffer: ArrayBuffer };

/** From the recording thread: the answer to the oldest open parcel, or whether it can save. */
export type FromRecordingThread =
  | { readonly kind: 'answer'; readonly answer: ParcelAnswer }
  | { readonly kind: 'trouble'; readonly trouble: string | null };

/** What does not fit into this much memory while it waits to be saved is dropped, and counted. */
const maximumQueuedBytes = 256 * 1024 * 1024;

/** When a parcel is sent. Each message costs both threads some time, so exchanges share one. */
const parcelLimits = { exchanges: 64, bytes: 128 * 1024, waitMs: 20 };

/** How many buffers are kept for further parcels: new memory is paid for page by page. */
const maximumSpareBuffers = 16;

export type RecorderOptions = {
  readonly workerUrl: URL;
  readonly settings: WriterSettings;
  readonly counters: Counters;
  /** A sentence while nothing can be saved; null when it can again. */
  readonly onTrouble: (trouble: string | null) => void;
};

/**
 * Hands exchanges to the recording thread and counts what becomes of them. A thread that ends early
 * (out of memory, most likely) takes what it was sent with it; that is counted as dropped, and the next
 * parcel starts another thread.
 */
export class Recorder {
  readonly #options: RecorderOptions;
  readonly #spares: ArrayBuffer[] = [];
  #thread: RecordingThread | null;
  #packer: ExchangePacker | null = null;
  #timer: NodeJS.Timeout | null = null;
  #closing: Promise<void> | null = null;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#thread = this.#start();
  }

  /** Takes an exchange. Never blocks; drops the exchange when too much is waiting. */
  readonly record = (exchange: TappedExchange): void => {
    const { counters } = this.#options;
    const bytes = sizeOf(exchange);
    if (counters.queuedBytes + bytes > maximumQueuedBytes) {
      countDropped(counters, 'too much waits to be saved');
      return;
    }
    counters.queuedExchanges += 1;
    counters.queuedBytes += bytes;
    if (this.#packer?.hasRoomFor(exchange) === false) this.#send();
    this.#packer ??= new ExchangePacker(this.#buffer(bytes));
    this.#packer.add(exchange);
    const { exchanges, size } = this.#packer;
    if (exchanges >= parcelLimits.exchanges || size >= parcelLimits.bytes) this.#send();
    else this.#timer ??= setTimeout(() => this.#send(), parcelLimits.waitMs);
  };

  /** Resolves when everything is settled; what cannot be saved at once is dropped. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#send();
    await this.#thread?.close();
  }

  #start(): RecordingThread {
    const { workerUrl, settings } = this.#options;
    const thread = new RecordingThread(workerUrl, settings, {
      onTrouble: (trouble) => this.#tell(trouble),
      onLost: (reason) => {
        if (this.#thread === thread) this.#thread = null;
        this.#tell(`The recording thread ended (${reason}); the next call starts it again.`);
      },
    });
    return thread;
  }

  #send(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#packer === null) return;
    const packed = this.#packer.parcel();
    this.#packer = null;
    this.#thread ??= this.#start();
    const parcel = trimmed(packed);
    void this.#settle(this.#thread.ask(parcel), parcel);
    if (parcel !== packed) this.#spare(packed.bytes);
  }

  async #settle(
    asked: Promise<ParcelAnswer | null>,
    { exchanges, size }: ExchangeParcel,
  ): Promise<void> {
    const answer = await asked;
    const { counters } = this.#options;
    counters.queuedExchanges -= exchanges;
    counters.queuedBytes -= size;
    if (answer === null) {
      countDropped(counters, 'the recording thread ended', exchanges);
      return;
    }
    counters.recorded += answer.settled.recorded;
    // A thread that was started again has no trouble to take back.
    if (answer.settled.recorded > 0) this.#tell(null);
    for (const [reason, count] of Object.entries(answer.settled.dropped)) {
      countDropped(counters, reason, count);
    }
    this.#spare(answer.buffer);
  }

  #tell(trouble: string | null): void {
    const { counters, onTrouble } = this.#options;
    if (trouble === counters.trouble) return;
    counters.trouble = trouble;
    onTrouble(trouble);
  }

  #buffer(bytes: number): ArrayBuffer {
    if (bytes > parcelLimits.bytes) return new ArrayBuffer(bytes);
    return this.#spares.pop() ?? new ArrayBuffer(parcelLimits.bytes);
  }

  #spare(buffer: ArrayBuffer): void {
    const isUsual = buffer.byteLength === parcelLimits.bytes;
    if (isUsual && this.#spares.length < maximumSpareBuffers) this.#spares.push(buffer);
  }
}

/** A parcel whose buffer is at least half full: many parcels may wait. */
const trimmed = (parcel: ExchangeParcel): ExchangeParcel =>
  parcel.size * 2 >= parcel.bytes.byteLength
    ? parcel
    : { ...parcel, bytes: parcel.bytes.slice(0, parcel.size) };

type ThreadListener = {
  readonly onTrouble: (trouble: string | null) => void;
  /** The thread has ended without having been asked to. */
  readonly onLost: (reason: string) => void;
};

/** The recording thread: it answers parcels in the order in which they were sent. */
class RecordingThread {
  readonly #worker: Worker;
  readonly #open: ((answer: ParcelAnswer | null) => void)[] = [];
  readonly #ended: Promise<void>;
  #isClosing = false;

  constructor(url: URL, settings: WriterSettings, { onTrouble, onLost }: ThreadListener) {
    this.#worker = new Worker(url, { workerData: settings });
    let reason: string | null = null;
    this.#worker.on('message', (message: FromRecordingThread) => {
      if (message.kind === 'trouble') onTrouble(message.trouble);
      else this.#open.shift()?.(message.answer);
    });
    this.#worker.on('error', (error: Error) => {
      reason = error.message;
    });
    this.#ended = new Promise((resolve) => {
      this.#worker.on('exit', (code) => {
        for (const answer of this.#open.splice(0)) answer(null);
        if (reason !== null || !this.#isClosing) onLost(reason ?? `exit code ${code}`);
        resolve();
      });
    });
  }

  /** Transfers a parcel; resolves to its answer, or to null when the thread ends before. */
  ask(parcel: ExchangeParcel): Promise<ParcelAnswer | null> {
    return new Promise((resolve) => {
      this.#open.push(resolve);
      const message: ToRecordingThread = { kind: 'parcel', parcel };
      this.#worker.postMessage(message, [parcel.bytes]);
    });
  }

  /** Resolves when the thread has ended, whichever way. */
  close(): Promise<void> {
    this.#isClosing = true;
    const message: ToRecordingThread = { kind: 'close' };
    this.#worker.postMessage(message);
    return this.#ended;
  }
}
