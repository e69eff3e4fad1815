import { setImmediate } from 'node:timers/promises';
import { sql } from 'kysely';
import type { PairComparison } from '../../comparison/outcome.ts';
import type { Store } from '../open.ts';
import { answeredTwice } from './noise.ts';

/** How the answers to a request that the baseline answered twice differ; null if the machine settled them. */
export type NoiseDifference = {
  readonly endpoint: string;
  /** The baseline's two answers. */
  readonly baseline: PairComparison | null;
  /** The baseline's and the candidate's. */
  readonly candidate: PairComparison | null;
};

/** Pairs per page. Between two pages other work has its turn. */
const pageSize = 2000;

/** Yields the requests of a comparison that the baseline answered twice. `noiseComparisonId`: that of the baseline with itself. */
export async function* noiseDifferences(
  store: Store,
  comparisonId: string,
  noiseComparisonId: string,
): AsyncGenerator<NoiseDifference, void, undefined> {
  for (let after = ''; ;) {
    const { rows } = await sql<{
      readonly capture_id: string;
      readonly endpoint: string;
      readonly baseline: string | null;
      readonly candidate: string | null;
    }>`
      select twice.capture_id, t.endpoint,
        ${differenceIn('twice')} as baseline, ${differenceIn('own')} as candidate
      from ${answeredTwice(noiseComparisonId, comparisonId)}
      join capture t on t.id = twice.capture_id
      where twice.capture_id > ${after}
      order by twice.capture_id
      limit ${pageSize}
    `.execute(store.db);
    for (const { baseline, candidate, endpoint } of rows) {
      yield { endpoint, baseline: parsed(baseline), candidate: parsed(candidate) };
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < pageSize) return;
    after = last.capture_id;
    await setImmediate();
  }
}

/** What the machine found different, whether or not rules settle it. */
const differenceIn = (table: 'own' | 'twice') =>
  sql.raw(
    `case when ${table}.outcome = 'different' or ${table}.settled_by is not null then ${table}.details end`,
  );

const parsed = (details: string | null): PairComparison | null =>
  details === null ? null : JSON.parse(details);
