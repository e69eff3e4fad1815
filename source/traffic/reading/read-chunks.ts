import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

const chunkBytes = 256 * 1024;

/**
 * Reads a file in chunks and decompresses it if it is gzip. A chunk is valid until the next one is asked
 * for, because its memory is used again. Rejects with the file system's error, or zlib's.
 */
export async function* readChunks(file: string): AsyncGenerator<Buffer, void, undefined> {
  const handle = await open(file, 'r');
  try {
    // Two buffers for the whole file: one is filled while the other is in use. New ones would pile up
    // faster than they are collected.
    const buffer = Buffer.alloc(chunkBytes);
    const other = Buffer.alloc(chunkBytes);
    const magic = await handle.read(buffer, 0, 2, 0);
    if (magic.bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b) {
      const source = handle.createReadStream({ start: 0, autoClose: false });
      yield* decompressed(source);
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

async function* decompressed(source: Readable): AsyncGenerator<Buffer, void, undefined> {
  const plain = createGunzip({ chunkSize: chunkBytes });
  source.on('error', (error) => plain.destroy(error));
  try {
    yield* source.pipe(plain) as AsyncIterable<Buffer>;
  } finally {
    source.destroy();
  }
}

/** Describes an error of a gzip file in a short phrase; null for any other error. */
export const gzipProblem = (error: unknown): string | null => {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (code === 'Z_BUF_ERROR') return 'the gzip data end too early';
  return code === 'Z_DATA_ERROR' ? 'the gzip data are damaged from here on' : null;
};
