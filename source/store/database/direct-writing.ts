import type Database from 'better-sqlite3';
import { isLocked } from './store-errors.ts';

/** A connection that writes into the file itself. */
export type DirectWriting = {
  /** Puts the log back, for which nothing may be open in it. */
  readonly end: () => void;
};

/** The pages of a transaction stay in memory until its commit, so that others can read meanwhile. */
const cacheKb = 8 * 1024;

/**
 * Has a connection write into the store's file itself while nobody else has it open. With SQLite's log
 * beside it every page is written twice, and the disk waited for twice: for an import, which writes new
 * pages by the gigabyte, that is most of its time. A rollback journal holds only what old pages were, so that
 * it stays small, and a process that is killed or a power failure leaves every commit. Where another process has the
 * file open, the log stays. Whoever opens the store meanwhile may put it back.
 */
export const writeDirectly = (database: Database.Database): DirectWriting => {
  const setMode = (mode: 'truncate' | 'wal'): void => {
    try {
      database.pragma(`journal_mode = ${mode}`);
    } catch (error) {
      if (!isLocked(error)) throw error;
    }
  };
  setMode('truncate');
  database.pragma('synchronous = FULL');
  database.pragma(`cache_size = -${cacheKb}`);
  // What is written refers to what was written a moment before.
  database.pragma('foreign_keys = OFF');
  return { end: () => setMode('wal') };
};
