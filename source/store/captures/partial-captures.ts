import { sql } from 'kysely';
import { parseJsonArray } from '../../text/json.ts';
import { within, type PairScope } from '../comparisons/pair-scope.ts';
import type { Store } from '../open.ts';

/** Captures of one endpoint whose recording lost the same parts of the request. */
export type PartialFact = {
  readonly endpoint: string;
  /** At least one, such as `response_format` or `images`. */
  readonly parts: readonly string[];
  readonly captures: number;
};

/** The number of captures that lost something, and that lost each part, most frequent first. */
export type PartialCounts = {
  readonly captures: number;
  readonly parts: readonly { readonly part: string; readonly captures: number }[];
};

/** Parses the column `partial`: the lost parts, empty if it is null. */
export const parseParts = (partial: string | null): readonly string[] =>
  partial === null ? [] : parseJsonArray(partial).map(String);

/** Counts the captures of a comparison with an incomplete recording. */
export const partialFacts = async (
  store: Store,
  comparisonId: string,
  scope: PairScope = 'all',
): Promise<readonly PartialFact[]> => {
  const rows = await store.db
    .selectFrom('comparison_capture as selected')
    .innerJoin('capture', (join) =>
      // With equality SQLite reads each capture; with this, the index of partial ones.
      join.on(sql<boolean>`capture.id between selected.capture_id and selected.capture_id`),
    )
    .select((e) => ['endpoint', 'partial', e.fn.countAll<number>().as('captures')])
    .where('comparison_id', '=', comparisonId)
    .where('partial', 'is not', null)
    .where(within(scope, 'selected.capture_id').$castTo<boolean>())
    .groupBy(['endpoint', 'partial'])
    .execute();
  return rows.map(({ endpoint, partial, captures }) => ({
    endpoint,
    parts: parseParts(partial),
    captures: Number(captures),
  }));
};

/** Adds up facts over all endpoints. */
export const countPartial = (facts: readonly PartialFact[]): PartialCounts => {
  const parts = new Map<string, number>();
  for (const fact of facts) {
    for (const part of new Set(fact.parts)) {
      parts.set(part, (parts.get(part) ?? 0) + fact.captures);
    }
  }
  return {
    captures: facts.reduce((sum, { captures }) => sum + captures, 0),
    parts: Array.from(parts, ([part, captures]) => ({ part, captures })).sort(
      (a, b) => b.captures - a.captures || (a.part < b.part ? -1 : 1),
    ),
  };
};
