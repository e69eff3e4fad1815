import { sql } from 'kysely';
import type { Verdict } from '../../comparison/outcome.ts';
import type { Store } from '../open.ts';
import { originOf, type VerdictOrigin } from '../verdicts.ts';
import { isBy } from './pair-facts.ts';
import { within, type PairScope } from './pair-scope.ts';

/** Pairs with both answers that a reviewer has given a verdict. */
export type ReviewerFact = {
  readonly reviewer: string;
  readonly verdict: Verdict;
  /** Whether the machine or rules settled them. */
  readonly settled: boolean;
  readonly origin: VerdictOrigin;
  readonly pairs: number;
};

type ReviewerRow = Pick<ReviewerFact, 'reviewer' | 'verdict'> &
  Parameters<typeof originOf>[0] & { readonly settled: number; readonly pairs: number };

/**
 * Counts the verdicts of each reviewer by where they came from, in the order of their names. See
 * `fillStandingVerdicts`.
 */
export const reviewerFacts = async (
  store: Store,
  scope: PairScope = 'all',
): Promise<readonly ReviewerFact[]> => {
  const { rows } = await sql<ReviewerRow>`
    select reviewer, verdict, settled, origin, origin_file, merged_from, group_id, count(*) as pairs
    from (
      select v.reviewer, v.verdict, v.origin, v.origin_file, v.merged_from,
        case when v.group_id is null then null else '' end as group_id,
        case when p.outcome in ('identical', 'equivalent') then 1 else 0 end as settled
      from standing_verdict v
      join marked_pair p on p.capture_id = v.capture_id
      where p.baseline = 'answered' and p.candidate = 'answered'
        and ${within(scope, 'p.capture_id')}
    ) of_reviewer
    group by reviewer, verdict, settled, origin, origin_file, merged_from, group_id
    order by reviewer
  `.execute(store.db);
  return rows.map((row) => ({
    reviewer: row.reviewer,
    verdict: row.verdict,
    settled: Number(row.settled) === 1,
    origin: originOf(row),
    pairs: Number(row.pairs),
  }));
};

/** Verdicts that were given without knowing the models, by the place of the answer they prefer. */
export type BlindFact = { readonly preferred: 'left' | 'right' | null; readonly verdicts: number };

/**
 * Counts the standing verdicts of blind reviews, also those on control pairs, of one reviewer or, for null,
 * of all. See `fillStandingVerdicts`.
 */
export const blindFacts = async (
  store: Store,
  comparisonId: string,
  reviewer: string | null,
): Promise<readonly BlindFact[]> => {
  const { rows } = await sql<BlindFact>`
    select preferred, count(*) as verdicts
    from (
      select case
        when (verdict = 'better' and left_side = 'candidate')
          or (verdict = 'worse' and left_side = 'baseline') then 'left'
        when verdict in ('better', 'worse') then 'right'
      end as preferred
      from (
        select v.verdict, v.left_side
        from standing_verdict v
        where ${isBy(reviewer)}
        union all
        select v.verdict, v.left_side
        from judged_control v
        where v.comparison_id = ${comparisonId} and ${isBy(reviewer)}
      ) blind
      where left_side is not null
    ) of_verdict
    group by preferred
  `.execute(store.db);
  return rows.map(({ preferred, verdicts }) => ({ preferred, verdicts: Number(verdicts) }));
};
