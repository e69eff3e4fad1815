import { sql } from 'kysely';
import type { Outcome } from '../../comparison/outcome.ts';
import type { Store } from '../open.ts';
import { within, type PairScope } from './pair-scope.ts';

/** A capture and the place of its pair in the queue, as text that sorts. */
export type QueuedCapture = { readonly captureId: string; readonly position: string };

/** Lists the captures of a comparison on which a verdict was ever given. */
export const judgedCaptures = async (
  store: Store,
  comparisonId: string,
  scope: PairScope,
): Promise<readonly QueuedCapture[]> => {
  const { rows } = await sql<QueuedCapture>`
    select s.capture_id as "captureId", s.position
    from comparison_capture s
    where s.comparison_id = ${comparisonId} and s.capture_id in (
      select v.capture_id from verdict_event v
      where v.comparison_id = ${comparisonId} and v.kind = 'verdict'
        and ${within(scope, 'v.capture_id')}
    )
  `.execute(store.db);
  return rows;
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
): Promise<readonly QueuedCapture[]> => {
  const { limit, outcome, scope } = options;
  const { rows } = await sql<QueuedCapture>`
    select p.capture_id as "captureId", p.position
    from pair p
    where p.comparison_id = ${comparisonId} and ${within(scope, 'p.capture_id')}
      and ${outcome === null ? sql`p.outcome is null` : sql`p.outcome = ${outcome}`}
    order by p.position
    limit ${limit}
  `.execute(store.db);
  return rows;
};
