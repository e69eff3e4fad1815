import { sql } from 'kysely';
import type { Store } from '../open.ts';

/** How many pairs a comparison has, and how many of them have both answers. */
export const countAnsweredPairs = async (
  store: Store,
  comparisonId: string,
): Promise<{ readonly pairs: number; readonly answered: number }> => {
  const { db } = store;
  const { pairs } = await db
    .selectFrom('comparison_capture')
    .select((e) => e.fn.countAll<number>().as('pairs'))
    .where('comparison_id', '=', comparisonId)
    .executeTakeFirstOrThrow();
  const { answered } = await db
    .selectFrom('response as b')
    .innerJoin('response as c', (join) =>
      join
        .onRef('c.comparison_id', '=', 'b.comparison_id')
        .onRef('c.capture_id', '=', 'b.capture_id')
        .onRef('c.sample', '=', 'b.sample')
        .on('c.side', '=', 'candidate'),
    )
    .select((e) => e.fn.countAll<number>().as('answered'))
    .where('b.comparison_id', '=', comparisonId)
    .where('b.side', '=', 'baseline')
    .where('b.sample', '=', 0)
    .executeTakeFirstOrThrow();
  return { pairs: Number(pairs), answered: Number(answered) };
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
