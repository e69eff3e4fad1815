import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { ByteGatherer, tooLongReason } from './gather-bytes.ts';
import { gzipProblem } from './read-chunks.ts';

/**
 * One line of a file without its line end, or one JSON text of a file that is not laid out in lines.
 * `line` counts from 1 and includes blank lines, which are not returned. `skipped`: a line that was too
 * long to keep, or the end of what could be read; `id` is a hash of it.
 */
export type SourceLine =
  | {
      readonly kind: 'line';
      readonly line: number;
      /** In memory that is used again when the next lines are asked for. */
      readonly bytes: Buffer;
      /** False for a last line without a line end. */
      readonly complete: boolean;
      readonly validUtf8: boolean;
    }
  | {
      readonly kind: 'skipped';
      readonly line: number;
      readonly id: string;
      readonly reason: string;
    };

/** The limit of one line, in bytes. */
export const maximumLineBytes = 64 * 1024 * 1024;

const lineFeed = 0x0a;
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * Reads the lines of the chunks of a text file in bounded memory; each step returns the lines of one chunk.
 * Removes a byte order mark before a line and the CR of CRLF. Lines of more than `maximumBytes` are skipped and
 * named. Rejects with the file system's error.
 */
export async function* readLines(
  chunks: AsyncIterable<Buffer>,
  maximumBytes: number = maximumLineBytes,
): AsyncGenerator<readonly SourceLine[], void, undefined> {
  const gatherer = new LineGatherer(maximumBytes);
  try {
    for await (const chunk of chunks) {
      const lines: SourceLine[] = [];
      let start = 0;
      for (;;) {
        const end = chunk.indexOf(lineFeed, start);
        if (end === -1) break;
        if (end === start && gatherer.skipEmpty()) {
          start += 1;
          continue;
        }
        gatherer.push(chunk.subarray(start, end));
        const line = gatherer.take({ complete: true });
        if (line !== null) lines.push(line);
        start = end + 1;
      }
      // Copied, because the next chunk overwrites this one.
      gatherer.push(Buffer.from(chunk.subarray(start)));
      if (lines.length > 0) yield lines;
    }
  } catch (error) {
    const reason = gzipProblem(error);
    if (reason === null) throw error;
    yield [gatherer.stop(reason)];
    return;
  }
  const last = gatherer.take({ complete: false });
  if (last !== null) yield [last];
}

/** Puts the pieces of each line together and counts the lines. */
class LineGatherer {
  readonly #bytes: ByteGatherer;
  readonly #tooLong: string;
  #line = 1;

  constructor(maximumBytes: number) {
    this.#bytes = new ByteGatherer(maximumBytes);
    this.#tooLong = tooLongReason(maximumBytes);
  }

  push(piece: Buffer): void {
    this.#bytes.push(piece);
  }

  /** Counts a line without a character; false if one has begun. */
  skipEmpty(): boolean {
    if (!this.#bytes.isEmpty()) return false;
    this.#line += 1;
    return true;
  }

  /** The line that ends here; null if it is blank. */
  take({ complete }: { readonly complete: boolean }): SourceLine | null {
    const line = this.#line;
    const gathered = this.#bytes.take();
    this.#line += 1;
    if (gathered.kind === 'too long') {
      return { kind: 'skipped', line, id: gathered.id, reason: this.#tooLong };
    }
    const bytes = trimmed(gathered.bytes);
    if (isBlank(bytes)) return null;
    return { kind: 'line', line, bytes, complete, validUtf8: isUtf8(bytes) };
  }

  /** The line at which reading had to stop. */
  stop(reason: string): SourceLine {
    const gathered = this.#bytes.take();
    const id = createHash('sha256')
      .update(`${reason} ${this.#line}\n`)
      .update(gathered.kind === 'bytes' ? gathered.bytes : gathered.id);
    return { kind: 'skipped', line: this.#line, id: id.digest('hex'), reason };
  }
}

const isBlank = (line: Buffer): boolean => {
  for (const unit of line) {
    const isSpace = unit === 0x20 || (unit >= 0x09 && unit <= 0x0d);
    if (isSpace) continue;
    // Unicode has spaces beyond ASCII.
    return unit >= 0x80 && line.toString('utf8').trim() === '';
  }
  return true;
};

/** Files that were put together have byte order marks in the middle. */
const trimmed = (line: Buffer): Buffer => {
  const start = line[0] === byteOrderMark[0] && line.subarray(0, 3).equals(byteOrderMark) ? 3 : 0;
  const end = line.at(-1) === 0x0d ? line.length - 1 : line.length;
  return start === 0 && end === line.length ? line : line.subarray(start, end);
};
