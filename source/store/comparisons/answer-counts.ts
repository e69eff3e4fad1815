import { sql, type RawBuilder } from 'kysely';
import type { Side } from '../../comparison/outcome.ts';
import { hourInCache } from '../../traffic/hour-in-cache.ts';
import type { Store } from '../open.ts';
import type { WantedSamples } from './pending-pairs.ts';

/**
 * Counts the pairs of a comparison, the pairs with every wanted answer, and the wanted answers that
 * exist.
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

/** Counts the captures of a comparison and the wanted answers that each side lacks. */
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

/**
 * Counts the calls that a side of a comparison still needs for `samples` answers per capture, and
 * the bytes of their requests.
 */
export const missingCalls = async (
  store: Store,
  comparisonId: string,
  side: Side,
  samples: number,
): Promise<{ readonly calls: number; readonly bytes: number }> => {
  const { rows } = await sql<{ readonly calls: number | null; readonly bytes: number | null }>`
    select sum(missing) as calls, sum(missing * bytes) as bytes
    from (${lacking({ comparisonId, side, samples })}) lacking
  `.execute(store.db);
  return { calls: Number(rows[0]?.calls ?? 0), bytes: Number(rows[0]?.bytes ?? 0) };
};

/** Returns the bytes of those requests of the missing calls that ask for an hour in a cache. */
export const missingHourBytes = async (
  store: Store,
  comparisonId: string,
  side: Side,
  samples: number,
): Promise<number> => {
  const { rows } = await sql<{ readonly bytes: number | null }>`
    select sum(missing * bytes) as bytes
    from (${lacking({ comparisonId, side, samples })} and b.text like ${`%${hourInCache}%`}) lacking
  `.execute(store.db);
  return Number(rows[0]?.bytes ?? 0);
};

/** Selects each capture's bytes of the request and the number of answers that a side lacks. */
const lacking = ({
  comparisonId,
  samples,
  side,
}: {
  readonly comparisonId: string;
  readonly side: Side;
  readonly samples: number;
}): RawBuilder<unknown> => sql`
  select b.bytes, ${samples} - (
    select count(*) from response r
    where r.comparison_id = s.comparison_id and r.capture_id = s.capture_id
      and r.side = ${side} and r.sample < ${samples}
  ) as missing
  from comparison_capture s
  join capture c on c.id = s.capture_id
  join body b on b.number = c.request_body
  where s.comparison_id = ${comparisonId}
`;
