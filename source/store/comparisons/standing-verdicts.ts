import { sql } from 'kysely';
import type { Store } from '../open.ts';

/**
 * Fills the temporary tables from which a summary counts verdicts, within its snapshot. `standing_verdict`: what the
 * view `current_verdict` and the events say of the verdicts in force. `marked_pair`: what the view `pair` says of the
 * pairs with verdicts or skips, also those that were taken back. The views find all of that again for every query.
 */
export const fillStandingVerdicts = async (
  { db, engine }: Pick<Store, 'db' | 'engine'>,
  comparisonId: string,
): Promise<void> => {
  await engine.temporaryTables.createMarks();
  await sql`
    insert into standing_verdict
      (capture_id, reviewer, verdict, created_at, ahead, chosen_by, group_id, left_side, origin,
        origin_file, merged_from)
    select v.capture_id, v.reviewer, v.verdict, v.created_at, e.ahead, e.chosen_by, e.group_id,
      e.left_side, e.origin, e.origin_file, e.merged_from
    from current_verdict v
    join verdict_event e on e.id = v.event_id
    where v.comparison_id = ${comparisonId}
    -- In this order the table grows at its end.
    order by v.capture_id, v.reviewer
  `.execute(db);
  await sql`
    insert into marked_pair
      (comparison_id, capture_id, endpoint, baseline, candidate, outcome, settled_by, unusable)
    select p.comparison_id, p.capture_id, p.endpoint, p.baseline, p.candidate, p.outcome,
      p.settled_by, p.unusable
    from pair p
    where p.comparison_id = ${comparisonId} and p.capture_id in (
      select e.capture_id from verdict_event e
      where e.comparison_id = ${comparisonId} and e.kind in ('verdict', 'skip')
    )
  `.execute(db);
};
