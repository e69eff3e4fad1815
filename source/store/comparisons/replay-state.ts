import { sql } from 'kysely';
import type { Store } from '../open.ts';
import type { WantedSamples } from './pending-pairs.ts';

/**
 * How many pairs a comparison has, how many of them have every answer that is wanted, and how many of
 * these answers there are in all.
 */
export const countAnsweredPairs = async (
  store: Store,
  comparisonId: string,
  samples: WantedSamples = { baseline: 1, candidate: 1 },
): Promise<{ readonly pairs: number; readonly answered: number; readonly answers: number }> => {
  const wanted = samples.baseline + samples.candidate;
  const { rows } = await sql<Readonly<Record<'pairs' | 'answered' | 'answers', number | null>>>`
    select
      (select count(*) from comparison_capture where comparison_id = ${comparisonId}) as pairs,
      sum(case when answers = ${wanted} then 1 else 0 end) as answered,
      sum(answers) as answers
    from (
      select count(*) as answers
      from response
      where comparison_id = ${comparisonId} and (
        (side = 'baseline' and sample < ${samples.baseline})
        or (side = 'candidate' and sample < ${samples.candidate})
      )
      group by capture_id
    ) of_pair
  `.execute(store.db);
  const number = (column: 'pairs' | 'answered' | 'answers') => Number(rows[0]?.[column] ?? 0);
  return { pairs: number('pairs'), answered: number('answered'), answers: number('answers') };
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
