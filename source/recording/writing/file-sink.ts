import { existsSync } from 'node:fs';
import { open, rename, type FileHandle } from 'node:fs/promises';
import { storeError } from '../../store/database/store-errors.ts';
import { nativeLine } from './native-line.ts';
import type { Sink, Written } from './sink.ts';

/**
 * Appends captures to a file of native captures, readable by its owner only. A file that would grow
 * over `rotateBytes` is renamed first: `traffic.jsonl` becomes `traffic.1.jsonl`, then
 * `traffic.2.jsonl`. Rejected records have no place in such a file and are only counted. Throws
 * UserError where the file cannot be written.
 */
export const openFileSink = async (file: string, rotateBytes: number | null): Promise<Sink> => {
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw storeError(error, file);
    }
  };
  let current = await guarded(() => openAppending(file));

  const append = async (bytes: Buffer): Promise<void> => {
    try {
      for (let at = 0; at < bytes.length;) {
        const { bytesWritten } = await current.handle.write(bytes, at, bytes.length - at);
        at += bytesWritten;
      }
    } catch (error) {
      // A disk that is full takes a part: no half line stays.
      await current.handle.truncate(current.size);
      throw error;
    }
    current = { handle: current.handle, size: current.size + bytes.length };
  };

  const rotate = async (): Promise<void> => {
    await current.handle.close();
    await rename(file, freeName(file));
    current = await openAppending(file);
  };

  return {
    salt: null,
    write: (records) =>
      guarded(async () => {
        const lines = records.map((record) =>
          record.kind === 'capture' ? nativeLine(record.capture) : '',
        );
        const bytes = Buffer.from(lines.join(''));
        const isFull = rotateBytes !== null && current.size + bytes.length > rotateBytes;
        if (isFull && current.size > 0) await rotate();
        await append(bytes);
        return records.map((record): Written[number] =>
          record.kind === 'rejected' ? record.reason : null,
        );
      }),
    close: () =>
      guarded(async () => {
        await current.handle.sync();
        await current.handle.close();
      }),
  };
};

/** Opens a file at its end. A line that a killed process left half-written is ended there. */
const openAppending = async (
  file: string,
): Promise<{ readonly handle: FileHandle; readonly size: number }> => {
  const handle = await open(file, 'a+', 0o600);
  const { size } = await handle.stat();
  if (size === 0) return { handle, size };
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
  if (buffer[0] === 0x0a) return { handle, size };
  await handle.write('\n');
  return { handle, size: size + 1 };
};

const freeName = (file: string): string => {
  const [, stem = file, ending = ''] = /^(.*?)(\.[^./]+)?$/s.exec(file) ?? [];
  for (let number = 1; ; number += 1) {
    const name = `${stem}.${number}${ending}`;
    if (!existsSync(name)) return name;
  }
};
