import { sql } from 'kysely';
import type { Store } from '../open.ts';

/** How the answers of live models to redacted captures of a comparison were asked for. */
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
 * Of these captures, the redacted ones that are selected into one of the comparisons and lack an answer
 * there of the samples that are wanted of each side, by id, each with the text of its request.
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

/** How many redacted captures lack an answer in one of the comparisons. */
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

/** A recording answers once, so that a capture with one may be counted that lacks nothing. */
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
