import { setImmediate } from 'node:timers/promises';
import { sql, type RawBuilder } from 'kysely';
import type { PairComparison } from '../../comparison/outcome.ts';
import type { Store } from '../open.ts';
import { pairLikeness, type TraitCost } from './pair-traits.ts';

/**
 * A number of each pair: the cost of the candidate's answer in USD, its length in bytes, that length by the
 * baseline's, or how much of their words the answers share, from 0 to 1.
 */
export type PairNumber = 'cost' | 'length' | 'ratio' | 'likeness';

/** A number of some pairs; null where it is unknown. */
type PairNumbers = readonly { readonly captureId: string; readonly value: number | null }[];

/** Pairs per page, which take a few milliseconds. Between two pages other work has its turn. */
const pageSize = 1000;

/**
 * Yields a number of every pair that may have one, a page at a time, in the order of their ids: to read them
 * in the order of the queue takes several times as long.
 */
export async function* pairNumbers(
  store: Store,
  comparisonId: string,
  name: PairNumber,
  cost: TraitCost,
): AsyncGenerator<PairNumbers, void, undefined> {
  for (let after = ''; ;) {
    const page: PairNumbers = await pageReaders[name](store, { comparisonId, after }, cost);
    yield page;
    const last = page.at(-1);
    if (last === undefined || page.length < pageSize) return;
    after = last.captureId;
    await setImmediate();
  }
}

type PageReader = (
  store: Store,
  place: { readonly comparisonId: string; readonly after: string },
  cost: TraitCost,
) => Promise<PairNumbers>;

const costPage: PageReader = async ({ db }, { after, comparisonId }, cost) => {
  const rows = await db
    .selectFrom('response')
    .select([
      'capture_id as captureId',
      'input_tokens as input',
      'output_tokens as output',
      'cached_input_tokens as cachedInput',
      'cache_write_tokens as cacheWrite',
      'hour_cache_write_tokens as hourCacheWrite',
      'reasoning_tokens as reasoning',
      'cost_usd as cost',
      'model',
      'batch',
    ])
    .where('comparison_id', '=', comparisonId)
    .where('side', '=', 'candidate')
    .where('sample', '=', 0)
    .where('capture_id', '>', after)
    .orderBy('capture_id')
    .limit(pageSize)
    .execute();
  return rows.map(({ batch, captureId, cost: reported, model, ...usage }) => {
    const isKnown = usage.input !== null || usage.output !== null;
    const answer = { usage: isKnown ? usage : null, cost: reported, model };
    return { captureId, value: cost('candidate', answer, batch === 1) };
  });
};

/** Reads the lengths of both answers. `value`: the number that is made of `bt.bytes` and `ct.bytes`. */
const lengthPage =
  (value: RawBuilder<number | null>): PageReader =>
  async ({ db }, { after, comparisonId }) => {
    const { rows } = await sql<PairNumbers[number]>`
      select c.capture_id as "captureId", ${value} as value
      from response c
      join body ct on ct.number = c.answer_body
      left join response b on b.comparison_id = c.comparison_id and b.capture_id = c.capture_id
        and b.side = 'baseline' and b.sample = 0
      left join body bt on bt.number = b.answer_body
      where c.comparison_id = ${comparisonId} and c.side = 'candidate' and c.sample = 0
        and c.capture_id > ${after}
      order by c.capture_id
      limit ${pageSize}
    `.execute(db);
    return rows;
  };

const likenessPage: PageReader = async ({ db }, { after, comparisonId }) => {
  const rows = await db
    .selectFrom('outcome')
    .select(['capture_id', 'details'])
    .where('comparison_id', '=', comparisonId)
    .where('capture_id', '>', after)
    .orderBy('capture_id')
    .limit(pageSize)
    .execute();
  return rows.map(({ capture_id, details }) => {
    const comparison: PairComparison = JSON.parse(details);
    return { captureId: capture_id, value: pairLikeness(comparison) };
  });
};

const pageReaders: Readonly<Record<PairNumber, PageReader>> = {
  cost: costPage,
  length: lengthPage(sql`ct.bytes`),
  ratio: lengthPage(sql`case when bt.bytes > 0 then 1.0 * ct.bytes / bt.bytes end`),
  likeness: likenessPage,
};
