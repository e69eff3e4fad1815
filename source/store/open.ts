import { Kysely } from 'kysely';
import type { Engine } from './engine/engine.ts';
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
 * Opens the store in a file and migrates its schema. Creates a missing store, readable by its owner
 * only, unless `mustExist`. Other processes may use the store at the same time; it waits for locks.
 * Throws UserError if the file cannot be used: no such directory, no permission, a directory, not a
 * database, the database of another program, a newer schema, still locked, a full disk, missing.
 */
export const openStore = async (
  file: string,
  options: {
    readonly mustExist?: boolean;
    /** The path for messages, if this file is a copy of it. */
    readonly shownAs?: string;
  } = {},
): Promise<Store> => {
  const name = options.shownAs ?? file;
  const engine = await SqliteEngine.open(file, { name, mustExist: options.mustExist ?? false });
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

/** Runs several reads on one snapshot, isolated from concurrent writes. */
export const atOneMoment = async <Result>(
  store: Store,
  read: (store: Store) => Promise<Result>,
): Promise<Result> => store.db.transaction().execute((db) => read({ ...store, db }));
