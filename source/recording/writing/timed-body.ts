import zlib from 'node:zlib';
import { StreamReader, type StreamStanding } from '../../models/stream/stream-reader.ts';
import type { JsonObject } from '../../text/json.ts';
import type { Dialect } from '../../traffic/dialects/dialect.ts';

/** How many bytes had come (an index into the body), and when, in milliseconds. */
export type Arrival = { readonly end: number; readonly atMs: number };

/** A decompressed body, and when its parts came. */
export type TimedBody = { readonly bytes: Uint8Array; readonly arrivals: readonly Arrival[] };

/** A body that exceeds this size when decompressed is discarded. */
const maximumBytes = 64 * 1024 * 1024;

/**
 * Decompresses a body that came in parts, and keeps when each part came. `marks` are those of a tap. A
 * body that was cut off gives as much as can be read of it. Null: the compression is not supported, or
 * the bytes are not of that compression.
 */
export const decodeTimed = async (
  bytes: Uint8Array,
  marks: readonly number[],
  encoding: string | null,
): Promise<TimedBody | null> => {
  const arrivals = arrivalsOf(marks);
  const decoder = decoderOf(encoding?.trim().toLowerCase() ?? '');
  if (decoder === 'none') return { bytes, arrivals };
  return decoder === null ? null : decompress(bytes, arrivals, decoder);
};

const decompress = async (
  bytes: Uint8Array,
  arrivals: readonly Arrival[],
  decoder: Decoder,
): Promise<TimedBody | null> => {
  const parts: Uint8Array[] = [];
  const timed: Arrival[] = [];
  let length = 0;
  let hasFailed = false;
  decoder.on('data', (part: Uint8Array) => {
    parts.push(part);
    length += part.length;
  });
  const failed = new Promise<void>((resolve) => {
    decoder.on('error', () => {
      hasFailed = true;
      resolve();
    });
  });
  let start = 0;
  for (const { end, atMs } of arrivals) {
    const written = new Promise<void>((resolve) => {
      decoder.write(bytes.subarray(start, end), () => resolve());
    });
    await Promise.race([written, failed]);
    if (hasFailed || length > maximumBytes) break;
    timed.push({ end: length, atMs });
    start = end;
  }
  decoder.destroy();
  return hasFailed || length > maximumBytes
    ? null
    : { bytes: Buffer.concat(parts), arrivals: timed };
};

const arrivalsOf = (marks: readonly number[]): readonly Arrival[] => {
  const arrivals: Arrival[] = [];
  for (let index = 0; index + 1 < marks.length; index += 2) {
    arrivals.push({ end: marks[index] ?? 0, atMs: marks[index + 1] ?? 0 });
  }
  return arrivals;
};

type Decoder = ReturnType<typeof zlib.createGunzip>;

/** The decoder of a content coding; null where there is none. */
const decoderOf = (encoding: string): Decoder | 'none' | null => {
  const flush = { flush: zlib.constants.Z_SYNC_FLUSH };
  switch (encoding) {
    case '':
    case 'identity':
      return 'none';
    case 'gzip':
    case 'x-gzip':
    case 'deflate':
      // Tells gzip from zlib by the first bytes.
      return zlib.createUnzip(flush);
    case 'br':
      return zlib.createBrotliDecompress({ flush: zlib.constants.BROTLI_OPERATION_FLUSH });
    case 'zstd':
      // Older versions of Node 22 have none.
      return typeof zlib.createZstdDecompress === 'function' ? zlib.createZstdDecompress() : null;
    default:
      return null;
  }
};

/**
 * Whether a body is a stream, whatever its content type says: server-sent events or, by default in Gemini's
 * dialect, a JSON array.
 */
export const isStream = ({ bytes }: TimedBody, dialect: Dialect): boolean => {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(64, bytes.length));
  const form = dialect === 'gemini' ? /^\s*(?:\[|(?:data|event|id|retry)?:)/ : events;
  return form.test(start.toString('latin1'));
};

const events = /^\s*(?:(?:data|event|id|retry)?:)/;

/** The content of a stream. */
export type TimedStream = {
  /** What came, as the body that the upstream would have sent without a stream; null: nothing did. */
  readonly body: JsonObject | null;
  readonly standing: StreamStanding;
  /** When the first text, refusal or tool call came, in milliseconds; null: none did. */
  readonly timeToFirstTokenMs: number | null;
};

/** Reads a stream as a live one is read. `choices` is the number of choices the request asks for. */
export const readTimedStream = (
  { bytes, arrivals }: TimedBody,
  { choices, dialect }: { readonly choices: number; readonly dialect: Dialect },
): TimedStream => {
  const reader = new StreamReader(choices, 'apart', dialect);
  let timeToFirstTokenMs: number | null = null;
  let beginnings = 0;
  let start = 0;
  for (const { end, atMs } of arrivals) {
    reader.push(bytes.subarray(start, end));
    start = end;
    if (reader.beginnings === beginnings) continue;
    ({ beginnings } = reader);
    timeToFirstTokenMs = atMs;
  }
  reader.push(bytes.subarray(start));
  reader.end();
  return {
    body: reader.body(),
    standing: reader.standing,
    timeToFirstTokenMs,
  };
};
