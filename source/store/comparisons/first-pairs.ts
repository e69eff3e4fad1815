import { sql } from 'kysely';
import type { Outcome } from '../../comparison/outcome.ts';
import type { Store } from '../open.ts';
import { within, type PairScope } from './pair-scope.ts';

/** Lists the captures of a comparison on which a verdict was ever given. */
export const judgedCaptures = async (
  store: Store,
  comparisonId: string,
  scope: PairScope,
): Promise<readonly string[]> => {
  const { rows } = await sql<{ readonly capture_id: string }>`
    select distinct capture_id from verdict_event
    where comparison_id = ${comparisonId} and kind = 'verdict' and ${within(scope, 'capture_id')}
  `.execute(store.db);
  return rows.map(({ capture_id }) => capture_id);
};

/** Lists the captures of the first pairs with an outcome, in the order of the queue. */
export const firstCaptures = async (
  store: Store,
  comparisonId: string,
  options: {
    readonly outcome: Outcome | null;
    readonly limit: number;
    readonly scope: PairScope;
  },
): Promise<readonly string[]> => {
  const { limit, outcome, scope } = options;
  const { rows } = await sql<{ readonly capture_id: string }>`
    select p.capture_id
    from pair p
    where p.comparison_id = ${comparisonId} and ${within(scope, 'p.capture_id')}
      and ${outcome === null ? sql`p.outcome is null` : sql`p.outcome = ${outcome}`}
    order by p.position
    limit ${limit}
  `.execute(store.db);
  return rows.map(({ capture_id }) => capture_id);
};
