import { sql, type RawBuilder } from 'kysely';
import { sides, type Side } from '../comparison/outcome.ts';
import { listComparisons, type ComparisonRecord } from './comparisons/comparisons.ts';
import { within, type PairScope } from './comparisons/pair-scope.ts';
import type { Store } from './open.ts';
import { cachedColumn, hourWrittenColumn, tierColumn, writtenColumn } from './usage-columns.ts';

/** Sums of tokens. */
type Tokens = {
  readonly input: number;
  readonly output: number;
  readonly cachedInput: number;
  readonly cacheWrite: number;
  readonly hourCacheWrite: number;
};

/**
 * The paid calls of one month, comparison and side (or judge) at one price tier: answers that were neither
 * recorded nor reused, surplus answers of sides that already had one, answers of judges, and failed attempts
 * that are known to have been charged.
 */
export type LedgerEntry = {
  /** `2026-11`, in UTC. */
  readonly month: string;
  readonly comparison: { readonly id: string; readonly name: string };
  readonly side: Side | 'judge';
  /** The model's label. */
  readonly model: string;
  /** Whether they were answered in batches, at the batch price. */
  readonly batch: boolean;
  /** The number of answers and charged attempts. */
  readonly calls: number;
  /** The number of failed attempts among `calls`. */
  readonly failed: number;
  readonly tokens: Tokens;
  /** The costs reported by the provider, in USD, and the number of calls with one. */
  readonly reportedUsd: number;
  readonly reportedCalls: number;
  /** The tokens of the other counted calls, and the number of those calls. */
  readonly counted: Tokens & { readonly calls: number };
  /** The input tokens of the longest call. */
  readonly promptTokens: number;
  /** When the calls were made, within ten minutes, ISO 8601; null where moments are not told apart. */
  readonly at: string | null;
  /** Calls whose cost is unknown. */
  readonly uncounted: number;
  /** The most that these calls and the failed attempts without a count can have used. */
  readonly bound: Pick<Tokens, 'input' | 'output' | 'hourCacheWrite'>;
};

/**
 * Reads what was paid for in all comparisons of the store since a time, ISO 8601 in UTC; an empty string
 * means always. `tiersOf` returns the prompt lengths, in tokens, at which a model's price changes, and
 * `varies` whether it changes with the moment of the call (default: it does not).
 */
export const ledger = async (
  store: Store,
  options: {
    readonly start: string;
    readonly tiersOf: (model: string) => readonly number[];
    readonly varies?: (model: string) => boolean;
  },
): Promise<readonly LedgerEntry[]> => {
  const entries: LedgerEntry[] = [];
  for (const { id, name, ...labels } of await listComparisons(store)) {
    for (const side of sides) {
      const model = labels[side];
      const rows = await entriesOf(store, paidCalls(id, side, options.start), {
        tiers: options.tiersOf(model),
        moments: options.varies?.(model) === true,
      });
      entries.push(...rows.map((row) => ({ ...row, comparison: { id, name }, side, model })));
    }
    for (const model of await judgesOf(store, id)) {
      const rows = await entriesOf(store, judgeCalls(id, model, options.start), {
        tiers: options.tiersOf(model),
        moments: options.varies?.(model) === true,
      });
      const comparison = { id, name };
      entries.push(...rows.map((row) => ({ ...row, comparison, side: 'judge' as const, model })));
    }
  }
  return entries.toSorted((a, b) => (a.month < b.month ? -1 : a.month > b.month ? 1 : 0));
};

/**
 * Reads the paid calls of a comparison whose answers are not those of its answered pairs: failed attempts that
 * were charged, surplus and further answers, and answers of pairs whose other side has none.
 */
export const otherCalls = async (
  store: Store,
  comparison: ComparisonRecord,
  options: {
    readonly scope: PairScope;
    /** Pairs of the scope, among which are all with one answer only; null if there are none. */
    readonly halfAnswered: PairScope | null;
    readonly tiersOf: (side: Side) => readonly number[];
    readonly varies: (side: Side) => boolean;
  },
): Promise<readonly LedgerEntry[]> => {
  const { id, name } = comparison;
  const entries: LedgerEntry[] = [];
  for (const side of sides) {
    const rows = await entriesOf(store, otherPaidCalls(id, side, options), {
      tiers: options.tiersOf(side),
      moments: options.varies(side),
    });
    const model = comparison[side];
    entries.push(...rows.map((row) => ({ ...row, comparison: { id, name }, side, model })));
  }
  return entries;
};

/** Returns the most that pending batches can cost, in USD, without the comparisons in `except`. */
export const orderedInBatches = async (
  store: Store,
  except: readonly string[],
): Promise<number> => {
  const jobs = await store.db
    .selectFrom('batch_job')
    .select(['comparison_id', 'at_most_usd'])
    .where('state', 'in', ['uploaded', 'submitted'])
    .execute();
  return jobs
    .filter((job) => !except.includes(job.comparison_id))
    .reduce((sum, job) => sum + (job.at_most_usd ?? 0), 0);
};

const judgesOf = async (store: Store, comparisonId: string): Promise<readonly string[]> => {
  const rows = await store.db
    .selectFrom('judge_call')
    .select('judge')
    .distinct()
    .where('comparison_id', '=', comparisonId)
    .orderBy('judge')
    .execute();
  return rows.map(({ judge }) => judge);
};

type LedgerRow = Omit<LedgerEntry, 'comparison' | 'side' | 'model'>;

const entriesOf = async (
  store: Store,
  calls: RawBuilder<unknown>,
  { moments, tiers }: { readonly tiers: readonly number[]; readonly moments: boolean },
): Promise<readonly LedgerRow[]> => {
  const moment = sql.raw(moments ? 'substr(created_at, 1, 15)' : 'null');
  const { rows } = await sql<Readonly<Record<string, number | string | null>>>`
    select month, batch, moment,
      sum(case when failed = 0 or known = 1 then 1 else 0 end) as calls,
      sum(case when failed = 1 and known = 1 then 1 else 0 end) as failed,
      sum(input_tokens) as input, sum(output_tokens) as output, sum(cached_input_tokens) as cached,
      sum(cache_write_tokens) as written, sum(hour_cache_write_tokens) as hour_written,
      sum(cost_usd) as reported, count(cost_usd) as reported_calls,
      sum(case when counted = 1 then 1 else 0 end) as counted_calls,
      sum(case when counted = 1 then input_tokens end) as counted_input,
      sum(case when counted = 1 then output_tokens end) as counted_output,
      sum(case when counted = 1 then ${cachedColumn('costed')} end) as counted_cached,
      sum(case when counted = 1 then ${writtenColumn('costed')} end) as counted_written,
      sum(case when counted = 1 then ${hourWrittenColumn('costed')} end) as counted_hour_written,
      max(input_tokens) as prompt,
      sum(case when counted = 0 and cost_usd is null and (failed = 0 or known = 1) then 1 else 0 end)
        as uncounted,
      sum(bound_input_tokens) as bound_input, sum(bound_output_tokens) as bound_output,
      sum(bound_hour_cache_write_tokens) as bound_hour_written
    from (
      select paid.*, substr(created_at, 1, 7) as month, ${moment} as moment,
        ${tierColumn('input_tokens', tiers)} as tier,
        case when cost_usd is not null or input_tokens is not null or output_tokens is not null
          then 1 else 0 end as known,
        case when cost_usd is null and input_tokens is not null and output_tokens is not null
          then 1 else 0 end as counted
      from (${calls}) paid
    ) costed
    group by month, batch, tier, moment
    order by month, batch, tier, moment
  `.execute(store.db);
  return rows.map(toLedgerRow);
};

const columns = sql.raw(
  'created_at, input_tokens, output_tokens, cached_input_tokens, cache_write_tokens, hour_cache_write_tokens, cost_usd, bound_input_tokens, bound_output_tokens, bound_hour_cache_write_tokens',
);

/**
 * Selects every call of a side that may have cost something: answers, surplus answers and charged
 * attempts.
 */
const paidCalls = (comparisonId: string, side: Side, start: string) =>
  sql`
    select 0 as failed, batch, ${columns} from response
    where comparison_id = ${comparisonId} and side = ${side} and recorded = 0
      and reused = 0 and created_at >= ${start}
    union all
    select 0 as failed, batch, ${columns} from surplus_answer
    where comparison_id = ${comparisonId} and side = ${side} and created_at >= ${start}
    union all
    select 1 as failed, batch, ${columns} from attempt
    where comparison_id = ${comparisonId} and side = ${side} and reused = 0
      and created_at >= ${start}
      and (cost_usd is not null or input_tokens is not null or output_tokens is not null
        or bound_input_tokens is not null)
  `;

/** Selects every call to a judge that may have cost something. */
const judgeCalls = (comparisonId: string, judge: string, start: string) => sql`
  select case when failure is null then 0 else 1 end as failed, 0 as batch, ${columns}
  from judge_call
  where comparison_id = ${comparisonId} and judge = ${judge} and created_at >= ${start}
    and (failure is null or cost_usd is not null or input_tokens is not null
      or output_tokens is not null or bound_input_tokens is not null)
`;

/** The same calls without the answers of answered pairs and without attempts that are not known to be charged. */
const otherPaidCalls = (
  comparisonId: string,
  side: Side,
  { halfAnswered, scope }: { readonly halfAnswered: PairScope | null; readonly scope: PairScope },
) => {
  const answers = (of: PairScope) => sql`
    select 0 as failed, batch, ${columns} from response
    where comparison_id = ${comparisonId} and side = ${side} and recorded = 0
      and reused = 0 and ${within(of, 'response.capture_id')}
  `;
  const lone = (of: PairScope) => sql`
    union all
    ${answers(of)} and sample = 0 and capture_id in (
      select r.capture_id from response r
      where r.comparison_id = ${comparisonId} and r.sample = 0
        and ${of === 'incomplete' ? within(of, 'r.capture_id') : sql`1 = 1`}
      group by r.capture_id having count(*) = 1
    )
  `;
  return sql`
    ${answers(scope)} and sample > 0
    ${halfAnswered === null ? sql`` : lone(halfAnswered)}
    union all
    select 0 as failed, batch, ${columns} from surplus_answer
    where comparison_id = ${comparisonId} and side = ${side}
      and ${within(scope, 'surplus_answer.capture_id')}
    union all
    select 1 as failed, batch, ${columns} from attempt
    where comparison_id = ${comparisonId} and side = ${side} and reused = 0
      and ${within(scope, 'attempt.capture_id')}
      and (cost_usd is not null or input_tokens is not null or output_tokens is not null)
  `;
};

const toLedgerRow = (row: Readonly<Record<string, number | string | null>>): LedgerRow => {
  const number = (column: string): number => Number(row[column] ?? 0);
  return {
    month: String(row['month']),
    batch: number('batch') === 1,
    calls: number('calls'),
    failed: number('failed'),
    tokens: {
      input: number('input'),
      output: number('output'),
      cachedInput: number('cached'),
      cacheWrite: number('written'),
      hourCacheWrite: number('hour_written'),
    },
    reportedUsd: number('reported'),
    reportedCalls: number('reported_calls'),
    counted: {
      calls: number('counted_calls'),
      input: number('counted_input'),
      output: number('counted_output'),
      cachedInput: number('counted_cached'),
      cacheWrite: number('counted_written'),
      hourCacheWrite: number('counted_hour_written'),
    },
    promptTokens: number('prompt'),
    at: row['moment'] === null ? null : `${row['moment']}0:00Z`,
    uncounted: number('uncounted'),
    bound: {
      input: number('bound_input'),
      output: number('bound_output'),
      hourCacheWrite: number('bound_hour_written'),
    },
  };
};
