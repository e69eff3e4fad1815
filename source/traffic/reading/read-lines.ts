import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { gzipProblem, readChunks } from './read-chunks.ts';

/**
 * One line of a file, without its line end. `line` counts from 1, blank lines included, though they
 * are not given out. `complete` is false for a last line without a line end. `skipped`: a line that
 * was not kept, or the end of what could be read; `id` is a hash of what it was.
 */
export type Line =
  | {
      readonly kind: 'line';
      readonly line: number;
      /** Its bytes, in memory that is used again when the next lines are asked for. */
      readonly bytes: Buffer;
      readonly complete: boolean;
      readonly validUtf8: boolean;
    }
  | {
      readonly kind: 'skipped';
      readonly line: number;
      readonly id: string;
      readonly reason: string;
    };

/** A line may have this many bytes. */
export const maximumLineBytes = 64 * 1024 * 1024;

const lineFeed = 0x0a;
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * The lines of a text file, plain or gzip, in bounded memory, as many at a time as a piece of it has: a
 * line beyond `maximumBytes` is skipped and named. A byte order mark and CRLF are taken off; bytes that are
 * no UTF-8 become U+FFFD. Rejects with the file system's error.
 */
export async function* readLines(
  file: string,
  maximumBytes: number = maximumLineBytes,
): AsyncGenerator<readonly Line[], void, undefined> {
  const gatherer = createGatherer(maximumBytes);
  try {
    for await (const chunk of readChunks(file)) {
      const lines: Line[] = [];
      let start = 0;
      for (;;) {
        const end = chunk.indexOf(lineFeed, start);
        if (end === -1) break;
        gatherer.push(chunk.subarray(start, end));
        const line = gatherer.take(true);
        if (line !== null) lines.push(line);
        start = end + 1;
      }
      // The chunk's memory is used again.
      gatherer.push(Buffer.from(chunk.subarray(start)));
      if (lines.length > 0) yield lines;
    }
  } catch (error) {
    const reason = gzipProblem(error);
    if (reason === null) throw error;
    yield [gatherer.stop(reason)];
    return;
  }
  const last = gatherer.take(false);
  if (last !== null) yield [last];
}

/** Puts the pieces of a line together; past the limit it keeps only their hash. */
const createGatherer = (maximumBytes: number) => {
  let pieces: Buffer[] = [];
  let bytes = 0;
  let line = 1;
  let skipped: ReturnType<typeof createHash> | null = null;
  const clear = (): void => {
    pieces = [];
    bytes = 0;
    skipped = null;
    line += 1;
  };
  const tooLong = `longer than ${Math.floor(maximumBytes / 1024 / 1024)} MB`;
  return {
    push(piece: Buffer): void {
      bytes += piece.length;
      if (bytes > maximumBytes) {
        skipped ??= createHash('sha256').update(Buffer.concat(pieces));
        skipped.update(piece);
        pieces = [];
      } else if (piece.length > 0) {
        pieces.push(piece);
      }
    },
    take(complete: boolean): Line | null {
      const number = line;
      if (skipped !== null) {
        const id = skipped.digest('hex');
        clear();
        return { kind: 'skipped', line: number, id, reason: tooLong };
      }
      const whole = trimmed(pieces.length === 1 ? pieces[0] : Buffer.concat(pieces), number);
      clear();
      if (isBlank(whole)) return null;
      return { kind: 'line', line: number, bytes: whole, complete, validUtf8: isUtf8(whole) };
    },
    stop(reason: string): Line {
      const id = createHash('sha256').update(`${reason} ${line}\n`).update(Buffer.concat(pieces));
      return { kind: 'skipped', line, id: id.digest('hex'), reason };
    },
  };
};

const isBlank = (line: Buffer): boolean => {
  const first = line[0] ?? 0;
  const isText = first > 0x20 && first < 0x80;
  return !isText && line.toString('utf8').trim() === '';
};

const trimmed = (whole: Buffer | undefined, line: number): Buffer => {
  if (whole === undefined) return Buffer.alloc(0);
  const start = line === 1 && whole.subarray(0, 3).equals(byteOrderMark) ? 3 : 0;
  const end = whole.at(-1) === 0x0d ? whole.length - 1 : whole.length;
  return whole.subarray(start, end);
};
