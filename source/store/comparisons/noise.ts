import { sql } from 'kysely';
import { sha256 } from '../../traffic/hash.ts';
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
  { baseline, candidate, id, name }: ComparisonRecord,
): Promise<NoiseFact | null> => {
  if (baseline === candidate) return null;
  const { rows } = await sql<NoiseFact>`
    select n.id as "comparisonId", count(*) as pairs,
      sum(case when ${settledByMachine('twice')} then 1 else 0 end) as "baselineSettled",
      sum(case when ${settledByMachine('own')} then 1 else 0 end) as "candidateSettled"
    from comparison n
    join outcome twice on twice.comparison_id = n.id
    join outcome own on own.comparison_id = ${id} and own.capture_id = twice.capture_id
    where n.baseline = ${baseline} and n.candidate = ${baseline}
      and n.name in (${name}, ${noiseName(baseline)})
    group by n.id, n.name
    order by case when n.name = ${name} then 0 else 1 end
    limit 1
  `.execute(store.db);
  const [row] = rows;
  return row === undefined
    ? null
    : {
        comparisonId: row.comparisonId,
        pairs: Number(row.pairs),
        baselineSettled: Number(row.baselineSettled),
        candidateSettled: Number(row.candidateSettled),
      };
};

/** What rules settle is left out: the two comparisons may have different ones. */
const settledByMachine = (table: 'own' | 'twice') =>
  sql.raw(`${table}.outcome <> 'different' and ${table}.settled_by is null`);

/** The name that the comparison of a baseline with itself has if the run has none. */
const noiseName = (baseline: string): string => `${baseline} → ${baseline}`;
