import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { onTestFinished } from 'vitest';
import { openStore, type Store } from '../../source/store/open.ts';

/** A directory that is removed when the test is over. */
export const temporaryDirectory = async (): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), 'understudy-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
};

/** A new store in a file of its own, closed and removed when the test is over. */
export const temporaryStore = async (): Promise<Store> => {
  const store = await openStore(join(await temporaryDirectory(), 'store.db'));
  onTestFinished(() => store.close());
  return store;
};

/** Another connection to the file of a store, closed when the test is over. It does not wait for locks. */
export const secondConnection = (file: string): Database.Database => {
  const database = new Database(file, { timeout: 0 });
  onTestFinished(() => void database.close());
  return database;
};
