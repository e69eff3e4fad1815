import { closeSync, openSync, statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { Kysely } from 'kysely';
import { harmless } from '../text/harmless.ts';
import { UserError } from '../text/user-error.ts';
import { migrations } from './database/migrations/migrations.ts';
import type { Schema } from './database/schema.ts';
import { patiently, sqliteDialect } from './database/sqlite.ts';
import { storeError, storeErrors } from './database/store-errors.ts';

/** An open store. The functions of this folder query it. Call `close` when done. */
export type Store = {
  readonly db: Kysely<Schema>;
  /** The connection of `db`, for statements that run by the million. */
  readonly database: Database.Database;
  /** The path as it was given. */
  readonly file: string;
  readonly close: () => Promise<void>;
};

/** `unds`: marks a SQLite file as a store of this program. */
const applicationId = 0x756e6473;

/**
 * Opens the store in a file and migrates its schema. Unless `mustExist`, creates a missing store,
 * readable by its owner only. Other processes may read and write it at the same time; a lock is waited
 * for. Throws UserError where the file cannot be used: no such directory, no permission, a directory,
 * not a database, the database of another program, a newer schema, still locked, a full disk, missing.
 */
export const openStore = async (
  file: string,
  options: {
    readonly mustExist?: boolean;
    /** The path that messages name, where this one is a copy of it. */
    readonly shownAs?: string;
  } = {},
): Promise<Store> => {
  const name = options.shownAs ?? file;
  prepareFile(file, name, options.mustExist ?? false);
  // SQLite's own timeout would block the process: `patiently` waits instead.
  const database = storeErrors(name, () => new Database(file, { timeout: 0 }));
  try {
    await patiently(database, name, () => checkOwner(database, name));
    await patiently(database, name, () => configure(database));
    await patiently(database, name, () => migrate(database));
  } catch (error) {
    database.close();
    throw error;
  }
  const db = new Kysely<Schema>({ dialect: sqliteDialect(database, name) });
  return {
    db,
    database,
    file: name,
    close: async () => {
      emptyLog(database, name);
      // Kysely does not close a driver before its first query.
      await db.destroy();
      database.close();
    },
  };
};

/** Sees that the file can be a store, and creates it empty where it is missing. */
const prepareFile = (file: string, name: string, mustExist: boolean): void => {
  const found = storeErrors(name, () => statSync(file, { throwIfNoEntry: false }));
  if (found?.isDirectory()) {
    throw new UserError(`${harmless(name)} is a directory. Name a file with --db.`);
  }
  if (mustExist && (found === undefined || found.size === 0)) {
    throw new UserError(
      `There is no store at ${harmless(name)}. Run understudy compare or understudy import first, or name its file with --db.`,
    );
  }
  if (found !== undefined) return;
  storeErrors(name, () => {
    try {
      closeSync(openSync(file, 'wx', 0o600));
    } catch (error) {
      // Another process was first with the same file.
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
  });
};

/** Refuses what is no store or a store that this program is too old for, before anything is written. */
const checkOwner = (database: Database.Database, file: string): void => {
  const owner = database.pragma('application_id', { simple: true });
  const isEmpty =
    owner === 0 && database.prepare('select 1 from sqlite_master limit 1').get() === undefined;
  if (owner !== applicationId && !isEmpty) {
    throw new UserError(
      `${harmless(file)} is a SQLite database of another program. Name another file with --db.`,
    );
  }
  const version = schemaVersion(database);
  if (version > migrations.length) {
    throw new UserError(
      `${harmless(file)} was written by a newer understudy: its schema is ${version}, and this one knows ${migrations.length}. Update understudy, or name another file with --db.`,
    );
  }
};

const pageBytes = 16 * 1024;

/** So much is written to the log beside the store before it goes to its place. */
const logBytes = 32 * 1024 * 1024;

const configure = (database: Database.Database): void => {
  // Of a new file only. Bodies are of some KB: in pages of 4 KB a store is a third larger, and is written
  // in four times as many pieces.
  database.pragma(`page_size = ${pageBytes}`);
  // Readers and a writer do not block each other. Entering this mode needs the file for a moment, so a
  // store that is in it already is left alone.
  if (database.pragma('journal_mode', { simple: true }) !== 'wal') {
    database.pragma('journal_mode = WAL');
  }
  // A killed process loses nothing at NORMAL, a power failure may lose the last commits; verdicts
  // are committed at FULL.
  database.pragma('synchronous = NORMAL');
  // Bodies pass through once: a large cache would hold memory and serve nothing.
  database.pragma('cache_size = -16000');
  const pages = Number(database.pragma('page_size', { simple: true }));
  database.pragma(`wal_autocheckpoint = ${Math.ceil(logBytes / pages)}`);
  database.pragma(`journal_size_limit = ${logBytes}`);
};

/**
 * Moves what this connection wrote from the log into the file. When SQLite does so as it closes the last
 * connection, it locks readers out meanwhile.
 */
const emptyLog = (database: Database.Database, file: string): void => {
  if (!database.open) return;
  if (database.prepare('select total_changes()').pluck().get() === 0) return;
  try {
    database.pragma('wal_checkpoint(truncate)');
  } catch (error) {
    // A full disk, for one, costs nothing here: the log stays, and is moved later.
    if (storeError(error, file) === error) throw error;
  }
};

/** A table is changed by putting another in its place, so that keys and views that name it wait meanwhile. */
const migrate = (database: Database.Database): void => {
  database.pragma('foreign_keys = OFF');
  database.pragma('legacy_alter_table = ON');
  migrateSteps(database);
  database.pragma('legacy_alter_table = OFF');
  database.pragma('foreign_keys = ON');
};

const migrateSteps = (database: Database.Database): void => {
  if (schemaVersion(database) === migrations.length) return;
  const step = database.transaction((version: number): void => {
    // Another process may have taken this step while this one waited for the lock.
    const migration = migrations[version];
    if (migration === undefined || schemaVersion(database) !== version) return;
    if (version === 0) {
      database.pragma(`application_id = ${applicationId}`);
      database.exec(
        'create table migration (name text not null primary key, applied_at text not null)',
      );
    }
    database.exec(migration.sql);
    const [broken] = database.pragma('foreign_key_check') as readonly object[];
    if (broken !== undefined) {
      throw new Error(`${migration.name} leaves ${JSON.stringify(broken)}`);
    }
    database
      .prepare('insert into migration (name, applied_at) values (?, ?)')
      .run(migration.name, new Date().toISOString());
    database.pragma(`user_version = ${version + 1}`);
  });
  for (let version = schemaVersion(database); version < migrations.length; version += 1) {
    step.immediate(version);
  }
};

const schemaVersion = (database: Database.Database): number =>
  Number(database.pragma('user_version', { simple: true }));
