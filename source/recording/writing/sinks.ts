import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, rename, type FileHandle } from 'node:fs/promises';
import { addRecords } from '../../store/captures/add-records.ts';
import { storeError } from '../../store/engine/store-errors.ts';
import { redactionSalt } from '../../store/redaction/open-redactor.ts';
import { openStore } from '../../store/open.ts';
import type { Capture } from '../../traffic/capture.ts';
import type { ImportRecord } from '../../traffic/import-record.ts';

/** The outcome of each record: null if it was saved, otherwise the reason. */
export type Written = readonly (string | null)[];

/** Where captures go. */
export type Sink = {
  /**
   * Saves all records or none. Throws UserError for what the user can put right, such as a full disk;
   * the same records may then be written again.
   */
  readonly write: (records: readonly ImportRecord[]) => Promise<Written>;
  /** The salt of its placeholders; null where it keeps none. */
  readonly salt: string | null;
  readonly close: () => Promise<void>;
};

/** Saves captures in a store, each batch in one transaction. Throws UserError as `openStore` does. */
export const openStoreSink = async (file: string): Promise<Sink> => {
  const store = await openStore(file);
  const salt = await redactionSalt(store, () => randomBytes(32).toString('hex'));
  return {
    salt,
    write: async (records) => {
      const { fates } = await addRecords(store, records, {
        source: 'understudy record',
        comparisonId: null,
        at: new Date().toISOString(),
      });
      return fates.map((fate) => (fate.kind === 'rejected' ? fate.reason : null));
    },
    close: store.close,
  };
};

/**
 * Appends captures to a file of native captures that only its owner can read. Before the file grows
 * over `rotateBytes` it is renamed: `traffic.jsonl` to `traffic.1.jsonl`, the next to `traffic.2.jsonl`.
 * Rejected records are only counted. Throws UserError where the file cannot be written.
 */
export const openFileSink = async (file: string, rotateBytes: number | null): Promise<Sink> => {
  const sink = await guarded(
    file,
    async () => new FileSink(file, rotateBytes, await openEnd(file)),
  );
  return {
    salt: null,
    write: (records) => guarded(file, () => sink.write(records)),
    close: () => guarded(file, () => sink.close()),
  };
};

const guarded = async <T>(file: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    throw storeError(error, file);
  }
};

type OpenFile = { readonly handle: FileHandle; readonly size: number };

class FileSink {
  readonly #file: string;
  readonly #rotateBytes: number | null;
  #current: OpenFile;

  constructor(file: string, rotateBytes: number | null, current: OpenFile) {
    this.#file = file;
    this.#rotateBytes = rotateBytes;
    this.#current = current;
  }

  async write(records: readonly ImportRecord[]): Promise<Written> {
    const lines = records.map((record) =>
      record.kind === 'capture' ? nativeLine(record.capture) : '',
    );
    const bytes = Buffer.from(lines.join(''));
    const size = this.#current.size;
    const isFull = this.#rotateBytes !== null && size + bytes.length > this.#rotateBytes;
    if (isFull && size > 0) await this.#rotate();
    await this.#append(bytes);
    return records.map((record) => (record.kind === 'rejected' ? record.reason : null));
  }

  async close(): Promise<void> {
    await this.#current.handle.sync();
    await this.#current.handle.close();
  }

  async #append(bytes: Buffer): Promise<void> {
    const { handle, size } = this.#current;
    try {
      for (let at = 0; at < bytes.length;) {
        const { bytesWritten } = await handle.write(bytes, at, bytes.length - at);
        at += bytesWritten;
      }
    } catch (error) {
      // A full disk may have taken a part, which would leave half a line.
      await handle.truncate(size);
      throw error;
    }
    this.#current = { handle, size: size + bytes.length };
  }

  async #rotate(): Promise<void> {
    await this.#current.handle.close();
    await rename(this.#file, freeName(this.#file));
    this.#current = await openEnd(this.#file);
  }
}

/** Opens a file for appending. Ends the line that a killed process may have left half-written. */
const openEnd = async (file: string): Promise<OpenFile> => {
  const handle = await open(file, 'a+', 0o600);
  const { size } = await handle.stat();
  if (size === 0) return { handle, size };
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
  if (buffer[0] === 0x0a) return { handle, size };
  await handle.write('\n');
  return { handle, size: size + 1 };
};

const freeName = (file: string): string => {
  const [, stem = file, extension = ''] = /^(.*?)(\.[^./]+)?$/s.exec(file) ?? [];
  for (let number = 1; ; number += 1) {
    const name = `${stem}.${number}${extension}`;
    if (!existsSync(name)) return name;
  }
};

/** A capture as a line of the native format, with its line feed; reading it gives the same capture. */
export const nativeLine = (capture: Capture): string => {
  const recorded = capture.recorded.find(({ production }) => production);
  const line = {
    id: capture.id,
    endpoint: capture.endpoint,
    ...(capture.timestamp === null ? {} : { timestamp: capture.timestamp }),
    ...(capture.dialect === 'chat' ? {} : { dialect: capture.dialect }),
    ...(capture.model === null ? {} : { model: capture.model }),
    request: capture.request,
    ...(recorded === undefined
      ? {}
      : {
          response: recorded.body,
          ...(recorded.totalMs === null ? {} : { latencyMs: recorded.totalMs }),
          ...(recorded.timeToFirstTokenMs === null
            ? {}
            : { timeToFirstTokenMs: recorded.timeToFirstTokenMs }),
        }),
    ...(capture.metadata === null ? {} : { metadata: capture.metadata }),
    // Said even if nothing is lost: a reader would otherwise look for signs of it.
    partial: capture.partial,
  };
  return `${JSON.stringify(line)}\n`;
};
