import { sql } from 'kysely';
import type { Store } from '../open.ts';
import { within, type PairScope } from './pair-scope.ts';

/** The answered pairs with a request that was translated: those that mean the same, and those that do not. */
export type TranslatedPairs = { readonly bridged: number; readonly lossy: number };

/** Counts the answered pairs of which a request was translated into another dialect. */
export const countTranslated = async (
  store: Store,
  comparisonId: string,
  scope: PairScope = 'all',
): Promise<TranslatedPairs> => {
  const answered = (side: string) => sql`exists (
    select 1 from response a
    where a.comparison_id = ${comparisonId} and a.capture_id = r.capture_id
      and a.side = ${side} and a.sample = 0
  )`;
  const { rows } = await sql<Readonly<Record<'pairs' | 'lossy', number>>>`
    select count(distinct r.capture_id) as pairs,
      count(distinct case when r.path = 'lossy' then r.capture_id end) as lossy
    from response r
    where r.comparison_id = ${comparisonId} and r.sample = 0
      -- The first is the condition of an index, and by the second SQLite searches it.
      and r.path <> 'native' and r.path in ('bridged', 'lossy')
      and ${within(scope, 'r.capture_id')}
      and ${answered('baseline')} and ${answered('candidate')}
  `.execute(store.db);
  const lossy = Number(rows[0]?.lossy ?? 0);
  return { lossy, bridged: Number(rows[0]?.pairs ?? 0) - lossy };
};
