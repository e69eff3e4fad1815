import { sql } from 'kysely';
import type { Store } from '../open.ts';
import { fromAnsweredPairs, type PairScope } from './pair-scope.ts';

/** How the answered pairs of one endpoint were answered. Batches measure no durations. */
export type AnswerMode = {
  readonly endpoint: string;
  readonly baselineRecorded: boolean;
  readonly baselineBatch: boolean;
  readonly candidateRecorded: boolean;
  readonly candidateBatch: boolean;
};

/** The durations of an answered pair: its columns in each array, in milliseconds. */
export const durations = [
  'baselineFirst',
  'baselineTotal',
  'candidateFirst',
  'candidateTotal',
] as const;

/**
 * The durations of the answered pairs that were answered in one way, in the order of their captures. Each array
 * has a value for every pair, in milliseconds; NaN if it is unknown.
 */
export type DurationFact = AnswerMode & {
  readonly pairs: number;
} & Readonly<Record<(typeof durations)[number], Float64Array>>;

const pageSize = 10_000;

/** Reads the durations of every answered pair of a comparison. */
export const durationFacts = async (
  store: Store,
  comparisonId: string,
  scope: PairScope = 'all',
): Promise<readonly DurationFact[]> => {
  const groups = new Map<string, { readonly mode: AnswerMode; readonly values: number[] }>();
  for (let after = ''; ;) {
    const { rows } = await sql<DurationRow>`
      select b.capture_id, t.endpoint,
        b.recorded as b_recorded, b.batch as b_batch, c.batch as c_batch,
        b.time_to_first_token_ms as b_first, b.total_ms as b_total,
        c.recorded as c_recorded, c.time_to_first_token_ms as c_first, c.total_ms as c_total
      ${fromAnsweredPairs(comparisonId, scope)}
        and b.capture_id > ${after}
      order by b.capture_id
      limit ${pageSize}
    `.execute(store.db);
    for (const row of rows) {
      const key = `${row.b_recorded}${row.b_batch}${row.c_recorded}${row.c_batch}${row.endpoint}`;
      let group = groups.get(key);
      if (group === undefined) {
        group = { mode: modeOf(row), values: [] };
        groups.set(key, group);
      }
      const { b_first, b_total, c_first, c_total } = row;
      group.values.push(b_first ?? NaN, b_total ?? NaN, c_first ?? NaN, c_total ?? NaN);
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < pageSize) break;
    after = last.capture_id;
  }
  return [...groups.values()].map(({ mode, values }) => {
    const pairs = values.length / durations.length;
    const column = (place: number): Float64Array =>
      Float64Array.from(
        { length: pairs },
        (_, pair) => values[pair * durations.length + place] ?? NaN,
      );
    return {
      ...mode,
      pairs,
      baselineFirst: column(0),
      baselineTotal: column(1),
      candidateFirst: column(2),
      candidateTotal: column(3),
    };
  });
};

type DurationRow = {
  readonly capture_id: string;
  readonly endpoint: string;
} & Readonly<Record<`${'b' | 'c'}_${'recorded' | 'batch'}`, number>> &
  Readonly<Record<`${'b' | 'c'}_${'first' | 'total'}`, number | null>>;

const modeOf = (row: DurationRow): AnswerMode => ({
  endpoint: row.endpoint,
  baselineRecorded: row.b_recorded === 1,
  baselineBatch: row.b_batch === 1,
  candidateRecorded: row.c_recorded === 1,
  candidateBatch: row.c_batch === 1,
});
