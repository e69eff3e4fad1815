import { sql } from 'kysely';
import type { Store } from '../open.ts';
import { within, type PairScope } from './pair-scope.ts';

/** The captures of pairs without both answers. In order, SQLite merges two indexes. */
export const unanswered = (comparisonId: string, scope: PairScope = 'all') => sql`
  select capture_id
  from (
    select s.capture_id from comparison_capture s
    where s.comparison_id = ${comparisonId} and ${within(scope, 's.capture_id')}
    except
    select r.capture_id from response r
    where r.comparison_id = ${comparisonId} and r.sample = 0 and ${within(scope, 'r.capture_id')}
    group by r.capture_id having count(*) = 2
    order by capture_id
  ) unanswered
`;

/** Lists the captures of the pairs without both answers in their order; null if there are more than `most`. */
export const incompletePairs = async (
  store: Store,
  comparisonId: string,
  scope: PairScope,
  most: number,
): Promise<readonly string[] | null> => {
  const { rows } = await sql<{ readonly capture_id: string }>`
    ${unanswered(comparisonId, scope)} limit ${most + 1}
  `.execute(store.db);
  return rows.length > most ? null : rows.map(({ capture_id }) => capture_id);
};
