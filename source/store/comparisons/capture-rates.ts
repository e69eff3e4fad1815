import { sql, type RawBuilder } from 'kysely';
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

/** Counts the captures of a comparison by endpoint. */
export const captureRates = async (
  store: Store,
  comparisonId: string,
  scope: PairScope = 'all',
): Promise<readonly CaptureRate[]> =>
  ratesOf(
    store,
    sql`
      select capture_id from comparison_capture
      where comparison_id = ${comparisonId} and ${within(scope, 'capture_id')}
    `,
  );

/** Counts the captures that the selection of a comparison left out by endpoint. */
export const leftOutRates = async (
  store: Store,
  comparisonId: string,
): Promise<readonly CaptureRate[]> =>
  ratesOf(
    store,
    sql`select capture_id from comparison_left_out where comparison_id = ${comparisonId}`,
  );

const ratesOf = async (
  store: Store,
  captures: RawBuilder<unknown>,
): Promise<readonly CaptureRate[]> => {
  const { rows } = await sql<CaptureRate>`
    select t.endpoint, count(*) as captures, count(t.timestamp) as timed,
      min(t.timestamp) as first, max(t.timestamp) as last
    from (${captures}) made
    join capture t on t.id between made.capture_id and made.capture_id
    group by t.endpoint
  `.execute(store.db);
  return rows.map((row) => ({
    ...row,
    captures: Number(row.captures),
    timed: Number(row.timed),
  }));
};

/** Adds up the rates of each endpoint, in alphabetical order. */
export const mergeRates = (rates: readonly CaptureRate[]): readonly CaptureRate[] =>
  [...Map.groupBy(rates, ({ endpoint }) => endpoint).values()]
    .map((own) =>
      own.reduce((sum, rate) => ({
        endpoint: sum.endpoint,
        captures: sum.captures + rate.captures,
        timed: sum.timed + rate.timed,
        first: first(sum.first, rate.first),
        last: last(sum.last, rate.last),
      })),
    )
    .toSorted((a, b) => (a.endpoint < b.endpoint ? -1 : 1));

const first = (a: string | null, b: string | null): string | null =>
  a === null || (b !== null && b < a) ? b : a;

const last = (a: string | null, b: string | null): string | null =>
  a === null || (b !== null && b > a) ? b : a;
