import { sql, type Transaction } from 'kysely';
import type { RedactionCounts } from '../../traffic/redaction-counts.ts';
import type { Tables } from '../tables.ts';
import type { Store } from '../open.ts';

/** Adds counts of redacted values to those of the store. */
export const addRedactions = async (
  transaction: Transaction<Tables>,
  counts: RedactionCounts,
): Promise<void> => {
  for (const [rule, findings] of Object.entries(counts)) {
    await transaction
      .insertInto('redaction')
      .values({ rule, findings })
      .onConflict((conflict) =>
        conflict
          .column('rule')
          .doUpdateSet((e) => ({ findings: e('redaction.findings', '+', findings) })),
      )
      .execute();
  }
};

/** Returns the counts of redacted values in the store, by rule. */
export const listRedactions = async (store: Store): Promise<RedactionCounts> => {
  const rows = await store.db.selectFrom('redaction').selectAll().orderBy('rule').execute();
  return Object.fromEntries(rows.map(({ rule, findings }) => [rule, findings]));
};

/** Counts the captures of a comparison whose requests contain placeholders. */
export const countRedacted = async (store: Store, comparisonId: string): Promise<number> => {
  const { count } = await store.db
    .selectFrom('comparison_capture')
    .innerJoin('capture', 'capture.id', 'comparison_capture.capture_id')
    .select((e) => e.fn.countAll<number>().as('count'))
    .where('comparison_id', '=', comparisonId)
    .where('redacted', '=', 1)
    .executeTakeFirstOrThrow();
  return Number(count);
};

/** Answers of live models to redacted captures, by whether the original values were sent. */
export type SentAs = { readonly original: number; readonly redacted: number };

/** Counts the answers of a comparison to redacted captures. */
export const countSentAs = async (store: Store, comparisonId: string): Promise<SentAs> => {
  const { rows } = await sql<{ readonly original: number; readonly redacted: number }>`
    select count(*) filter (where r.originals > 0) as original,
      count(*) filter (where r.originals = 0) as redacted
    from response r
    join capture c on c.id = r.capture_id
    where r.comparison_id = ${comparisonId} and r.recorded = 0 and c.redacted = 1
  `.execute(store.db);
  return { original: Number(rows[0]?.original ?? 0), redacted: Number(rows[0]?.redacted ?? 0) };
};

/**
 * Finds the redacted captures among these that lack an answer in one of the comparisons. Maps their
 * ids to the JSON of their requests. `samples` is the number of answers wanted of each side.
 */
export const pendingRedacted = async (
  store: Store,
  comparisonIds: readonly string[],
  captureIds: readonly string[],
  samples: number,
): Promise<ReadonlyMap<string, string>> => {
  if (captureIds.length === 0) return new Map();
  const { rows } = await sql<{ readonly id: string; readonly request: string }>`
    select pending.id, body.text as request from (
      select distinct c.id, c.request_body ${pendingIn(comparisonIds, samples)}
        and c.id in (${sql.join(captureIds)})
    ) pending
    join body on body.number = pending.request_body
  `.execute(store.db);
  return new Map(rows.map(({ id, request }) => [id, request]));
};

/** Counts the redacted captures that lack an answer in one of the comparisons. */
export const countPendingRedacted = async (
  store: Store,
  comparisonIds: readonly string[],
  samples: number,
): Promise<number> => {
  const { rows } = await sql<{ readonly count: number }>`
    select count(distinct c.id) as count ${pendingIn(comparisonIds, samples)}
  `.execute(store.db);
  return Number(rows[0]?.count ?? 0);
};

/**
 * Selects captures that lack an answer. A recording answers only once, so a capture with one may be
 * included although it lacks nothing.
 */
const pendingIn = (comparisonIds: readonly string[], samples: number) => sql`
  from comparison_capture s
  join capture c on c.id = s.capture_id
  where s.comparison_id in (${sql.join(comparisonIds)}) and c.redacted = 1
    and (
      select count(*) from response r
      where r.comparison_id = s.comparison_id and r.capture_id = s.capture_id
        and r.sample < ${samples}
    ) < ${2 * samples}
`;
