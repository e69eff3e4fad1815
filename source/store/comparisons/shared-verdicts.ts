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
 * judged, pair by pair. A verdict that resolves a conflict is none of them. See `fillStandingVerdicts`.
 */
export const sharedVerdicts = async (
  store: Store,
  scope: PairScope = 'all',
): Promise<readonly SharedVerdict[]> => {
  const { rows } = await sql<SharedVerdict>`
    select v.capture_id as "captureId", v.reviewer, v.verdict
    from standing_verdict v
    join marked_pair p on p.capture_id = v.capture_id
    where
      -- A reviewer has one verdict on a pair.
      v.capture_id in (
        select capture_id from standing_verdict group by capture_id having count(*) > 1
      )
      and p.baseline = 'answered' and p.candidate = 'answered'
      and (p.outcome is null or p.outcome = 'different')
      and ${within(scope, 'p.capture_id')}
    order by v.capture_id, v.reviewer
  `.execute(store.db);
  return rows;
};
