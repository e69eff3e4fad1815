import { createHash } from 'node:crypto';
import { gzipProblem, readChunks } from './read-chunks.ts';
import { maximumLineBytes } from './read-lines.ts';
import type { SourceRecord } from './read-records.ts';

/** Stands behind each message (buger/goreplay, protocol.go). */
const separator = Buffer.from('\n🐵🙈🙉\n');

/** Kind, id, nanoseconds since 1970, and of a response also how many it took. */
const header = /^([123]) ([0-9a-f]{16,}) (\d{13,})(?: (-?\d+))?$/;

const around = { within: 'goreplay', rest: {} };

/** Whether a text begins as a file of GoReplay does. */
export const beginsGoReplay = (head: string): boolean => header.test(head.split('\n', 1)[0] ?? '');

/**
 * The messages of a file of GoReplay, in bounded memory, as objects: `type` (1 request, 2 response, 3
 * response to a replay), `id`, `timestampNs` and `latencyNs` as texts, and `http`, the bytes of the
 * message in base64.
 */
export async function* readGoReplay(
  file: string,
  maximumBytes: number = maximumLineBytes,
): AsyncGenerator<SourceRecord, void, undefined> {
  let rest = Buffer.alloc(0);
  let line = 1;
  let skipping = false;
  const take = (message: Buffer, complete: boolean): readonly SourceRecord[] => {
    const start = line;
    line += countLines(message) + (complete ? 2 : 0);
    const tooLong = skipping || message.length > maximumBytes;
    skipping = false;
    if (tooLong) return [unreadable(start, message, tooLongReason(maximumBytes))];
    if (message.toString('latin1').trim() === '') return [];
    return [toRecord(start, message, complete)];
  };
  try {
    for await (const chunk of readChunks(file)) {
      let from = rest.length - separator.length;
      rest = Buffer.concat([rest, chunk]);
      let start = 0;
      for (;;) {
        const end = rest.indexOf(separator, Math.max(start, from));
        if (end === -1) break;
        yield* take(rest.subarray(start, end), true);
        start = end + separator.length;
        from = start;
      }
      rest = rest.subarray(start);
      if (rest.length > maximumBytes) {
        line += countLines(rest.subarray(0, -separator.length));
        rest = rest.subarray(-separator.length);
        skipping = true;
      }
    }
  } catch (error) {
    const reason = gzipProblem(error);
    if (reason === null) throw error;
    yield unreadable(line, rest, reason);
    return;
  }
  yield* take(rest, false);
}

const tooLongReason = (bytes: number): string =>
  `longer than ${Math.floor(bytes / 1024 / 1024)} MB`;

const countLines = (bytes: Buffer): number => {
  let lines = 0;
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) lines += 1;
  return lines;
};

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
    id: idOf(message),
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
  id: idOf(message),
  reason,
});

/** The buffer is used again, so that what is hashed must be taken now. */
const idOf = (message: Buffer): (() => string) => {
  const id = createHash('sha256').update(message).digest('hex');
  return () => id;
};
