import { createHash, type Hash } from 'node:crypto';

/** Files that go beyond a limit of bytes name it in megabytes. */
export const tooLongReason = (maximumBytes: number): string =>
  `longer than ${Math.floor(maximumBytes / 1024 / 1024)} MB`;

/** Counts the line feeds in some bytes. */
export const countLineFeeds = (bytes: Buffer): number => {
  let count = 0;
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) count += 1;
  return count;
};

/** The gathered bytes; above the limit, only their SHA-256 in hexadecimal. */
export type GatheredBytes =
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'too long'; readonly id: string };

/** Puts the pieces of a line or a value together, in memory that stays within a limit. */
export class ByteGatherer {
  readonly #maximumBytes: number;
  #pieces: Buffer[] = [];
  #bytes = 0;
  #hash: Hash | null = null;

  constructor(maximumBytes: number) {
    this.#maximumBytes = maximumBytes;
  }

  /** Adds a piece. It is not copied, so its memory must not change before `take`. */
  push(piece: Buffer): void {
    this.#bytes += piece.length;
    if (this.#bytes > this.#maximumBytes) {
      this.#hash ??= createHash('sha256').update(Buffer.concat(this.#pieces));
      this.#hash.update(piece);
      this.#pieces = [];
    } else if (piece.length > 0) {
      this.#pieces.push(piece);
    }
  }

  /** Whether nothing was gathered since the last time. */
  isEmpty(): boolean {
    return this.#bytes === 0;
  }

  /** Returns what was gathered, and starts again. */
  take(): GatheredBytes {
    const [only] = this.#pieces;
    const gathered: GatheredBytes =
      this.#hash !== null
        ? { kind: 'too long', id: this.#hash.digest('hex') }
        : {
            kind: 'bytes',
            bytes:
              only !== undefined && this.#pieces.length === 1 ? only : Buffer.concat(this.#pieces),
          };
    this.#pieces = [];
    this.#bytes = 0;
    this.#hash = null;
    return gathered;
  }
}
