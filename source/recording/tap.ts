/** The bytes that passed through the proxy in one direction. */
export type Tapped = {
  /** The first bytes, up to the cap. */
  readonly parts: readonly Uint8Array[];
  /** How many bytes are in `parts`. */
  readonly kept: number;
  /** How many bytes passed; more than `kept` when the cap was reached. */
  readonly total: number;
  /**
   * When the bytes came: a count of bytes and the milliseconds at which they were there, in turn. Bytes
   * that came within a millisecond share an entry.
   */
  readonly marks: readonly number[];
};

/**
 * How an exchange ended. `complete`: the upstream sent its whole response. `client left`, `upstream
 * broke`: that side broke off. `unreachable`: no response came. `proxy stopped`: the user broke it off.
 */
export type ExchangeEnding =
  'complete' | 'client left' | 'upstream broke' | 'unreachable' | 'proxy stopped';

/**
 * A call that passed through the proxy, as bytes, from which a capture is made. It has only those
 * headers that hold no secret. Times are milliseconds from the head of the request.
 */
export type TappedExchange = {
  readonly id: string;
  /** Epoch milliseconds at which the head of the request came. */
  readonly startedAtMs: number;
  readonly upstream: string;
  /** At the upstream, without the query. */
  readonly path: string;
  /** The value of the client's endpoint header. */
  readonly endpoint: string | null;
  /** The team's own id of the call. */
  readonly requestId: string | null;
  readonly traceparent: string | null;
  readonly request: Tapped;
  readonly requestEncoding: string | null;
  /** When the whole request had come; null: it never did. */
  readonly requestMs: number | null;
  readonly status: number | null;
  readonly headersMs: number | null;
  readonly upstreamRequestId: string | null;
  /** How long the provider says that it took. */
  readonly processingMs: number | null;
  readonly response: Tapped;
  readonly responseEncoding: string | null;
  readonly totalMs: number;
  readonly ending: ExchangeEnding;
  /** The problem, if the ending does not say it. */
  readonly message: string | null;
};

/** Counts what is kept of all calls, whether they are in flight or wait to be saved, up to a limit. */
export class KeptBytes {
  readonly #limit: number;
  #count = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Returns false, and counts nothing, if these bytes exceed the limit. */
  take(bytes: number): boolean {
    if (this.#count + bytes > this.#limit) return false;
    this.#count += bytes;
    return true;
  }

  /** Gives back bytes that were taken. */
  give(bytes: number): void {
    this.#count -= bytes;
  }
}

/** Why a call is not recorded for which `KeptBytes` has no room. */
export const noRoom = 'too much is kept in memory';

/** Smaller chunks are copied into shared blocks: hundreds of small objects cost memory and time. */
const smallChunkBytes = 16 * 1024;

/** The size of the first block; each further one is twice as large, up to the most. */
const blockBytes = { first: 2 * 1024, most: 256 * 1024 };

/** Keeps a copy of what passes in one direction, up to a cap in bytes. */
export class Tap {
  readonly #capBytes: number;
  readonly #all: KeptBytes;
  readonly #parts: Uint8Array[] = [];
  readonly #marks: number[] = [];
  /** Where copies go, and how much of it is filled. It joins the parts when it is full. */
  #block: Uint8Array | null = null;
  #filled = 0;
  #nextBlockBytes = blockBytes.first;
  #kept = 0;
  #total = 0;
  #hasEnded = false;

  /** `all` counts what the taps of all calls keep. */
  constructor(capBytes: number, all: KeptBytes) {
    this.#capBytes = capBytes;
    this.#all = all;
  }

  /**
   * Takes bytes that came at a moment, in milliseconds. They must not change afterwards. Returns false if
   * there is no room for them beside what is kept of other calls.
   */
  push(chunk: Uint8Array, atMs: number): boolean {
    // The exchange has been handed on.
    if (this.#hasEnded) return true;
    this.#total += chunk.length;
    const room = this.#capBytes - this.#kept;
    if (room <= 0 || chunk.length === 0) return true;
    const taken = chunk.length <= room ? chunk : chunk.subarray(0, room);
    if (!this.#all.take(taken.length)) return false;
    this.#keep(taken);
    this.#kept += taken.length;
    this.#mark(atMs);
    return true;
  }

  /** Hands on what was kept, which is not counted here any more. */
  end(): Tapped {
    if (!this.#hasEnded) this.#all.give(this.#kept);
    this.#hasEnded = true;
    this.#endBlock();
    return {
      parts: this.#parts,
      kept: this.#kept,
      total: this.#total,
      marks: this.#marks,
    };
  }

  #keep(chunk: Uint8Array): void {
    // Most bodies are a single chunk, which needs no copy.
    if (this.#kept === 0 || chunk.length > smallChunkBytes) {
      this.#endBlock();
      this.#parts.push(chunk);
      return;
    }
    const block =
      this.#block !== null && this.#filled + chunk.length <= this.#block.length
        ? this.#block
        : this.#openBlock(chunk.length);
    this.#copy(chunk, block);
  }

  #openBlock(atLeastBytes: number): Uint8Array {
    this.#endBlock();
    // A small first chunk may be a slice of a larger buffer, which would live as long as the chunk.
    const isFirstSmall = this.#parts.length === 1 && this.#kept <= smallChunkBytes;
    const first = isFirstSmall ? this.#parts.pop() : undefined;
    const block = new Uint8Array(
      Math.max(this.#nextBlockBytes, (first?.length ?? 0) + atLeastBytes),
    );
    this.#block = block;
    this.#nextBlockBytes = Math.min(this.#nextBlockBytes * 2, blockBytes.most);
    if (first !== undefined) this.#copy(first, block);
    return block;
  }

  #copy(chunk: Uint8Array, block: Uint8Array): void {
    block.set(chunk, this.#filled);
    this.#filled += chunk.length;
  }

  #endBlock(): void {
    if (this.#block !== null) this.#parts.push(this.#block.subarray(0, this.#filled));
    this.#block = null;
    this.#filled = 0;
  }

  #mark(atMs: number): void {
    const last = this.#marks.length - 1;
    const isSameMoment = last > 0 && atMs - (this.#marks[last] ?? 0) < 1;
    if (isSameMoment) this.#marks[last - 1] = this.#kept;
    else this.#marks.push(this.#kept, atMs);
  }
}
