import { setImmediate } from 'node:timers/promises';
import { sql, type RawBuilder } from 'kysely';
import { differencePattern, type DifferencePattern } from '../../comparison/difference-pattern.ts';
import type { PairComparison } from '../../comparison/outcome.ts';
import { storable } from '../bodies.ts';
import type { Store } from '../open.ts';
import { rulesInForce } from './stored-rules.ts';

/** A pair that has a pattern. */
export type PairPattern = {
  readonly captureId: string;
  readonly endpoint: string;
  readonly pattern: DifferencePattern;
  /** The paths that differ, without indexes into arrays. */
  readonly fields: readonly string[];
};

/** Pairs per page, which take a few milliseconds. Between two pages other work has its turn. */
const pageSize = 200;

/** Pairs that are looked at for a page of those that differ. */
const scannedPairs = 400;

type PatternPage = readonly {
  readonly capture_id: string;
  readonly endpoint: string;
  readonly details: string;
}[];

/**
 * Yields the pairs of a comparison that have a pattern under the rules in force, a page at a time, in the order of
 * their ids: to read them in the order of the queue takes several times as long. `captureIds`: only these pairs.
 */
export async function* pairPatterns(
  store: Store,
  comparisonId: string,
  captureIds: readonly string[] | 'all' = 'all',
): AsyncGenerator<readonly PairPattern[], void, undefined> {
  const rules = await rulesInForce(store.db, comparisonId);
  const pages =
    captureIds === 'all'
      ? pagesOfAll(store, comparisonId)
      : pagesOfSome(store, comparisonId, captureIds);
  for await (const rows of pages) {
    yield rows.flatMap(({ capture_id, details, endpoint }) => {
      const comparison: PairComparison = JSON.parse(details);
      const pattern = differencePattern(endpoint, comparison, rules);
      const fields = (comparison.changes ?? []).map(({ path }) => path);
      return pattern === null ? [] : [{ captureId: capture_id, endpoint, pattern, fields }];
    });
    await setImmediate();
  }
}

/**
 * Reads the same number of pairs for every page, whether they differ or not: among many that the machine settled,
 * a full page of those that differ would hold up keys.
 */
async function* pagesOfAll(store: Store, comparisonId: string): AsyncGenerator<PatternPage> {
  for (let after = ''; ;) {
    const { rows } = await sql<{ readonly id: string }>`
      select capture_id as id from outcome
      where comparison_id = ${comparisonId} and capture_id > ${after}
      order by capture_id limit 1 offset ${scannedPairs - 1}
    `.execute(store.db);
    const end = rows[0]?.id;
    const upTo = end === undefined ? sql`` : sql`and o.capture_id <= ${end}`;
    yield await differingPairs(
      store,
      comparisonId,
      sql`o.capture_id > ${after} ${upTo} order by o.capture_id`,
    );
    if (end === undefined) return;
    after = end;
  }
}

async function* pagesOfSome(
  store: Store,
  comparisonId: string,
  captureIds: readonly string[],
): AsyncGenerator<PatternPage> {
  for (let start = 0; start < captureIds.length; start += pageSize) {
    const ids = captureIds.slice(start, start + pageSize).map(storable);
    yield await differingPairs(store, comparisonId, sql`o.capture_id in (${sql.join(ids)})`);
  }
}

/** Reads the pairs that a person has to judge. `part`: a condition on them, and their order. */
const differingPairs = async (
  store: Store,
  comparisonId: string,
  part: RawBuilder<unknown>,
): Promise<PatternPage> => {
  const { rows } = await sql<PatternPage[number]>`
    select o.capture_id, t.endpoint, o.details
    from outcome o
    join capture t on t.id between o.capture_id and o.capture_id
    where o.comparison_id = ${comparisonId}
      and o.outcome = 'different' and o.settled_by is null and ${part}
  `.execute(store.db);
  return rows;
};
