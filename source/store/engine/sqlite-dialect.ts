import { setTimeout as sleep } from 'node:timers/promises';
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteQueryCompiler,
  type TransactionSettings,
} from 'kysely';
import type Database from 'better-sqlite3';
import type { SqliteConnection } from './sqlite-connection.ts';
import { isLocked, storeError } from './store-errors.ts';

/** How long to wait for another process's lock, in all and between two attempts. */
const lockWait = { totalMs: 5000, stepMs: 5 };

/** The number of prepared statements to keep: more than there are queries of a fixed shape. */
const keptStatements = 100;

/**
 * Kysely's dialect over one better-sqlite3 connection whose `busy_timeout` is 0. It differs from Kysely's
 * own in five ways. It takes the write lock when a transaction begins, unless that only reads, because SQLite
 * does not wait when a reader upgrades its lock later. It waits for locks as `withLockWait` does. It keeps prepared
 * statements. It turns errors that the user can fix into UserErrors. And a commit fails if the file is not
 * the user's any more (`SqliteConnection.confirm`).
 */
export const sqliteDialect = (connection: SqliteConnection): Dialect => ({
  createAdapter: () => new SqliteAdapter(),
  createQueryCompiler: () => new SqliteQueryCompiler(),
  createDriver: () => new SqliteFileDriver(connection),
  createIntrospector: () => {
    throw new Error('The store knows its schema and has no introspector.');
  },
});

class SqliteFileDriver implements Driver {
  readonly #file: SqliteConnection;
  readonly #connection: SqliteFileConnection;

  constructor(file: SqliteConnection) {
    this.#file = file;
    this.#connection = new SqliteFileConnection(file);
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    return this.#connection;
  }

  beginTransaction(_: DatabaseConnection, { accessMode }: TransactionSettings): Promise<void> {
    return this.#execute(accessMode === 'read only' ? 'begin' : 'begin immediate');
  }

  async commitTransaction(): Promise<void> {
    await this.#execute('commit');
    this.#file.confirm();
  }

  async rollbackTransaction(): Promise<void> {
    // SQLite itself rolls back when the disk is full. A second rollback would fail and hide that error.
    if (this.#file.database.inTransaction) await this.#execute('rollback');
  }

  async releaseConnection(): Promise<void> {}

  async destroy(): Promise<void> {
    this.#file.close();
  }

  #execute(sql: string): Promise<void> {
    const { database, name } = this.#file;
    return withLockWait(database, name, () => {
      database.exec(sql);
    });
  }
}

class SqliteFileConnection implements DatabaseConnection {
  readonly #file: SqliteConnection;
  #statements = new Map<string, Database.Statement>();
  /** The connection that the statements belong to. */
  #prepared: Database.Database | null = null;

  constructor(file: SqliteConnection) {
    this.#file = file;
  }

  async executeQuery<Row>({ parameters, sql }: CompiledQuery): Promise<QueryResult<Row>> {
    const { database, name } = this.#file;
    let isCommitted = false;
    const result = await withLockWait(database, name, (): QueryResult<Row> => {
      const statement = this.#prepare(sql);
      isCommitted = !statement.readonly && !database.inTransaction;
      if (statement.reader) return { rows: statement.all(...parameters) as Row[] };
      const { changes } = statement.run(...parameters);
      return { rows: [], numAffectedRows: BigInt(changes) };
    });
    if (isCommitted) this.#file.confirm();
    return result;
  }

  streamQuery(): never {
    throw new Error('The store reads in pages and streams no query.');
  }

  #prepare(sql: string): Database.Statement {
    const { database } = this.#file;
    if (this.#prepared !== database) this.#statements = new Map();
    this.#prepared = database;
    const kept = this.#statements.get(sql);
    if (kept !== undefined) return kept;
    const statement = database.prepare(sql);
    // Some pragmas take effect when they are prepared, so they must be prepared each time.
    if (!/^\s*pragma/i.test(sql)) {
      if (this.#statements.size >= keptStatements) this.#statements.clear();
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

/**
 * Does synchronous work on the connection. While another process holds a required lock, retries for
 * up to five seconds. Rejects with the result of `storeError`.
 */
export const withLockWait = async <T>(
  database: Database.Database,
  file: string,
  work: () => T,
): Promise<T> => {
  const startedMs = performance.now();
  const waitedMs = (): number => performance.now() - startedMs;
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (!isLocked(error) || waitedMs() >= lockWait.totalMs) {
        throw storeError(error, file, waitedMs());
      }
      if (database.inTransaction) break;
    }
    await sleep(lockWait.stepMs);
  }
  // Other queries share the connection. If this one yielded to them, they would run inside its
  // transaction, so it blocks the process instead. With a write-ahead log, an open transaction
  // meets no lock; without one, a commit waits here for readers.
  try {
    database.pragma(`busy_timeout = ${lockWait.totalMs}`);
    return work();
  } catch (error) {
    throw storeError(error, file, waitedMs());
  } finally {
    database.pragma('busy_timeout = 0');
  }
};
