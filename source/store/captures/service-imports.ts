import type { Store } from '../open.ts';

/** Where an import from a service stopped. */
export type ServicePosition = {
  /** The calls in this range were asked for, newest first; ISO 8601. */
  readonly start: string;
  readonly end: string;
  /** What the service asks for to return the page that comes next. */
  readonly cursor: string;
  /** The number of records before that page. */
  readonly records: number;
};

/** Returns where the import of `source` stopped; null if the last one ended. */
export const servicePosition = async (
  store: Store,
  source: string,
): Promise<ServicePosition | null> => {
  const row = await store.db
    .selectFrom('service_import')
    .selectAll()
    .where('source', '=', source)
    .executeTakeFirst();
  if (row === undefined) return null;
  const { cursor, range_end: end, range_start: start, records } = row;
  return { start, end, cursor, records };
};

/** Keeps where the import of `source` is; null: at its end. */
export const keepServicePosition = async (
  store: Store,
  source: string,
  position: ServicePosition | null,
): Promise<void> => {
  if (position === null) {
    await store.db.deleteFrom('service_import').where('source', '=', source).execute();
    return;
  }
  const { cursor, end, records, start } = position;
  const values = { range_start: start, range_end: end, cursor, records };
  await store.db
    .insertInto('service_import')
    .values({ source, ...values })
    .onConflict((conflict) => conflict.column('source').doUpdateSet(values))
    .execute();
};
