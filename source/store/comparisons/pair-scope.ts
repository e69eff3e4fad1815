import { sql } from 'kysely';
import type { Store } from '../open.ts';

/** Which pairs of a comparison are counted: all of them, or those of the table `offered`. */
export type PairScope = 'all' | 'offered';

/** A condition that holds for the captures of a scope. `column`: the column of their ids. */
export const within = (scope: PairScope, column: string) =>
  scope === 'all'
    ? sql`1 = 1`
    : sql`${sql.ref(column)} in (select offered.capture_id from offered)`;

/** Captures per statement. */
const pageSize = 10_000;

/** Fills the temporary table `offered` with the captures that are to be counted. */
export const fillScope = async (
  { engine }: Pick<Store, 'engine'>,
  captureIds: readonly string[],
): Promise<void> => {
  await engine.selectionTables.createOffered();
  for (let at = 0; at < captureIds.length; at += pageSize) {
    await engine.selectionTables.insertOffered(captureIds.slice(at, at + pageSize));
  }
};
