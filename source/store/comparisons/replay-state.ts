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
