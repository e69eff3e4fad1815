import { existsSync } from 'node:fs';
import type Database from 'better-sqlite3';
import type { Dialect } from 'kysely';
import { writeWhole } from './back-up.ts';
import { afterBuild, finishBuild, StoreBuild } from './store-build.ts';
import type { CaptureWriter, Engine, SearchIndex, TemporaryTables, StorePlace } from './engine.ts';
import { SqliteCaptureWriter } from './sqlite-capture-writer.ts';
import { SqliteConnection } from './sqlite-connection.ts';
import { sqliteDialect, withLockWait } from './sqlite-dialect.ts';
import { openSqliteFile } from './sqlite-file.ts';
import { SqliteSearchIndex } from './sqlite-search-index.ts';
import { SqliteTemporaryTables } from './sqlite-temporary-tables.ts';
import { storeError } from './store-errors.ts';

/**
 * The cache of an import connection, in KiB. It lets each page of a transaction go to the log only
 * once.
 */
const importCacheKib = 8 * 1024;

/** A store in a SQLite file, on one connection. */
export class SqliteEngine implements Engine {
  readonly dialect: Dialect;
  readonly isNew: boolean;
  readonly temporaryTables: TemporaryTables;
  readonly searchIndex: SearchIndex;
  readonly #connection: SqliteConnection;
  /** Null once the store is in its place. */
  #build: StoreBuild | null;
  #captureWriter: SqliteCaptureWriter | null = null;
  /** The number of durable writes in progress. */
  #durableWrites = 0;

  private constructor(
    connection: SqliteConnection,
    made: { readonly build: StoreBuild | null; readonly isNew: boolean },
  ) {
    this.#connection = connection;
    this.#build = made.build;
    this.isNew = made.isNew;
    this.dialect = sqliteDialect(connection);
    this.searchIndex = new SqliteSearchIndex(
      () => this.#database,
      (work) => this.#whenUnlocked(work),
    );
    this.temporaryTables = new SqliteTemporaryTables((sql, ...parameters) =>
      this.#whenUnlocked(() => {
        connection.database.prepare(sql).run(...parameters);
      }),
    );
  }

  /**
   * Opens a file, creates it if it is missing (unless `mustExist`) and migrates its schema. `name` is
   * the path in messages. `build`: where there is no store yet, builds one beside its place, without a
   * write-ahead log; `putInPlace` or `close` moves it there. `isBuilt`: the file is one that another
   * thread builds. Waits while an import is building the store. Throws UserError if the file cannot be used,
   * and Interrupted if the user stops the wait.
   */
  static async open(
    file: string,
    options: {
      readonly name: string;
      readonly mustExist: boolean;
      readonly build: boolean;
      readonly isBuilt: boolean;
    },
  ): Promise<SqliteEngine> {
    const { isBuilt, mustExist, name } = options;
    const build = await afterBuild(name, () => {
      finishBuild(file, name);
      return options.build && !mustExist ? StoreBuild.begin(file, name) : null;
    });
    try {
      const place = build?.file ?? file;
      const isNew = !existsSync(place);
      const journal = isBuilt || build !== null ? 'rollback' : 'log';
      const database = await openSqliteFile(place, { name, mustExist, journal });
      return new SqliteEngine(new SqliteConnection(database, place, name), { build, isNew });
    } catch (error) {
      build?.discard();
      throw error;
    }
  }

  place(): StorePlace {
    return { file: this.#connection.file, isBuilt: this.#build !== null };
  }

  async putInPlace(): Promise<void> {
    const build = this.#build;
    if (build === null) return;
    const { name } = this.#connection;
    this.#connection.database.close();
    build.finish();
    this.#build = null;
    this.#captureWriter = null;
    const options = { name, mustExist: true, journal: 'log' } as const;
    this.#connection.moveTo(await openSqliteFile(build.target, options), build.target);
  }

  // The level belongs to the connection: it is lowered only after the last of the writes. With a
  // write-ahead log, extra is what full is. Without one it also covers the end of the journal.
  async durably(write: () => Promise<unknown>): Promise<void> {
    this.#durableWrites += 1;
    try {
      await this.#setSynchronous('extra');
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
    this.#captureWriter ??= new SqliteCaptureWriter(this.#database, this.#connection.name);
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

  async copyTo(target: string): Promise<number> {
    return writeWhole(target, (file) => {
      this.#database.prepare('vacuum into ?').run(file);
    });
  }

  close(): void {
    const { database } = this.#connection;
    if (!database.open) return;
    const build = this.#build;
    if (build === null) {
      this.#emptyLog();
      this.#connection.close();
      return;
    }
    const isWorthKeeping = holdsRecords(database);
    this.#connection.close();
    if (isWorthKeeping) build.finish();
    else build.discard();
  }

  /**
   * Checkpoints the writes of this connection. Otherwise SQLite does it when the last connection
   * closes, and blocks readers until it has finished.
   */
  #emptyLog(): void {
    if (this.#database.prepare('select total_changes()').pluck().get() === 0) return;
    try {
      this.#pragma('wal_checkpoint(truncate)');
    } catch (error) {
      // A full disk or a lock does no harm here: the log stays and is moved later.
      if (storeError(error, this.#connection.name) === error) throw error;
    }
  }

  get #database(): Database.Database {
    return this.#connection.database;
  }

  #setSynchronous(level: 'extra' | 'normal'): Promise<unknown> {
    return this.#whenUnlocked(() => this.#pragma(`synchronous = ${level}`));
  }

  #whenUnlocked<T>(work: () => T): Promise<T> {
    return withLockWait(this.#database, this.#connection.name, work);
  }

  #pragma(text: string): unknown {
    return this.#database.pragma(text, { simple: true });
  }
}

/** Whether an import has put anything into the store. */
const holdsRecords = (database: Database.Database): boolean =>
  database
    .prepare('select exists (select 1 from capture) or exists (select 1 from rejected_record)')
    .pluck()
    .get() === 1;
