import { statSync, type BigIntStats } from 'node:fs';
import { open } from 'node:fs/promises';
import type Database from 'better-sqlite3';
import { printable } from '../../text/printable.ts';
import { UserError } from '../../text/user-error.ts';
import { storeError } from './store-errors.ts';

/** How long a commit may stay in the system's memory before it is written to the disk. */
const syncWithinMs = 500;

/**
 * The one connection of a store, and the promise that what it committed is in the file that the user
 * named: the file is still the same one, and a power failure takes no more than a second of it.
 */
export class SqliteConnection {
  readonly #name: string;
  #database: Database.Database;
  #file: string;
  #found: FileIdentity;
  #syncing: NodeJS.Timeout | null = null;
  /** Why the log could not be written to the disk; null: it could. */
  #syncError: unknown = null;

  /** `database` has `file` open. `name` is the path in messages. */
  constructor(database: Database.Database, file: string, name: string) {
    this.#database = database;
    this.#file = file;
    this.#name = name;
    this.#found = identityOf(file);
  }

  get database(): Database.Database {
    return this.#database;
  }

  get file(): string {
    return this.#file;
  }

  get name(): string {
    return this.#name;
  }

  /** Goes on with another connection. The one before is closed. */
  moveTo(database: Database.Database, file: string): void {
    this.#database = database;
    this.#file = file;
    this.#found = identityOf(file);
  }

  /**
   * Called after each commit and before anything is said to be saved. Throws UserError if the file was
   * deleted or replaced, since nobody will ever find what was written, or if the log did not reach the
   * disk.
   */
  confirm(): void {
    const now = identityOf(this.#file);
    if (now?.dev !== this.#found?.dev || now?.ino !== this.#found?.ino) {
      const what = now === null ? 'deleted' : 'replaced by another file';
      throw new UserError(
        `${printable(this.#name)} was ${what} while it was open, so nothing more is saved. Put the file back if you have it, and run the same command again.`,
      );
    }
    if (this.#syncError !== null) throw storeError(this.#syncError, this.#name);
    this.#syncing ??= setTimeout(() => void this.#sync(), syncWithinMs).unref();
  }

  close(): void {
    if (this.#syncing !== null) clearTimeout(this.#syncing);
    this.#syncing = null;
    this.#database.close();
  }

  /**
   * Has the log written to the disk, outside this thread. With `synchronous = normal` SQLite itself
   * does it only before a checkpoint, which may be hours later.
   */
  async #sync(): Promise<void> {
    this.#syncing = null;
    try {
      await syncFile(`${this.#file}-wal`);
    } catch (error) {
      this.#syncError = error;
    }
  }
}

type FileIdentity = Pick<BigIntStats, 'dev' | 'ino'> | null;

/** Null: there is no such file. */
const identityOf = (file: string): FileIdentity => {
  try {
    return statSync(file, { bigint: true, throwIfNoEntry: false }) ?? null;
  } catch {
    return null;
  }
};

/** Writes a file to the disk. One that is missing or may not be opened has nothing of ours. */
const syncFile = async (file: string): Promise<void> => {
  const handle = await open(file, 'r').catch(() => null);
  if (handle === null) return;
  try {
    await handle.datasync();
  } finally {
    // SQLite has no lock on the log itself, so closing it here takes none away.
    await handle.close();
  }
};
