import type { CustomRule } from '../redaction/rules/load-rules.ts';
import { BufferPool } from '../threads/buffer-pool.ts';
import { Thread } from '../threads/thread.ts';
import { countDropped, type Counters } from './counters.ts';
import { ExchangePacker, sizeOf, type ExchangeParcel } from './exchange-parcel.ts';
import { noRoom, type KeptBytes, type TappedExchange } from './tap.ts';
import type { Settled } from './writing/writer.ts';
import type { PhoneCountry } from '../redaction/rules/phone-countries.ts';

/** Where captures go, and which. */
export type WriterSettings = {
  readonly to:
    | { readonly kind: 'store'; readonly file: string }
    | { readonly kind: 'file'; readonly file: string; readonly rotateBytes: number | null };
  /** The share of conversations that are recorded, above 0 and at most 1. */
  readonly share: number;
  /** How to redact exchanges; null to redact nothing. */
  readonly redaction: RedactionOptions | null;
};

/** Rules in addition to the built-in ones, and values to keep. */
export type RedactionOptions = {
  readonly rules: readonly CustomRule[];
  readonly ignore: readonly string[];
  /** The countries of national phone numbers; null for the built-in ones. */
  readonly phoneCountries: readonly PhoneCountry[] | null;
};

/** To the recording thread: a parcel, or the request to save what it has and drop what it cannot save. */
export type RecordingQuestion =
  { readonly kind: 'parcel'; readonly parcel: ExchangeParcel } | { readonly kind: 'close' };

/** The outcome of a parcel, with its buffer for reuse; null for `close`. */
export type RecordingAnswer = { readonly settled: Settled; readonly buffer: ArrayBuffer } | null;

/** A sentence while nothing can be saved; null when it can again. */
export type RecordingTrouble = string | null;

/** When a parcel is sent. Each message costs both threads some time, so exchanges share one. */
const parcelLimits = { exchanges: 64, bytes: 128 * 1024, waitMs: 20 };

/** How many buffers are kept for further parcels. */
const maximumSpareBuffers = 16;

type RecordingThread = Thread<RecordingQuestion, RecordingAnswer, RecordingTrouble>;

export type RecorderOptions = {
  readonly workerUrl: URL;
  readonly settings: WriterSettings;
  readonly counters: Counters;
  /** Counts what is kept of all calls. */
  readonly kept: KeptBytes;
  readonly onTrouble: (trouble: RecordingTrouble) => void;
};

/**
 * Hands exchanges to the recording thread and counts what becomes of them. A thread that ends early
 * (out of memory, most likely) takes what it was sent with it; that is counted as dropped, and the next
 * parcel starts another thread.
 */
export class Recorder {
  readonly #options: RecorderOptions;
  readonly #buffers = new BufferPool(parcelLimits.bytes, maximumSpareBuffers);
  #thread: RecordingThread | null;
  #packer: ExchangePacker | null = null;
  #timer: NodeJS.Timeout | null = null;
  #closing: Promise<void> | null = null;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#thread = this.#start();
  }

  /** Takes an exchange. Never blocks; drops the exchange when too much is kept already. */
  readonly record = (exchange: TappedExchange): void => {
    const { counters, kept } = this.#options;
    const bytes = sizeOf(exchange);
    if (!kept.take(bytes)) {
      countDropped(counters, noRoom);
      return;
    }
    counters.queuedExchanges += 1;
    counters.queuedBytes += bytes;
    if (this.#packer?.hasRoomFor(exchange) === false) this.#send();
    this.#packer ??= new ExchangePacker(this.#buffers.take(bytes));
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
    await this.#thread?.ask({ kind: 'close' }).catch((error: Error) => this.#tellStopped(error));
    await this.#thread?.close();
  }

  #start(): RecordingThread {
    const { workerUrl, settings } = this.#options;
    const thread: RecordingThread = new Thread({
      workerUrl,
      name: 'The recording thread',
      data: settings,
      onNotice: (trouble) => this.#tell(trouble),
      onLost: (error) => {
        if (this.#thread === thread) this.#thread = null;
        this.#tellStopped(error);
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
    void this.#settle(this.#thread.ask({ kind: 'parcel', parcel }, [parcel.bytes]), parcel);
    if (parcel !== packed) this.#buffers.give(packed.bytes);
  }

  async #settle(
    asked: Promise<RecordingAnswer>,
    { exchanges, size }: ExchangeParcel,
  ): Promise<void> {
    // A thread that ends has no answer; `onLost` tells why.
    const answer = await asked.catch(() => null);
    const { counters, kept } = this.#options;
    counters.queuedExchanges -= exchanges;
    counters.queuedBytes -= size;
    kept.give(size);
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
    this.#buffers.give(answer.buffer);
  }

  #tellStopped({ message }: Error): void {
    this.#tell(`Recording stopped, and starts again with the next call: ${message}`);
  }

  #tell(trouble: RecordingTrouble): void {
    const { counters, onTrouble } = this.#options;
    if (trouble === counters.trouble) return;
    counters.trouble = trouble;
    onTrouble(trouble);
  }
}

/** A parcel whose buffer is at least half full: many parcels may wait. */
const trimmed = (parcel: ExchangeParcel): ExchangeParcel =>
  parcel.size * 2 >= parcel.bytes.byteLength
    ? parcel
    : { ...parcel, bytes: parcel.bytes.slice(0, parcel.size) };
