import { sql } from 'kysely';
import type { Store } from '../open.ts';

/** The pairs whose captures have an id from `first` on and, unless it is null, before `end`. */
export type CaptureRange = { readonly first: string; readonly end: string | null };

/** The pairs of the table `offered` after one and, unless it is null, up to another. */
export type OfferedPage = { readonly after: string; readonly last: string | null };

/**
 * Which pairs of a comparison are counted: all of them, those of the table `offered` or of a page of it, or a range.
 * `incomplete`: those of the table `offered` as well, which are then all pairs without both answers.
 */
export type PairScope = 'all' | 'offered' | 'incomplete' | OfferedPage | CaptureRange;

/** A condition that holds for the captures of a scope. `column`: the column of their ids. */
export const within = (scope: PairScope, column: string) => {
  if (scope === 'all') return sql`1 = 1`;
  const id = sql.ref(column);
  if (scope === 'offered' || scope === 'incomplete') {
    return sql`${id} in (select offered.capture_id from offered)`;
  }
  if ('after' in scope) {
    const { after, last } = scope;
    return sql`${id} in (
      select offered.capture_id from offered
      where offered.capture_id > ${after} and ${last === null ? sql`1 = 1` : sql`offered.capture_id <= ${last}`}
    )`;
  }
  const { end, first } = scope;
  return end === null ? sql`${id} >= ${first}` : sql`${id} >= ${first} and ${id} < ${end}`;
};

/**
 * The rows of the pairs of a scope with two answers: `b` and `c` are the responses of baseline and candidate, `t`
 * the capture. More conditions may follow.
 */
export const fromAnsweredPairs = (comparisonId: string, scope: PairScope) => sql`
  from response b
  join response c
    on c.comparison_id = b.comparison_id
    and c.capture_id between b.capture_id and b.capture_id
    and c.sample = 0 and c.side = 'candidate'
  join capture t on t.id between b.capture_id and b.capture_id
  where b.comparison_id = ${comparisonId} and b.sample = 0 and b.side = 'baseline'
    and ${within(scope, 'b.capture_id')}
`;

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
  await engine.temporaryTables.createOffered();
  for (let at = 0; at < captureIds.length; at += pageSize) {
    await engine.temporaryTables.insertOffered(captureIds.slice(at, at + pageSize));
  }
};
