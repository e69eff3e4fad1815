import { Kysely } from 'kysely';
import type { Engine } from './engine/engine.ts';
import { copyStore } from './engine/store-copy.ts';
import { isUnwritable } from './engine/store-errors.ts';
import { SqliteEngine } from './engine/sqlite-engine.ts';
import type { Tables } from './tables.ts';

/** An open store. The functions in this folder query it. Call `close` when done. */
export type Store = {
  readonly db: Kysely<Tables>;
  /** The database operations beyond common SQL. */
  readonly engine: Engine;
  /** The path for messages. */
  readonly file: string;
  readonly close: () => Promise<void>;
};

/**
 * Opens the store in a file and migrates its schema. Creates a missing store, readable by its owner only,
 * unless `mustExist`. Other processes may use the store at the same time; a lock is waited for, and an import
 * that is building the store (Ctrl-C ends that wait with Interrupted). Throws UserError if the file cannot be
 * used: no such directory, no permission, a directory, not a database, the database of another program, a newer
 * schema, still locked, a full disk, missing.
 */
export const openStore = async (
  file: string,
  options: {
    readonly mustExist?: boolean;
    /** The path for messages, if this file is a copy of it. */
    readonly shownAs?: string;
    /**
     * Build a missing store beside its place, for a large import. Until `engine.putInPlace` or `close`
     * there is no store for anybody else.
     */
    readonly build?: boolean;
    /** The file is one that the main thread builds (`engine.place`). */
    readonly isBuilt?: boolean;
  } = {},
): Promise<Store> => {
  const name = options.shownAs ?? file;
  const { build = false, isBuilt = false, mustExist = false } = options;
  const engine = await SqliteEngine.open(file, { name, mustExist, build, isBuilt });
  const db = new Kysely<Tables>({ dialect: engine.dialect });
  return {
    db,
    engine,
    file: name,
    close: async () => {
      engine.close();
      await db.destroy();
    },
  };
};

/**
 * Opens an existing store for a command that only shows or copies what is in it. Where nothing can be written (a
 * read-only file, directory or disk, a full disk), it opens a temporary copy, which `close` removes.
 * Throws UserError as `openStore` and `copyStore` do.
 */
export const openToRead = async (file: string): Promise<Store> => {
  try {
    return await openStore(file, { mustExist: true });
  } catch (error) {
    if (!isUnwritable(error)) throw error;
    const copy = await copyStore(file, 'reading it where nothing can be written');
    try {
      const store = await openStore(copy.file, { mustExist: true, shownAs: file });
      const close = async (): Promise<void> => {
        await store.close();
        copy.remove();
      };
      return { ...store, close };
    } catch (second) {
      copy.remove();
      throw second;
    }
  }
};

/** Reads several things from one snapshot, isolated from concurrent writes, which go on meanwhile. */
export const atOneMoment = async <Result>(
  store: Store,
  read: (store: Store) => Promise<Result>,
): Promise<Result> =>
  store.db
    .transaction()
    .setAccessMode('read only')
    .execute((db) => read({ ...store, db }));
