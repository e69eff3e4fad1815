import type { Store } from '../open.ts';

/** Captures of one endpoint that have lost the same parts of their requests. */
export type PartialFact = {
  readonly endpoint: string;
  /** `response_format`, `images`; at least one. */
  readonly parts: readonly string[];
  readonly captures: number;
};

/** How many captures have lost something, and how often which part was lost, most frequent first. */
export type PartialCounts = {
  readonly captures: number;
  readonly parts: readonly { readonly part: string; readonly captures: number }[];
};

/** The captures of a comparison of which the recording did not keep everything. */
export const partialFacts = async (
  store: Store,
  comparisonId: string,
): Promise<readonly PartialFact[]> => {
  const rows = await store.db
    .selectFrom('comparison_capture as selected')
    .innerJoin('capture', 'capture.id', 'selected.capture_id')
    .select((e) => ['endpoint', 'partial', e.fn.countAll<number>().as('captures')])
    .where('comparison_id', '=', comparisonId)
    .where('partial', 'is not', null)
    .groupBy(['endpoint', 'partial'])
    .execute();
  return rows.map(({ endpoint, partial, captures }) => ({
    endpoint,
    parts: JSON.parse(partial ?? '[]') as readonly string[],
    captures: Number(captures),
  }));
};

/** Adds facts up. */
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
