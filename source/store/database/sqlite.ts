import { setTimeout as sleep } from 'node:timers/promises';
import type Database from 'better-sqlite3';
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteQueryCompiler,
} from 'kysely';
import { isLocked, storeError } from './store-errors.ts';

/** How long to wait for another process to release a lock, and how often to try again. */
const patience = { totalMs: 5000, stepMs: 5 };

/** So many prepared statements are kept: more than there are queries of a fixed shape. */
const keptStatements = 100;

/**
 * Kysely's dialect over one better-sqlite3 connection whose `busy_timeout` is 0. Unlike Kysely's own,
 * it takes the write lock when a transaction begins (SQLite does not wait for a lock that a reader
 * upgrades later), waits for locks as `patiently` does, keeps prepared statements, and turns errors
 * that the user can fix into sentences.
 */
export const sqliteDialect = (database: Database.Database, file: string): Dialect => ({
  createAdapter: () => new SqliteAdapter(),
  createQueryCompiler: () => new SqliteQueryCompiler(),
  createDriver: () => sqliteDriver(database, file),
  createIntrospector: () => {
    throw new Error('The store knows its schema and has no introspector.');
  },
});

const sqliteDriver = (database: Database.Database, file: string): Driver => {
  const run = (text: string): Promise<void> =>
    patiently(database, file, () => {
      database.exec(text);
    });
  const connection = sqliteConnection(database, file);
  return {
    init: async () => {},
    acquireConnection: async () => connection,
    beginTransaction: () => run('begin immediate'),
    commitTransaction: () => run('commit'),
    rollbackTransaction: async () => {
      // SQLite has rolled back by itself when the disk is full; another rollback would be an error
      // that hides the first.
      if (database.inTransaction) await run('rollback');
    },
    releaseConnection: async () => {},
    destroy: async () => {
      database.close();
    },
  };
};

/**
 * Does synchronous work on the connection, and retries it for up to five seconds while another process
 * holds a lock that it needs. Rejects with what `storeError` makes of an error.
 */
export const patiently = async <T>(
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
      if (!isLocked(error) || waitedMs() >= patience.totalMs) {
        throw storeError(error, file, waitedMs());
      }
      if (database.inTransaction) break;
    }
    await sleep(patience.stepMs);
  }
  // Other queries share the connection. If this one yielded to them, they would run inside its
  // transaction, so the process blocks instead. With a write-ahead log a transaction that has begun
  // meets no lock; without one, a commit waits here for readers.
  try {
    database.pragma(`busy_timeout = ${patience.totalMs}`);
    return work();
  } catch (error) {
    throw storeError(error, file, waitedMs());
  } finally {
    database.pragma('busy_timeout = 0');
  }
};

const sqliteConnection = (database: Database.Database, file: string): DatabaseConnection => {
  const statements = new Map<string, Database.Statement>();
  const prepare = (text: string): Database.Statement => {
    const kept = statements.get(text);
    if (kept !== undefined) return kept;
    const statement = database.prepare(text);
    // Some pragmas act while they are prepared and not when they run.
    if (!/^\s*pragma/i.test(text)) {
      if (statements.size >= keptStatements) statements.clear();
      statements.set(text, statement);
    }
    return statement;
  };
  return {
    executeQuery: async <Row>(query: CompiledQuery): Promise<QueryResult<Row>> =>
      patiently(database, file, () => {
        const statement = prepare(query.sql);
        if (statement.reader) return { rows: statement.all(...query.parameters) as Row[] };
        const { changes } = statement.run(...query.parameters);
        return { rows: [], numAffectedRows: BigInt(changes) };
      }),
    streamQuery: () => {
      throw new Error('The store reads in pages and streams no query.');
    },
  };
};
