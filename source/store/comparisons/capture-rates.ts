import { sql } from 'kysely';
import type { Store } from '../open.ts';
import { within, type PairScope } from './pair-scope.ts';

/** How many requests of an endpoint were captured, and when. */
export type CaptureRate = {
  readonly endpoint: string;
  /** All captures, and those with a timestamp. */
  readonly captures: number;
  readonly timed: number;
  /** The first and the last timestamp, ISO 8601 in UTC; null if no capture has one. */
  readonly first: string | null;
  readonly last: string | null;
};

/**
 * Counts the captures of a comparison and those that its selection left out, by endpoint. Within the scope
 * `offered` nothing is counted that was left out.
 */
export const captureRates = async (
  store: Store,
  comparisonId: string,
  scope: PairScope = 'all',
): Promise<readonly CaptureRate[]> => {
  const leftOut =
    scope === 'all'
      ? sql`union all select capture_id from comparison_left_out where comparison_id = ${comparisonId}`
      : sql``;
  const { rows } = await sql<CaptureRate>`
    select t.endpoint, count(*) as captures, count(t.timestamp) as timed,
      min(t.timestamp) as first, max(t.timestamp) as last
    from (
      select capture_id from comparison_capture
      where comparison_id = ${comparisonId} and ${within(scope, 'capture_id')}
      ${leftOut}
    ) made
    join capture t on t.id = made.capture_id
    group by t.endpoint
    order by t.endpoint
  `.execute(store.db);
  return rows.map((row) => ({
    ...row,
    captures: Number(row.captures),
    timed: Number(row.timed),
  }));
};
