import { sql } from 'kysely';
import type { Store } from '../open.ts';

/** The pairs whose captures have an id from `first` on and, unless it is null, before `end`. */
export type CaptureRange = { readonly first: string; readonly end: string | null };

/**
 * Which pairs of a comparison are counted: all of them, those of the table `offered`, or a range. `incomplete`: those
 * of the table `offered` as well, which are then all pairs without both answers.
 */
export type PairScope = 'all' | 'offered' | 'incomplete' | CaptureRange;

/** A condition that holds for the captures of a scope. `column`: the column of their ids. */
export const within = (scope: PairScope, column: string) => {
  if (scope === 'all') return sql`1 = 1`;
  const id = sql.ref(column);
  if (scope === 'offered' || scope === 'incomplete')
    return sql`${id} in (select offered.capture_id from offered)`;
  const { end, first } = scope;
  return end === null ? sql`${id} >= ${first}` : sql`${id} >= ${first} and ${id} < ${end}`;
};

/** The captures of the first pairs of a scope in the random order. */
export const firstPairs = (comparisonId: string, scope: PairScope, most: number) => sql`
  select s.capture_id
  from comparison_capture s
  where s.comparison_id = ${comparisonId} and ${within(scope, 's.capture_id')}
  order by s.position
  limit ${most}
`;

/** Captures per statement. */
const pageSize = 10_000;

/** Fills the temporary table `offered`, to which `offered` and `incomplete` refer. */
export const fillScope = async (
  { engine }: Pick<Store, 'engine'>,
  captureIds: readonly string[],
): Promise<void> => {
  await engine.selectionTables.createOffered();
  for (let at = 0; at < captureIds.length; at += pageSize) {
    await engine.selectionTables.insertOffered(captureIds.slice(at, at + pageSize));
  }
};
