import { sql } from 'kysely';
import type { Side, Verdict } from '../../comparison/outcome.ts';
import type { Store } from '../open.ts';

/** Pairs that came back to a reviewer with their sides swapped, by both verdicts and the sides on the left. */
export type RepeatFact = {
  readonly reviewer: string;
  readonly first: Verdict;
  readonly firstLeft: Side;
  readonly again: Verdict;
  readonly againLeft: Side;
  readonly pairs: number;
};

/** Counts the pairs of a comparison that came back, in the order of the reviewers' names. */
export const repeatFacts = async (
  store: Store,
  comparisonId: string,
): Promise<readonly RepeatFact[]> => {
  const { rows } = await sql<RepeatFact>`
    select v.reviewer, v.first_verdict as first, v.first_left_side as "firstLeft",
      v.verdict as again, v.left_side as "againLeft", count(*) as pairs
    from judged_control v
    where v.comparison_id = ${comparisonId} and v.control = 'repeat'
    group by v.reviewer, v.first_verdict, v.first_left_side, v.verdict, v.left_side
    order by v.reviewer
  `.execute(store.db);
  return rows.map((row) => ({ ...row, pairs: Number(row.pairs) }));
};
