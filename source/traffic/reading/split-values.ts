import { createHash } from 'node:crypto';

/**
 * A JSON value that was cut out of a stream of bytes and is not parsed yet; `line` is the line on
 * which it begins, from 1. `garbage`: bytes that begin no object. `too long`: a value that was not
 * kept; `id` is a hash of it.
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

export type ValueSplitter = {
  /** Takes the next bytes, which it does not keep; the values that they complete. */
  readonly push: (chunk: Buffer) => readonly SplitValue[];
  /** The value that the end cut off, if there is one. */
  readonly end: () => readonly SplitValue[];
  /**
   * Where the array whose elements were asked for has ended: behind so many bytes of the last chunk, and on
   * which line. What follows is not read. Null: it has not.
   */
  readonly ended: () => { readonly at: number; readonly line: number } | null;
};

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
 * Cuts JSON objects out of bytes in bounded memory, however they are laid out over lines: objects one
 * behind the other (`values`), or the elements of an array whose opening bracket has been passed
 * (`elements`). It finds ends by brackets and quotes alone and leaves the rest to `JSON.parse`.
 */
export const createValueSplitter = (options: {
  readonly mode: 'values' | 'elements';
  readonly maximumBytes: number;
  /** The line on which the bytes begin. */
  readonly line: number;
}): ValueSplitter => {
  const { mode, maximumBytes } = options;
  const gathered = createGathered(maximumBytes);
  let { line } = options;
  let startLine = line;
  let depth = 0;
  let inString = false;
  let escaped = false;
  let inGarbage = false;
  let endedAt: number | null = null;

  /** Takes a structural byte between two values; whether a value begins with it. */
  const between = (byte: number, at: number, values: SplitValue[]): boolean => {
    if (byte === code.comma) {
      inGarbage = false;
      return false;
    }
    if (byte === code.closeBracket && mode === 'elements') {
      endedAt = at + 1;
      return false;
    }
    if (byte === code.openBrace) return true;
    if (byte === code.quote) inString = true;
    if (!inGarbage) values.push({ kind: 'garbage', line });
    inGarbage = true;
    return false;
  };

  return {
    push: (chunk) => {
      const values: SplitValue[] = [];
      let start = 0;
      for (let at = 0; at < chunk.length; at++) {
        if (endedAt !== null) break;
        if (inString) {
          if (escaped) {
            escaped = false;
            continue;
          }
          at = nextInString(chunk, at);
          escaped = chunk[at] === code.backslash;
          inString = escaped || at === chunk.length;
          continue;
        }
        const byte = chunk[at] ?? 0;
        if (byte === code.lineFeed) {
          line++;
          inGarbage &&= mode === 'elements';
        } else if (byte === 0x20 || byte === 0x09 || byte === 0x0d) {
          continue;
        } else if (depth === 0) {
          if (!between(byte, at, values)) continue;
          startLine = line;
          start = at;
          inGarbage = false;
          depth = 1;
        } else if (byte === code.quote) {
          inString = true;
        } else if (byte === code.openBrace || byte === code.openBracket) {
          depth++;
        } else if (byte === code.closeBrace || byte === code.closeBracket) {
          depth--;
          if (depth > 0) continue;
          gathered.push(chunk.subarray(start, at + 1));
          values.push({ line: startLine, ...gathered.take(true) });
        }
      }
      // The chunk's memory is used again.
      if (depth > 0) gathered.push(Buffer.from(chunk.subarray(start)));
      return values;
    },
    end: () => (depth > 0 ? [{ line: startLine, ...gathered.take(false) }] : []),
    ended: () => (endedAt === null ? null : { at: endedAt, line }),
  };
};

/** The next quote or backslash from here; the end of the chunk when there is none. */
const nextInString = (chunk: Buffer, from: number): number => {
  for (let at = from; at < chunk.length; at++) {
    const byte = chunk[at];
    if (byte === code.quote || byte === code.backslash) return at;
  }
  return chunk.length;
};

/** Puts the pieces of a value together; past the limit it keeps only their hash. */
const createGathered = (maximumBytes: number) => {
  let pieces: Buffer[] = [];
  let bytes = 0;
  let skipped: ReturnType<typeof createHash> | null = null;
  return {
    push(piece: Buffer): void {
      bytes += piece.length;
      if (bytes > maximumBytes) {
        skipped ??= createHash('sha256').update(Buffer.concat(pieces));
        skipped.update(piece);
        pieces = [];
      } else {
        pieces.push(piece);
      }
    },
    take(complete: boolean) {
      const [only] = pieces;
      const value =
        skipped === null
          ? ({
              kind: 'value',
              bytes: only !== undefined && pieces.length === 1 ? only : Buffer.concat(pieces),
              complete,
            } as const)
          : ({ kind: 'too long', id: skipped.digest('hex') } as const);
      pieces = [];
      bytes = 0;
      skipped = null;
      return value;
    },
  };
};
