import { sql } from 'kysely';
import type { Store } from './open.ts';

/**
 * A number that is another one after any other process has changed the store, and only then; costs
 * next to nothing. Only SQLite knows it.
 */
export const storeVersion = async (store: Store): Promise<number> => {
  const { rows } = await sql<{ data_version: number }>`pragma data_version`.execute(store.db);
  return rows[0]?.data_version ?? 0;
};
