import { sql } from 'kysely';
import type { Verdict } from '../../comparison/outcome.ts';
import { sha256 } from '../../traffic/hash.ts';
import { storable } from '../bodies.ts';
import type { Store } from '../open.ts';
import type { ComparisonRecord } from './comparisons.ts';

/**
 * Whether a capture is in the share that the baseline answers a second time. A greater share includes
 * the captures of a smaller one, and they are the same on every machine.
 */
export const isInNoiseShare = (captureId: string, share: number): boolean =>
  Number.parseInt(sha256(`noise\0${captureId}`).slice(0, 13), 16) / 2 ** 52 < share;

/** Requests that the baseline answered twice and the candidate once, and what the machine settled. */
export type NoiseFact = {
  /** The comparison of the baseline with itself. */
  readonly comparisonId: string;
  readonly pairs: number;
  /** Of them, those whose two answers of the baseline are identical or equivalent. */
  readonly baselineSettled: number;
  /** Of them, those whose answers of baseline and candidate are. */
  readonly candidateSettled: number;
};

/** Counts what the baseline says twice, over the requests of a comparison; null if none was asked twice. */
export const noiseFact = async (
  store: Store,
  comparison: ComparisonRecord,
): Promise<NoiseFact | null> => {
  const comparisonId = await findNoiseComparison(store, comparison);
  if (comparisonId === null) return null;
  const { rows } = await sql<Omit<NoiseFact, 'comparisonId'>>`
    select count(*) as pairs,
      sum(case when ${settledByMachine('twice')} then 1 else 0 end) as "baselineSettled",
      sum(case when ${settledByMachine('own')} then 1 else 0 end) as "candidateSettled"
    from ${answeredTwice(comparisonId, comparison.id)}
  `.execute(store.db);
  const [row] = rows;
  return row === undefined
    ? null
    : {
        comparisonId,
        pairs: Number(row.pairs),
        baselineSettled: Number(row.baselineSettled),
        candidateSettled: Number(row.candidateSettled),
      };
};

/** Pairs settled by rules are left out, because the two comparisons may have different rules. */
const settledByMachine = (table: 'own' | 'twice') =>
  sql.raw(`${table}.outcome <> 'different' and ${table}.settled_by is null`);

/** The pairs of a baseline with its own second answer that differ, so that a person can judge them. */
export type NoisePairs = {
  /** The comparison of the baseline with itself. */
  readonly comparisonId: string;
  readonly captureIds: readonly string[];
};

/** Lists the requests of a comparison to which the baseline gave two different answers; null without any answered twice. */
export const listNoisePairs = async (
  store: Store,
  comparison: ComparisonRecord,
): Promise<NoisePairs | null> => {
  const comparisonId = await findNoiseComparison(store, comparison);
  if (comparisonId === null) return null;
  const { rows } = await sql<{ readonly capture_id: string }>`
    select twice.capture_id
    from ${answeredTwice(comparisonId, comparison.id)}
    where twice.outcome = 'different'
    order by twice.capture_id
  `.execute(store.db);
  return { comparisonId, captureIds: rows.map(({ capture_id }) => capture_id) };
};

/** The verdicts of reviewers on one pair of a baseline with its own second answer. */
export type JudgedNoiseFact = {
  readonly captureId: string;
  readonly verdict: Verdict;
  readonly reviewers: number;
};

/**
 * Counts the verdicts on the pairs of a baseline with its own second answer that a blind review showed among
 * the others: those of one reviewer or, for null, of all.
 */
export const judgedNoiseFacts = async (
  store: Store,
  { id }: Pick<ComparisonRecord, 'id'>,
  noiseComparisonId: string,
  reviewer: string | null,
): Promise<readonly JudgedNoiseFact[]> => {
  const isBy = reviewer === null ? sql`1 = 1` : sql`v.reviewer = ${storable(reviewer)}`;
  const { rows } = await sql<JudgedNoiseFact>`
    select v.capture_id as "captureId", v.verdict, count(*) as reviewers
    from ${answeredTwice(noiseComparisonId, id)}
    join judged_control v on v.comparison_id = ${id} and v.capture_id = twice.capture_id
    where v.control = 'noise' and twice.outcome = 'different' and ${isBy}
    group by v.capture_id, v.verdict
    order by v.capture_id
  `.execute(store.db);
  return rows.map((row) => ({ ...row, reviewers: Number(row.reviewers) }));
};

/** The compared pairs of a baseline with itself as `twice`, and those of the comparison as `own`. */
export const answeredTwice = (noiseComparisonId: string, comparisonId: string) => sql`
  outcome twice
  join outcome own on own.comparison_id = ${comparisonId} and own.capture_id = twice.capture_id
    and twice.comparison_id = ${noiseComparisonId}
`;

/** Finds the comparison of a baseline with itself that has pairs of this one; null if there is none. */
const findNoiseComparison = async (
  store: Store,
  { baseline, candidate, id, name }: ComparisonRecord,
): Promise<string | null> => {
  if (baseline === candidate) return null;
  const { rows } = await sql<{ readonly id: string }>`
    select n.id
    from comparison n
    where n.baseline = ${baseline} and n.candidate = ${baseline}
      and n.name in (${name}, ${noiseName(baseline)})
      and exists (
        select 1 from outcome twice
        join outcome own on own.comparison_id = ${id} and own.capture_id = twice.capture_id
        where twice.comparison_id = n.id
      )
    order by case when n.name = ${name} then 0 else 1 end
    limit 1
  `.execute(store.db);
  return rows[0]?.id ?? null;
};

/** The name that the comparison of a baseline with itself has if the run has none. */
const noiseName = (baseline: string): string => `${baseline} → ${baseline}`;
