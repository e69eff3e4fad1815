import { createHash } from 'node:crypto';
import { countLineFeeds, tooLongReason } from './gather-bytes.ts';
import { gzipProblem } from './read-chunks.ts';
import { maximumLineBytes } from './read-lines.ts';
import type { SourceRecord } from './source-record.ts';

/** Follows every message (buger/goreplay, protocol.go). */
const separator = Buffer.from('\n🐵🙈🙉\n');

/** Type, id, nanoseconds since 1970 and, for a response, its latency. */
const header = /^([123]) ([0-9a-f]{16,}) (\d{13,})(?: (-?\d+))?$/;

const around = { within: 'goreplay', rest: {} };

/** Whether a file that begins like this is one of GoReplay. */
export const beginsGoReplay = (head: string): boolean => header.test(head.split('\n', 1)[0] ?? '');

/**
 * Reads the messages of a GoReplay file in bounded memory, as objects: `type` (1 request, 2 response, 3
 * response to a replay), `id`, `timestampNs` and `latencyNs` as strings, and `http`, the bytes of the
 * message in base64.
 */
export async function* readGoReplay(
  chunks: AsyncIterable<Buffer>,
  maximumBytes: number = maximumLineBytes,
): AsyncGenerator<SourceRecord, void, undefined> {
  const reader = new MessageReader(maximumBytes);
  try {
    for await (const chunk of chunks) yield* reader.push(chunk);
  } catch (error) {
    const reason = gzipProblem(error);
    if (reason === null) throw error;
    yield reader.stop(reason);
    return;
  }
  yield* reader.end();
}

/** Cuts bytes into messages at the separators and counts the lines. */
class MessageReader {
  readonly #maximumBytes: number;
  /** Bytes of a message whose end has not come. */
  #rest = Buffer.alloc(0);
  #line = 1;
  /** Whether the beginning of the current message was too long to keep. */
  #isSkipping = false;

  constructor(maximumBytes: number) {
    this.#maximumBytes = maximumBytes;
  }

  *push(chunk: Buffer): Generator<SourceRecord, void, undefined> {
    // A separator may begin at the end of the rest.
    let from = this.#rest.length - separator.length;
    const bytes = Buffer.concat([this.#rest, chunk]);
    let start = 0;
    for (;;) {
      const end = bytes.indexOf(separator, Math.max(start, from));
      if (end === -1) break;
      yield* this.#take(bytes.subarray(start, end), { complete: true });
      start = end + separator.length;
      from = start;
    }
    this.#rest = bytes.subarray(start);
    if (this.#rest.length > this.#maximumBytes) {
      this.#line += countLineFeeds(this.#rest.subarray(0, -separator.length));
      this.#rest = this.#rest.subarray(-separator.length);
      this.#isSkipping = true;
    }
  }

  *end(): Generator<SourceRecord, void, undefined> {
    yield* this.#take(this.#rest, { complete: false });
  }

  /** The record of what was being read when reading had to stop. */
  stop(reason: string): SourceRecord {
    return unreadable(this.#line, this.#rest, reason);
  }

  *#take(
    message: Buffer,
    { complete }: { readonly complete: boolean },
  ): Generator<SourceRecord, void, undefined> {
    const line = this.#line;
    this.#line += countLineFeeds(message) + (complete ? 2 : 0);
    const isTooLong = this.#isSkipping || message.length > this.#maximumBytes;
    this.#isSkipping = false;
    if (isTooLong) yield unreadable(line, message, tooLongReason(this.#maximumBytes));
    else if (message.toString('latin1').trim() !== '') yield toRecord(line, message, complete);
  }
}

const toRecord = (line: number, message: Buffer, complete: boolean): SourceRecord => {
  const end = message.indexOf(10);
  const found = end === -1 ? null : header.exec(message.subarray(0, end).toString('latin1'));
  if (found === null) {
    const reason = complete ? 'not a GoReplay message' : 'cut off at the end of the file';
    return unreadable(line, message, reason);
  }
  const [, type = '', id = '', timestampNs = '', latencyNs] = found;
  return {
    kind: 'object',
    line,
    around,
    bytes: message.length,
    validUtf8: true,
    id: messageId(message),
    object: {
      type: Number(type),
      id,
      timestampNs,
      latencyNs: latencyNs ?? null,
      http: message.subarray(end + 1).toString('base64'),
    },
  };
};

const unreadable = (line: number, message: Buffer, reason: string): SourceRecord => ({
  kind: 'unreadable',
  line,
  around,
  bytes: message.length,
  validUtf8: true,
  id: messageId(message),
  reason,
});

/** Hashes at once, because the buffer is used again. */
const messageId = (message: Buffer): (() => string) => {
  const id = createHash('sha256').update(message).digest('hex');
  return () => id;
};
