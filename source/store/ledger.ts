import { sql } from 'kysely';
import { sides, type Side } from '../comparison/outcome.ts';
import { listComparisons } from './comparisons/comparisons.ts';
import type { Store } from './open.ts';
import { tierColumn } from './tier-column.ts';

/** Tokens, summed. */
type Tokens = { readonly input: number; readonly output: number; readonly cachedInput: number };

/**
 * Calls of one month, comparison and side that went to a model for money, at one tier of its price:
 * answers that neither came from a recording nor were given before (those included that came for a
 * side which had one), and failed tries that were charged for as far as is known.
 */
export type LedgerEntry = {
  /** `2026-11`, in UTC. */
  readonly month: string;
  readonly comparison: { readonly id: string; readonly name: string };
  readonly side: Side;
  /** The model's label. */
  readonly model: string;
  /** Answered in batches, at the price of batches. */
  readonly batch: boolean;
  /** Answers and charged tries. */
  readonly calls: number;
  /** Of `calls`, failed tries. */
  readonly failed: number;
  readonly tokens: Tokens;
  /** USD, where the provider said it, and of how many calls. */
  readonly said: number;
  readonly saidCalls: number;
  /** The tokens of the other calls that were counted, and how many those are. */
  readonly counted: Tokens & { readonly calls: number };
  /** The input of the longest call. */
  readonly promptTokens: number;
  /** Calls of which nobody knows what they cost. */
  readonly uncounted: number;
  /** The most that they and the failed tries without a count can have used. */
  readonly bound: Omit<Tokens, 'cachedInput'>;
};

/**
 * The ledger: what was paid for in all comparisons of the store since a time (ISO 8601 in UTC; empty:
 * ever). `tiersOf` says at which lengths of a prompt, in tokens, a model's price changes.
 */
export const ledger = async (
  store: Store,
  options: { readonly since: string; readonly tiersOf: (model: string) => readonly number[] },
): Promise<readonly LedgerEntry[]> => {
  const entries: LedgerEntry[] = [];
  for (const { id, name, ...labels } of await listComparisons(store)) {
    for (const side of sides) {
      const model = labels[side];
      const rows = await entriesOf(store, id, side, options.since, options.tiersOf(model));
      entries.push(...rows.map((row) => ({ ...row, comparison: { id, name }, side, model })));
    }
  }
  return entries.toSorted((a, b) => (a.month < b.month ? -1 : a.month > b.month ? 1 : 0));
};

/**
 * The most that the batches can cost that a provider has and that have not come back, USD; those of
 * some comparisons are left out.
 */
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

const entriesOf = async (
  store: Store,
  comparisonId: string,
  side: Side,
  since: string,
  tiers: readonly number[],
): Promise<readonly Omit<LedgerEntry, 'comparison' | 'side' | 'model'>[]> => {
  const columns = sql.raw(
    'created_at, input_tokens, output_tokens, cached_input_tokens, cost_usd, bound_input_tokens, bound_output_tokens',
  );
  const { rows } = await sql<Readonly<Record<string, number | string | null>>>`
    select month, batch,
      sum(case when failed = 0 or known = 1 then 1 else 0 end) as calls,
      sum(case when failed = 1 and known = 1 then 1 else 0 end) as failed,
      sum(input_tokens) as input, sum(output_tokens) as output, sum(cached_input_tokens) as cached,
      sum(cost_usd) as said, count(cost_usd) as said_calls,
      sum(case when counted = 1 then 1 else 0 end) as counted_calls,
      sum(case when counted = 1 then input_tokens end) as counted_input,
      sum(case when counted = 1 then output_tokens end) as counted_output,
      sum(case when counted = 0 then null when cached_input_tokens > input_tokens then input_tokens
        else cached_input_tokens end) as counted_cached,
      max(input_tokens) as prompt,
      sum(case when failed = 0 and counted = 0 and cost_usd is null then 1 else 0 end) as uncounted,
      sum(bound_input_tokens) as bound_input, sum(bound_output_tokens) as bound_output
    from (
      select call.*, substr(created_at, 1, 7) as month,
        ${tierColumn('input_tokens', tiers)} as tier,
        case when cost_usd is not null or input_tokens is not null or output_tokens is not null
          then 1 else 0 end as known,
        case when cost_usd is null and input_tokens is not null and output_tokens is not null
          then 1 else 0 end as counted
      from (
        select 0 as failed, batch, ${columns} from response
        where comparison_id = ${comparisonId} and side = ${side} and recorded = 0
          and reused = 0 and created_at >= ${since}
        union all
        select 0 as failed, batch, ${columns} from surplus_answer
        where comparison_id = ${comparisonId} and side = ${side} and created_at >= ${since}
        union all
        select 1 as failed, batch, ${columns} from attempt
        where comparison_id = ${comparisonId} and side = ${side} and reused = 0
          and created_at >= ${since}
          and (cost_usd is not null or input_tokens is not null or output_tokens is not null
            or bound_input_tokens is not null)
      ) call
    ) costed
    group by month, batch, tier
    order by month, batch, tier
  `.execute(store.db);
  return rows.map((row) => {
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
      },
      said: number('said'),
      saidCalls: number('said_calls'),
      counted: {
        calls: number('counted_calls'),
        input: number('counted_input'),
        output: number('counted_output'),
        cachedInput: number('counted_cached'),
      },
      promptTokens: number('prompt'),
      uncounted: number('uncounted'),
      bound: { input: number('bound_input'), output: number('bound_output') },
    };
  });
};
