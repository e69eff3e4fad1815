import { sql } from 'kysely';
import type { Verdict } from '../../comparison/outcome.ts';
import type { Store } from '../open.ts';
import { within, type PairScope } from './pair-scope.ts';

/** A reviewer's verdict in force on a pair that others have judged as well. */
export type SharedVerdict = {
  readonly captureId: string;
  readonly reviewer: string;
  readonly verdict: Verdict;
};

/**
 * Lists the verdicts of all reviewers on the answered pairs that need a person and that several of them have
 * judged, pair by pair. A verdict that resolves a conflict is none of them.
 */
export const sharedVerdicts = async (
  store: Store,
  comparisonId: string,
  scope: PairScope = 'all',
): Promise<readonly SharedVerdict[]> => {
  const { rows } = await sql<SharedVerdict>`
    with standing as materialized (
      select v.capture_id, v.reviewer, v.verdict
      from current_verdict v
      where v.comparison_id = ${comparisonId}
    )
    select v.capture_id as "captureId", v.reviewer, v.verdict
    from standing v
    join pair p on p.capture_id = v.capture_id
    where p.comparison_id = ${comparisonId}
      -- A reviewer has one verdict on a pair.
      and v.capture_id in (select capture_id from standing group by capture_id having count(*) > 1)
      and p.baseline = 'answered' and p.candidate = 'answered'
      and (p.outcome is null or p.outcome = 'different')
      and ${within(scope, 'p.capture_id')}
    order by v.capture_id, v.reviewer
  `.execute(store.db);
  return rows;
};
