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

/** How long to wait for another process to finish its transaction, and how often to look. */
const patience = { totalMs: 5000, stepMs: 5 };

/** So many prepared statements are kept: more than there are queries of a fixed shape. */
const keptStatements = 100;

/**
 * Kysely's dialect over one better-sqlite3 connection. Unlike Kysely's own it takes the write lock
 * when a transaction begins (a lock that is asked for later cannot be waited for), waits for a lock
 * without holding up the process, keeps prepared statements, and makes the user's errors into
 * sentences.
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

/** Does the work, again and again while another process holds the lock, for as long as patience has. */
const patiently = async <T>(
  database: Database.Database,
  file: string,
  work: () => T,
): Promise<T> => {
  for (let waitedMs = 0; ; waitedMs += patience.stepMs) {
    try {
      return work();
    } catch (error) {
      const hopeless = database.inTransaction || waitedMs >= patience.totalMs;
      if (hopeless || !isLocked(error)) throw storeError(error, file);
    }
    await sleep(patience.stepMs);
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
