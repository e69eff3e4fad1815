import { sql } from 'kysely';
import type { Verdict } from '../../comparison/outcome.ts';
import type { Store } from '../open.ts';
import { within, type PairScope } from './pair-scope.ts';

/** A reviewer's verdict in force on a pair with both answers. */
export type StandingVerdict = {
  readonly captureId: string;
  readonly reviewer: string;
  readonly verdict: Verdict;
  /** Whether the machine or rules settled the pair. */
  readonly settled: boolean;
};

/**
 * Lists the verdicts of all reviewers on the answered pairs, pair by pair. A verdict that resolves a conflict is
 * none of them.
 */
export const standingVerdicts = async (
  store: Store,
  comparisonId: string,
  scope: PairScope = 'all',
): Promise<readonly StandingVerdict[]> => {
  const { rows } = await sql<Omit<StandingVerdict, 'settled'> & { readonly settled: number }>`
    select v.capture_id as "captureId", v.reviewer, v.verdict,
      case when p.outcome in ('identical', 'equivalent') then 1 else 0 end as settled
    from current_verdict v
    join pair p on p.comparison_id = v.comparison_id and p.capture_id = v.capture_id
    where v.comparison_id = ${comparisonId}
      and p.baseline = 'answered' and p.candidate = 'answered'
      and ${within(scope, 'p.capture_id')}
    order by v.capture_id, v.reviewer
  `.execute(store.db);
  return rows.map((row) => ({ ...row, settled: Number(row.settled) === 1 }));
};
