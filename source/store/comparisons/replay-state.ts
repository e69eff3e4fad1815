import { sql } from 'kysely';
import type { Store } from '../open.ts';
import type { WantedSamples } from './pending-pairs.ts';

/** How many pairs a comparison has, and how many of them have every answer that is wanted. */
export const countAnsweredPairs = async (
  store: Store,
  comparisonId: string,
  samples: WantedSamples = { baseline: 1, candidate: 1 },
): Promise<{ readonly pairs: number; readonly answered: number }> => {
  const { rows } = await sql<{ readonly pairs: number; readonly answered: number }>`
    select
      (select count(*) from comparison_capture where comparison_id = ${comparisonId}) as pairs,
      (
        select count(*) from (
          select capture_id
          from response
          where comparison_id = ${comparisonId} and (
            (side = 'baseline' and sample < ${samples.baseline})
            or (side = 'candidate' and sample < ${samples.candidate})
          )
          group by capture_id
          having count(*) = ${samples.baseline + samples.candidate}
        ) complete
      ) as answered
  `.execute(store.db);
  return { pairs: Number(rows[0]?.pairs ?? 0), answered: Number(rows[0]?.answered ?? 0) };
};

/**
 * The captures whose two sides are answered and that were not compared, or by other rules than those
 * of this number: the program was killed in between, or is newer than its store.
 */
export const uncomparedPairs = async (
  store: Store,
  comparisonId: string,
  rules: number,
): Promise<readonly string[]> => {
  const { rows } = await sql<{ capture_id: string }>`
    select b.capture_id
    from response b
    join response c
      on c.comparison_id = b.comparison_id and c.capture_id = b.capture_id
      and c.sample = 0 and c.side = 'candidate'
    left join outcome o
      on o.comparison_id = b.comparison_id and o.capture_id = b.capture_id and o.rules = ${rules}
    where b.comparison_id = ${comparisonId} and b.sample = 0 and b.side = 'baseline'
      and o.capture_id is null
  `.execute(store.db);
  return rows.map((row) => row.capture_id);
};
