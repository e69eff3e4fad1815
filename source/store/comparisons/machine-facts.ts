import { sql } from 'kysely';
import type { Store } from '../open.ts';
import { machineColumns, markedPairFacts, type PairFact } from './pair-facts.ts';
import { within, type PairScope } from './pair-scope.ts';
import { stratumOfRow } from './strata.ts';

/** The number of pairs of one endpoint that are equal in what the machine knows of them. */
export type MachineFact = Pick<
  PairFact,
  'endpoint' | 'baseline' | 'candidate' | 'outcome' | 'byRule' | 'unusable' | 'pairs'
>;

/** Counts the pairs of a comparison by what the machine knows of them. */
export const machineFacts = async (
  store: Store,
  comparisonId: string,
  scope: PairScope,
): Promise<readonly MachineFact[]> => {
  const { rows } = await sql<
    Omit<MachineFact, 'byRule' | 'unusable'> & {
      readonly by_rule: number;
      readonly unusable: number;
    }
  >`
    select endpoint, baseline, candidate, outcome, by_rule, unusable, count(*) as pairs
    from (
      select p.endpoint, p.baseline, p.candidate, p.outcome, ${machineColumns}
      from pair p
      where p.comparison_id = ${comparisonId} and ${within(scope, 'p.capture_id')}
    ) of_pair
    group by endpoint, baseline, candidate, outcome, by_rule, unusable
  `.execute(store.db);
  return rows.map(({ baseline, by_rule, candidate, endpoint, outcome, pairs, unusable }) => ({
    endpoint,
    baseline,
    candidate,
    outcome,
    byRule: outcome === 'equivalent' && Number(by_rule) === 1,
    unusable: Number(unusable) === 1,
    pairs: Number(pairs),
  }));
};

/**
 * Adds the verdicts and skips to what the machine knows of all pairs, as `pairFacts` does. It reads only the
 * pairs that have some. Their strata must follow from their endpoints.
 */
export const withMarks = async (
  store: Store,
  comparisonId: string,
  known: readonly MachineFact[],
  options: Parameters<typeof markedPairFacts>[2],
): Promise<readonly PairFact[]> => {
  const { stratify } = options;
  const marked = await markedPairFacts(store, comparisonId, options);
  const keyOf = (fact: MachineFact): string =>
    JSON.stringify([
      fact.endpoint,
      fact.baseline,
      fact.candidate,
      fact.outcome,
      fact.byRule,
      fact.unusable,
    ]);
  const unmarked = new Map<string, MachineFact>();
  const add = (fact: MachineFact, pairs: number): void => {
    const key = keyOf(fact);
    unmarked.set(key, { ...fact, pairs: (unmarked.get(key)?.pairs ?? 0) + pairs });
  };
  for (const fact of known) add(fact, fact.pairs);
  for (const fact of marked) add(fact, -fact.pairs);
  return [
    ...marked,
    ...[...unmarked.values()]
      .filter(({ pairs }) => pairs > 0)
      .map((fact) =>
        unmarkedFact(fact, stratify === null ? '' : stratumOfRow(stratify, fact.endpoint, null)),
      ),
  ];
};

/** The same of pairs that no reviewer has done anything with. */
export const unmarkedFact = (
  { baseline, byRule, candidate, endpoint, outcome, pairs, unusable }: MachineFact,
  stratum: string,
): PairFact => ({
  endpoint,
  stratum,
  baseline,
  candidate,
  outcome,
  byRule,
  unusable,
  votes: { agree: 0, worse: 0, better: 0, both_bad: 0 },
  resolved: null,
  order: null,
  chosen: false,
  unseen: false,
  skipped: false,
  pairs,
});
