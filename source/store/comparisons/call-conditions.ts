import { sql } from 'kysely';
import type { Side } from '../../comparison/outcome.ts';
import type { Store } from '../open.ts';
import { firstPairs, within, type PairScope } from './pair-scope.ts';

/** When a call of a replay began and ended, in milliseconds since 1970, and how long it had waited for its turn. */
export type TimedCall = {
  readonly captureId: string;
  readonly side: Side;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly queueMs: number | null;
};

/** When a call began and ended, in milliseconds since 1970. */
export type CallSpan = Pick<TimedCall, 'startedAt' | 'endedAt'>;

/** The most pairs whose calls are read: enough for percentiles of a large replay. */
export const mostTimedPairs = 2000;

/**
 * Lists the calls that answered the first pairs of the random order: those that this replay made one by one. An
 * answer is stored when it is complete, so its call began its duration before.
 */
export const timedCalls = async (
  store: Store,
  comparisonId: string,
): Promise<readonly TimedCall[]> => {
  const { rows } = await sql<{
    readonly capture_id: string;
    readonly side: Side;
    readonly queue_ms: number | null;
    readonly total_ms: number;
    readonly created_at: string;
  }>`
    select r.capture_id, r.side, r.queue_ms, r.total_ms, r.created_at
    from response r
    where r.comparison_id = ${comparisonId} and r.sample = 0 and r.recorded = 0 and r.batch = 0
      and r.reused = 0 and r.total_ms is not null
      and r.capture_id in (${firstPairs(comparisonId, 'all', mostTimedPairs)})
  `.execute(store.db);
  return rows.map(({ capture_id, created_at, queue_ms, side, total_ms }) => {
    const endedAt = Date.parse(created_at);
    return {
      captureId: capture_id,
      side,
      startedAt: endedAt - total_ms,
      endedAt,
      queueMs: queue_ms,
    };
  });
};

/**
 * Lists the other calls about the same pairs, which kept the models busy as well: those for further samples, and those
 * that failed.
 */
export const callsBeside = async (
  store: Store,
  comparisonId: string,
): Promise<readonly CallSpan[]> => {
  const first = firstPairs(comparisonId, 'all', mostTimedPairs);
  const { rows } = await sql<{ readonly total_ms: number; readonly created_at: string }>`
    select r.total_ms, r.created_at from response r
    where r.comparison_id = ${comparisonId} and r.sample > 0 and r.recorded = 0 and r.batch = 0
      and r.reused = 0 and r.total_ms is not null and r.capture_id in (${first})
    union all
    select a.total_ms, a.created_at from attempt a
    where a.comparison_id = ${comparisonId} and a.batch = 0 and a.reused = 0
      and a.total_ms is not null and a.capture_id in (${first})
  `.execute(store.db);
  return rows.map(({ created_at, total_ms }) => {
    const endedAt = Date.parse(created_at);
    return { startedAt: endedAt - total_ms, endedAt };
  });
};

/** The answered pairs with a request that was translated: those that mean the same, and those that do not. */
export type TranslatedPairs = { readonly bridged: number; readonly lossy: number };

/** Counts the answered pairs of which a request was translated into another dialect. */
export const countTranslated = async (
  store: Store,
  comparisonId: string,
  scope: PairScope = 'all',
): Promise<TranslatedPairs> => {
  const answered = (side: string) => sql`exists (
    select 1 from response a
    where a.comparison_id = ${comparisonId} and a.capture_id = r.capture_id
      and a.side = ${side} and a.sample = 0
  )`;
  const { rows } = await sql<Readonly<Record<'pairs' | 'lossy', number>>>`
    select count(distinct r.capture_id) as pairs,
      count(distinct case when r.path = 'lossy' then r.capture_id end) as lossy
    from response r
    where r.comparison_id = ${comparisonId} and r.sample = 0
      -- The first is the condition of an index, and by the second SQLite searches it.
      and r.path <> 'native' and r.path in ('bridged', 'lossy')
      and ${within(scope, 'r.capture_id')}
      and ${answered('baseline')} and ${answered('candidate')}
  `.execute(store.db);
  const lossy = Number(rows[0]?.lossy ?? 0);
  return { lossy, bridged: Number(rows[0]?.pairs ?? 0) - lossy };
};
