import { sql } from 'kysely';
import type { Side } from '../../comparison/outcome.ts';
import type { Store } from '../open.ts';
import type { WantedSamples } from './pending-pairs.ts';

/** How many captures a comparison has, and how many answers each side lacks of those wanted. */
export const countMissing = async (
  store: Store,
  comparisonId: string,
  samples: WantedSamples,
): Promise<{ readonly captures: number } & Readonly<Record<Side, number>>> => {
  const captures = await store.db
    .selectFrom('comparison_capture')
    .select((e) => e.fn.countAll<number>().as('count'))
    .where('comparison_id', '=', comparisonId)
    .executeTakeFirstOrThrow();
  const there = async (side: Side): Promise<number> => {
    const { rows } = await sql<{ readonly count: number }>`
      select count(*) as count from response
      where comparison_id = ${comparisonId} and side = ${side} and sample < ${samples[side]}
    `.execute(store.db);
    return Number(rows[0]?.count ?? 0);
  };
  const count = Number(captures.count);
  return {
    captures: count,
    baseline: count * samples.baseline - (await there('baseline')),
    candidate: count * samples.candidate - (await there('candidate')),
  };
};
