import type Database from 'better-sqlite3';
import type { Dialect } from 'kysely';
import type { CaptureWriter, Engine, SelectionTables } from './engine.ts';
import { SqliteCaptureWriter } from './sqlite-capture-writer.ts';
import { sqliteDialect, withLockWait } from './sqlite-dialect.ts';
import { openSqliteFile } from './sqlite-file.ts';
import { SqliteSelectionTables } from './sqlite-selection-tables.ts';
import { storeError } from './store-errors.ts';

/**
 * The cache of an import connection, in KiB. It lets each page of a transaction go to the log only
 * once.
 */
const importCacheKib = 8 * 1024;

/** A store in a SQLite file, on one connection. */
export class SqliteEngine implements Engine {
  readonly dialect: Dialect;
  readonly selectionTables: SelectionTables;
  readonly #database: Database.Database;
  readonly #file: string;
  #captureWriter: SqliteCaptureWriter | null = null;
  /** The number of durable writes in progress. */
  #durableWrites = 0;

  private constructor(database: Database.Database, file: string) {
    this.#database = database;
    this.#file = file;
    this.dialect = sqliteDialect(database, file);
    this.selectionTables = new SqliteSelectionTables((sql, ...parameters) =>
      this.#whenUnlocked(() => {
        database.prepare(sql).run(...parameters);
      }),
    );
  }

  /**
   * Opens a file, creates it if it is missing (unless `mustExist`) and migrates its schema. `name`
   * is the path for messages. Throws UserError if the file cannot be used.
   */
  static async open(
    file: string,
    options: { readonly name: string; readonly mustExist: boolean },
  ): Promise<SqliteEngine> {
    return new SqliteEngine(await openSqliteFile(file, options), options.name);
  }

  // The level belongs to the connection, so it is lowered only after the last of the writes.
  async durably(write: () => Promise<unknown>): Promise<void> {
    this.#durableWrites += 1;
    try {
      await this.#setSynchronous('full');
      await write();
    } finally {
      this.#durableWrites -= 1;
      if (this.#durableWrites === 0) await this.#setSynchronous('normal');
    }
  }

  dataVersion(): Promise<number> {
    return this.#whenUnlocked(() => Number(this.#pragma('data_version')));
  }

  captureWriter(): CaptureWriter {
    this.#captureWriter ??= new SqliteCaptureWriter(this.#database, this.#file);
    return this.#captureWriter;
  }

  prepareForImport(): void {
    this.#pragma('synchronous = FULL');
    this.#pragma(`cache_size = -${importCacheKib}`);
    // Rows refer only to rows that this import has just written, and to an existing comparison.
    this.#pragma('foreign_keys = OFF');
  }

  async lockForRewriting(): Promise<boolean> {
    // SQLite leaves the write-ahead log only while no other connection has the file open.
    const mode = await this.#whenUnlocked(() => this.#pragma('journal_mode = delete'));
    if (mode !== 'delete') return false;
    await this.#whenUnlocked(() => this.#pragma('locking_mode = exclusive'));
    await this.#whenUnlocked(() => this.#pragma('journal_mode = wal'));
    return true;
  }

  async deferForeignKeys(): Promise<void> {
    await this.#whenUnlocked(() => this.#pragma('defer_foreign_keys = on'));
  }

  async compact(): Promise<void> {
    await this.#whenUnlocked(() => this.#database.exec('vacuum'));
    await this.#whenUnlocked(() => this.#pragma('wal_checkpoint(truncate)'));
  }

  close(): void {
    this.#emptyLog();
    this.#database.close();
  }

  /**
   * Checkpoints the writes of this connection. Otherwise SQLite does it when the last connection
   * closes, and blocks readers until it has finished.
   */
  #emptyLog(): void {
    if (!this.#database.open) return;
    if (this.#database.prepare('select total_changes()').pluck().get() === 0) return;
    try {
      this.#pragma('wal_checkpoint(truncate)');
    } catch (error) {
      // A full disk or a lock is harmless here: the log stays and is moved later.
      if (storeError(error, this.#file) === error) throw error;
    }
  }

  #setSynchronous(level: 'full' | 'normal'): Promise<unknown> {
    return this.#whenUnlocked(() => this.#pragma(`synchronous = ${level}`));
  }

  #whenUnlocked<T>(work: () => T): Promise<T> {
    return withLockWait(this.#database, this.#file, work);
  }

  #pragma(text: string): unknown {
    return this.#database.pragma(text, { simple: true });
  }
}
