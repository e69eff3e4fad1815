import { setImmediate } from 'node:timers/promises';
import { sql } from 'kysely';
import { differencePattern, type DifferencePattern } from '../../comparison/difference-pattern.ts';
import type { PairComparison } from '../../comparison/outcome.ts';
import type { Store } from '../open.ts';

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

/**
 * Yields the pairs of a comparison that have a pattern, a page at a time, in the order of their ids: to
 * read them in the order of the queue takes several times as long.
 */
export async function* pairPatterns(
  store: Store,
  comparisonId: string,
): AsyncGenerator<readonly PairPattern[], void, undefined> {
  for (let after = ''; ;) {
    const { rows } = await sql<{
      readonly capture_id: string;
      readonly endpoint: string;
      readonly details: string;
    }>`
      select o.capture_id, t.endpoint, o.details
      from outcome o
      join capture t on t.id between o.capture_id and o.capture_id
      where o.comparison_id = ${comparisonId} and o.capture_id > ${after}
        and o.outcome = 'different' and o.settled_by is null
      order by o.capture_id
      limit ${pageSize}
    `.execute(store.db);
    yield rows.flatMap(({ capture_id, details, endpoint }) => {
      const comparison: PairComparison = JSON.parse(details);
      const pattern = differencePattern(endpoint, comparison);
      const fields = (comparison.changes ?? []).map(({ path }) => path);
      return pattern === null ? [] : [{ captureId: capture_id, endpoint, pattern, fields }];
    });
    const last = rows.at(-1);
    if (last === undefined || rows.length < pageSize) return;
    after = last.capture_id;
    await setImmediate();
  }
}
