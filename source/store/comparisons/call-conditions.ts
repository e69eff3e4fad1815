import { sql } from 'kysely';
import type { Side } from '../../comparison/outcome.ts';
import type { Store } from '../open.ts';
import { firstPairs } from './pair-scope.ts';

/** When a call of a replay began and ended, in milliseconds since 1970, and how long it had waited for its turn. */
export type TimedCall = {
  readonly captureId: string;
  readonly side: Side;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly queueMs: number | null;
};

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
