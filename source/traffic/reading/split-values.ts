import { ByteGatherer } from './gather-bytes.ts';

/**
 * A JSON value cut out of a stream of bytes, not yet parsed. `line` is the line on which it begins, from
 * 1. `garbage`: bytes that begin no object. `too long`: a value that was not kept; `id` is its hash.
 */
export type SplitValue = { readonly line: number } & (
  | {
      readonly kind: 'value';
      readonly bytes: Buffer;
      /** False for a value that the end of the file cut off. */
      readonly complete: boolean;
    }
  | { readonly kind: 'garbage' }
  | { readonly kind: 'too long'; readonly id: string }
);

const code = {
  quote: 0x22,
  backslash: 0x5c,
  lineFeed: 0x0a,
  comma: 0x2c,
  openBrace: 0x7b,
  closeBrace: 0x7d,
  openBracket: 0x5b,
  closeBracket: 0x5d,
} as const;

/**
 * Cuts JSON objects out of bytes in bounded memory, however they are laid out: objects one after another
 * (`values`), or the elements of an array whose opening bracket has been passed (`elements`). It finds
 * their ends by brackets and quotation marks alone and leaves the rest to `JSON.parse`.
 */
export class ValueSplitter {
  readonly #mode: 'values' | 'elements';
  readonly #gatherer: ByteGatherer;
  #line: number;
  #startLine: number;
  #depth = 0;
  #inString = false;
  #escaped = false;
  #inGarbage = false;
  #endedAt: number | null = null;
  /** The next quotation mark and the next backslash of the chunk, if they are not passed yet. */
  readonly #next = { quote: -1, backslash: -1 };

  constructor(options: {
    readonly mode: 'values' | 'elements';
    readonly maximumBytes: number;
    /** The line on which the bytes begin. */
    readonly line: number;
  }) {
    this.#mode = options.mode;
    this.#gatherer = new ByteGatherer(options.maximumBytes);
    this.#line = options.line;
    this.#startLine = options.line;
  }

  /** Takes the next bytes, of which it keeps only copies, and returns the values that they complete. */
  push(chunk: Buffer): readonly SplitValue[] {
    const values: SplitValue[] = [];
    let start = 0;
    this.#next.quote = -1;
    this.#next.backslash = -1;
    for (let at = 0; at < chunk.length && this.#endedAt === null; at++) {
      if (this.#inString) {
        at = this.#skipString(chunk, at);
        continue;
      }
      const byte = chunk[at] ?? 0;
      if (byte === code.lineFeed) {
        this.#line++;
        this.#inGarbage &&= this.#mode === 'elements';
      } else if (byte === 0x20 || byte === 0x09 || byte === 0x0d) {
        continue;
      } else if (this.#depth === 0) {
        if (!this.#begins(byte, at, values)) continue;
        this.#startLine = this.#line;
        start = at;
        this.#inGarbage = false;
        this.#depth = 1;
      } else if (byte === code.quote) {
        this.#inString = true;
      } else if (byte === code.openBrace || byte === code.openBracket) {
        this.#depth++;
      } else if (byte === code.closeBrace || byte === code.closeBracket) {
        this.#depth--;
        if (this.#depth > 0) continue;
        this.#gatherer.push(chunk.subarray(start, at + 1));
        values.push(this.#take({ complete: true }));
      }
    }
    // Copied, because the next chunk overwrites this one.
    if (this.#depth > 0) this.#gatherer.push(Buffer.from(chunk.subarray(start)));
    return values;
  }

  /** The value that the end of the file cut off, if there is one. */
  end(): readonly SplitValue[] {
    return this.#depth > 0 ? [this.#take({ complete: false })] : [];
  }

  /**
   * Where the array of the elements has ended: after this many bytes of the last chunk, and on which line.
   * What follows is not read. Null if it has not ended.
   */
  ended(): { readonly at: number; readonly line: number } | null {
    return this.#endedAt === null ? null : { at: this.#endedAt, line: this.#line };
  }

  /** Skips bytes of a string; returns the position of the last one that was skipped. */
  #skipString(chunk: Buffer, from: number): number {
    if (this.#escaped) {
      this.#escaped = false;
      return from;
    }
    const at = this.#nextInString(chunk, from);
    this.#escaped = chunk[at] === code.backslash;
    this.#inString = this.#escaped || at === chunk.length;
    return at;
  }

  /** The position of the next quotation mark or backslash; the length of the chunk if there is none. */
  #nextInString(chunk: Buffer, from: number): number {
    const near = Math.min(chunk.length, from + shortString);
    for (let at = from; at < near; at++) {
      const byte = chunk[at];
      if (byte === code.quote || byte === code.backslash) return at;
    }
    // Kept, so that a text of many backslashes takes linear time.
    const next = this.#next;
    if (next.quote < near) next.quote = positionOf(code.quote, chunk, near);
    if (next.backslash < near) next.backslash = positionOf(code.backslash, chunk, near);
    return Math.min(next.quote, next.backslash);
  }

  /** Takes a byte between two values that is not white space; whether a value begins with it. */
  #begins(byte: number, at: number, values: SplitValue[]): boolean {
    if (byte === code.comma) {
      this.#inGarbage = false;
      return false;
    }
    if (byte === code.closeBracket && this.#mode === 'elements') {
      this.#endedAt = at + 1;
      return false;
    }
    if (byte === code.openBrace) return true;
    if (byte === code.quote) this.#inString = true;
    if (!this.#inGarbage) values.push({ kind: 'garbage', line: this.#line });
    this.#inGarbage = true;
    return false;
  }

  #take({ complete }: { readonly complete: boolean }): SplitValue {
    const line = this.#startLine;
    const gathered = this.#gatherer.take();
    return gathered.kind === 'bytes'
      ? { kind: 'value', line, bytes: gathered.bytes, complete }
      : { kind: 'too long', line, id: gathered.id };
  }
}

/** In so many bytes, a loop finds the end of a string sooner than a search in native code. */
const shortString = 32;

const positionOf = (byte: number, chunk: Buffer, from: number): number => {
  const at = chunk.indexOf(byte, from);
  return at === -1 ? chunk.length : at;
};
