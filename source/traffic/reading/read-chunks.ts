import { open, type FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';

const chunkBytes = 256 * 1024;

/**
 * Reads a file in chunks and decompresses it if it is gzip. A chunk is valid until the next one is asked
 * for, because its memory is used again. Bytes after the end of gzip data are no error: `onTrailingBytes` is
 * told their number. Rejects with the file system's error or, after all that can be decompressed, zlib's.
 */
export async function* readChunks(
  file: string,
  onTrailingBytes?: (bytes: number) => void,
): AsyncGenerator<Buffer, void, undefined> {
  const handle = await open(file, 'r');
  try {
    // Two buffers for the whole file: one is filled while the other is in use. New ones would pile up
    // faster than they are collected.
    const buffer = Buffer.alloc(chunkBytes);
    const other = Buffer.alloc(chunkBytes);
    const magic = await handle.read(buffer, 0, 2, 0);
    if (magic.bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b) {
      const trailingBytes = yield* decompressed(handle);
      if (trailingBytes > 0) onTrailingBytes?.(trailingBytes);
      return;
    }
    let position = 0;
    let reading = handle.read(buffer, 0, chunkBytes, position);
    try {
      for (;;) {
        const { bytesRead, buffer: read } = await reading;
        if (bytesRead === 0) return;
        position += bytesRead;
        reading = handle.read(read === buffer ? other : buffer, 0, chunkBytes, position);
        // It is awaited after this chunk has been used, and may fail before that.
        reading.catch(() => undefined);
        yield read.subarray(0, bytesRead);
      }
    } finally {
      await reading.catch(() => undefined);
    }
  } finally {
    await handle.close();
  }
}

/** Returns the number of bytes after the end of the gzip data. */
async function* decompressed(handle: FileHandle): AsyncGenerator<Buffer, number, undefined> {
  const source = handle.createReadStream({ start: 0, autoClose: false });
  const plain = createGunzip({ chunkSize: chunkBytes });
  source.on('error', (error) => plain.destroy(error));
  let bytes = 0;
  try {
    for await (const chunk of source.pipe(plain) as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      yield chunk;
    }
    return 0;
  } catch (error) {
    if (gzipProblem(error) === null) throw error;
    // What waits in the stream is not iterated over after an error.
    const waiting = plain.read() as Buffer | null;
    bytes += waiting?.length ?? 0;
    if (waiting !== null) yield waiting;
    if (!isDamage(error)) throw error;
    const { rest, trailingBytes } = await rescue(handle, { inputBytes: plain.bytesWritten, bytes });
    yield rest;
    if (trailingBytes === 0) throw error;
    return trailingBytes;
  } finally {
    source.destroy();
  }
}

/**
 * Decompresses once more to the place of an error, because zlib drops the chunk in which it occurs: everything
 * before `inputBytes` was decompressed, to `bytes`; what follows goes in byte by byte, so that nothing before
 * the error is dropped. Returns what comes after `bytes`, which is not much more than a chunk.
 */
const rescue = async (
  handle: FileHandle,
  known: { readonly inputBytes: number; readonly bytes: number },
): Promise<{ readonly rest: Buffer; readonly trailingBytes: number }> => {
  const plain = createGunzip({ chunkSize: chunkBytes });
  const rest: Buffer[] = [];
  let toSkip = known.bytes;
  plain.on('data', (chunk: Buffer) => {
    // An empty part would keep the memory of the whole chunk.
    if (chunk.length > toSkip) rest.push(chunk.subarray(toSkip));
    toSkip = Math.max(0, toSkip - chunk.length);
  });
  let trailingBytes = 0;
  try {
    await pipeline(piecesOf(handle, known.inputBytes), plain);
  } catch (error) {
    if (gzipProblem(error) === null) throw error;
    const { size } = await handle.stat();
    // The first of them could still have begun another member.
    if (isNoMember(error)) trailingBytes = size - plain.bytesWritten + 1;
  }
  return { rest: Buffer.concat(rest), trailingBytes };
};

/** The bytes of a file: `together` of them in large pieces, the others one by one. */
async function* piecesOf(
  handle: FileHandle,
  together: number,
): AsyncGenerator<Buffer, void, undefined> {
  for (let position = 0; ;) {
    const length = position < together ? Math.min(chunkBytes, together - position) : chunkBytes;
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, position);
    if (bytesRead === 0) return;
    const read = buffer.subarray(0, bytesRead);
    if (position < together) yield read;
    else for (let at = 0; at < bytesRead; at += 1) yield read.subarray(at, at + 1);
    position += bytesRead;
  }
}

/** Describes an error of a gzip file in a short phrase; null for any other error. */
export const gzipProblem = (error: unknown): string | null => {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (code === 'Z_BUF_ERROR') return 'the gzip data end too early';
  return isDamage(error) ? 'the gzip data are damaged from here on' : null;
};

const isDamage = (error: unknown): error is Error =>
  error instanceof Error && 'code' in error && error.code === 'Z_DATA_ERROR';

/** Whether something other than a further member follows a member; the first one is one by its magic number. */
const isNoMember = (error: unknown): boolean =>
  isDamage(error) && error.message === 'incorrect header check';
