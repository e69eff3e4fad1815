import { closeSync, openSync, statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { queuePosition } from '../comparisons/queue-order.ts';
import { isJsonObject, parseJson } from '../../text/json.ts';
import type { Dialect } from '../../traffic/dialects/dialect.ts';
import { conversationTurn } from '../../traffic/last-turn/conversation-turn.ts';
import { printable } from '../../text/printable.ts';
import { UserError } from '../../text/user-error.ts';
import { conversationIndex } from './migrations/m025-conversations.ts';
import { migrations } from './migrations/migrations.ts';
import { withLockWait } from './sqlite-dialect.ts';
import { storeErrors } from './store-errors.ts';

/** `unds`: marks a SQLite file as a store of this program. */
const applicationId = 0x756e6473;

/**
 * How a store can be rolled back. `log`: SQLite's write-ahead log, beside which others can read.
 * `rollback`: a journal of what was there before, which writes a new file once and not twice.
 */
export type Journal = 'log' | 'rollback';

/** Opens, configures and migrates the file of a store; see `SqliteEngine.open`. */
export const openSqliteFile = async (
  file: string,
  {
    journal,
    mustExist,
    name,
  }: { readonly name: string; readonly mustExist: boolean; readonly journal: Journal },
): Promise<Database.Database> => {
  createFile(file, name, mustExist);
  // SQLite's own timeout would block the process; `withLockWait` does not.
  const database = storeErrors(name, () => new Database(file, { timeout: 0 }));
  try {
    await withLockWait(database, name, () => checkOwner(database, name));
    await withLockWait(database, name, () => configure(database, journal));
    announceMigration(database, file, name);
    await withLockWait(database, name, () => migrate(database));
    await withLockWait(database, name, () => arrangeIndexes(database, journal));
  } catch (error) {
    database.close();
    throw error;
  }
  return database;
};

/**
 * Leaves out the index of conversations while a store is being built, and makes it when the store is opened
 * in its place. Its keys are hashes, so each transaction of an import would write nearly all of its pages
 * again: two fifths of the processor time of the thread that writes 350,000 captures.
 */
const arrangeIndexes = (database: Database.Database, journal: Journal): void => {
  database.exec(
    journal === 'rollback' ? 'drop index if exists capture_conversation' : conversationIndex,
  );
};

/** Checks that the path can be a store's file, and creates an empty file if it is missing. */
const createFile = (file: string, name: string, mustExist: boolean): void => {
  const found = storeErrors(name, () => statSync(file, { throwIfNoEntry: false }));
  if (found?.isDirectory()) {
    throw new UserError(`${printable(name)} is a directory. Name a file with --db.`);
  }
  if (mustExist && (found === undefined || found.size === 0)) {
    throw new UserError(
      `There is no store at ${printable(name)}. Run understudy compare or understudy import first, or name its file with --db.`,
    );
  }
  if (found !== undefined) return;
  // Not `wx`, which fails on a symbolic link without a target; SQLite would create that target for all.
  storeErrors(name, () => closeSync(openSync(file, 'a', 0o600)));
};

/** Refuses files of other programs and newer stores before anything is written. */
const checkOwner = (database: Database.Database, file: string): void => {
  const owner = database.pragma('application_id', { simple: true });
  const isEmpty =
    owner === 0 && database.prepare('select 1 from sqlite_master limit 1').get() === undefined;
  if (owner !== applicationId && !isEmpty) {
    throw new UserError(
      `${printable(file)} is a SQLite database of another program. Name another file with --db.`,
    );
  }
  const version = schemaVersion(database);
  if (version > migrations.length) {
    throw new UserError(
      `${printable(file)} was written by a newer understudy: its schema is ${version}, and this one knows ${migrations.length}. Update understudy, or name another file with --db.`,
    );
  }
};

const pageBytes = 16 * 1024;

/** The size of the write-ahead log that triggers a checkpoint. */
const logBytes = 32 * 1024 * 1024;

const configure = (database: Database.Database, journal: Journal): void => {
  // Applies to new files only. Bodies are a few kilobytes long: with pages of 4 KiB a store is a third
  // larger and takes four times as many writes.
  database.pragma(`page_size = ${pageBytes}`);
  if (journal === 'rollback') database.pragma('journal_mode = truncate');
  // With a write-ahead log, readers and a writer do not block each other. Switching to it locks the
  // file, so a store that has one already is left alone.
  else if (database.pragma('journal_mode', { simple: true }) !== 'wal') {
    database.pragma('journal_mode = WAL');
  }
  // With NORMAL, a killed process loses nothing, but a power failure may lose the last commits.
  // Verdicts are committed with FULL.
  database.pragma('synchronous = NORMAL');
  // Bodies are read once, so a large cache would waste memory.
  database.pragma('cache_size = -16000');
  const pages = Number(database.pragma('page_size', { simple: true }));
  database.pragma(`wal_autocheckpoint = ${Math.ceil(logBytes / pages)}`);
  database.pragma(`journal_size_limit = ${logBytes}`);
  database.function('queue_position', { deterministic: true }, queuePosition);
  database.function('conversation_turn', { deterministic: true }, storedTurn);
};

/**
 * Returns a `ConversationTurn` as JSON for captures that an earlier version stored, from the columns of one; null
 * if it has none, or if its request cannot be read.
 */
const storedTurn = (
  dialect: Dialect,
  model: string | null,
  metadata: string | null,
  body: string,
): string | null => {
  const request = parseJson(body);
  if (!isJsonObject(request)) return null;
  const known = metadata === null ? null : parseJson(metadata);
  const turn = conversationTurn({
    dialect,
    model,
    metadata: isJsonObject(known) ? known : null,
    request,
  });
  return turn === null ? null : JSON.stringify(turn);
};

/** From this size on, an update of the schema takes seconds. */
const largeBytes = 200 * 1024 * 1024;

/** Says that an update of the schema is about to take a while. */
const announceMigration = (database: Database.Database, file: string, name: string): void => {
  if (schemaVersion(database) === migrations.length) return;
  const { size } = statSync(file);
  if (size < largeBytes) return;
  const minutes = 'up to a minute for each GB';
  process.stderr.write(`Updating ${printable(name)} for this version (${minutes}) …\n`);
};

/**
 * Brings the schema up to date. A migration changes a table by creating a replacement. These
 * settings prevent SQLite from rewriting the foreign keys and views that name the table.
 */
const migrate = (database: Database.Database): void => {
  database.pragma('foreign_keys = OFF');
  database.pragma('legacy_alter_table = ON');
  runMigrations(database);
  database.pragma('legacy_alter_table = OFF');
  database.pragma('foreign_keys = ON');
};

/**
 * Runs the migrations, each in a transaction. A new store gets all of them in one, because each commit
 * waits for the disk.
 */
const runMigrations = (database: Database.Database): void => {
  const version = schemaVersion(database);
  const isNew = version === 0;
  const run = database.transaction((next: number): void => {
    const end = isNew ? migrations.length : next + 1;
    // Another process may have run these migrations while this one waited for the lock.
    for (let at = Math.max(next, schemaVersion(database)); at < end; at += 1) {
      runMigration(database, at);
    }
  });
  for (let next = version; next < migrations.length; next = schemaVersion(database)) {
    run.immediate(next);
  }
};

const runMigration = (database: Database.Database, version: number): void => {
  const migration = migrations[version];
  if (migration === undefined) return;
  if (version === 0) {
    database.pragma(`application_id = ${applicationId}`);
    database.exec(
      'create table migration (name text not null primary key, applied_at text not null)',
    );
  }
  database.exec(migration.sql);
  const [broken] = database.pragma('foreign_key_check') as readonly object[];
  if (broken !== undefined) throw new Error(`${migration.name} leaves ${JSON.stringify(broken)}`);
  database
    .prepare('insert into migration (name, applied_at) values (?, ?)')
    .run(migration.name, new Date().toISOString());
  database.pragma(`user_version = ${version + 1}`);
};

const schemaVersion = (database: Database.Database): number =>
  Number(database.pragma('user_version', { simple: true }));
