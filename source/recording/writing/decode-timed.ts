import zlib from 'node:zlib';

/** The end of the bytes that had come (an index), and when, in milliseconds. */
export type Arrival = { readonly end: number; readonly atMs: number };

/** A body without its compression, and when its parts came. */
export type TimedBody = { readonly bytes: Uint8Array; readonly arrivals: readonly Arrival[] };

/** A body may become this large when it is decompressed. */
const maximumBytes = 64 * 1024 * 1024;

/**
 * Takes the compression off a body that came in parts, and keeps when each part was there. `marks`
 * are those of a tap. A body that was cut off gives what can be read of it; null: the compression is
 * not known, or the bytes are not what it says.
 */
export const decodeTimed = async (
  bytes: Uint8Array,
  marks: readonly number[],
  encoding: string | null,
): Promise<TimedBody | null> => {
  const arrivals = arrivalsOf(marks);
  const stream = decoderOf(encoding?.trim().toLowerCase() ?? '');
  if (stream === 'none') return { bytes, arrivals };
  if (stream === null) return null;
  const parts: Uint8Array[] = [];
  const timed: Arrival[] = [];
  let length = 0;
  let problem: Error | null = null;
  stream.on('data', (part: Uint8Array) => {
    parts.push(part);
    length += part.length;
  });
  const failed = new Promise<void>((resolve) => {
    stream.on('error', (error) => {
      problem = error;
      resolve();
    });
  });
  let start = 0;
  for (const { end, atMs } of arrivals) {
    const written = new Promise<void>((resolve) => {
      stream.write(bytes.subarray(start, end), () => resolve());
    });
    await Promise.race([written, failed]);
    if (problem !== null || length > maximumBytes) break;
    timed.push({ end: length, atMs });
    start = end;
  }
  stream.destroy();
  return problem !== null || length > maximumBytes
    ? null
    : { bytes: Buffer.concat(parts), arrivals: timed };
};

const arrivalsOf = (marks: readonly number[]): readonly Arrival[] => {
  const arrivals: Arrival[] = [];
  for (let at = 0; at + 1 < marks.length; at += 2) {
    arrivals.push({ end: marks[at] ?? 0, atMs: marks[at + 1] ?? 0 });
  }
  return arrivals;
};

type Decoder = ReturnType<typeof zlib.createGunzip>;

const decoderOf = (encoding: string): Decoder | 'none' | null => {
  const flush = { flush: zlib.constants.Z_SYNC_FLUSH };
  switch (encoding) {
    case '':
    case 'identity':
      return 'none';
    case 'gzip':
    case 'x-gzip':
    case 'deflate':
      // Tells gzip and zlib by their first bytes.
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
