import { type RawBuilder, sql } from 'kysely';
import type { Answer, Timings, Usage } from '../models/answer.ts';

/**
 * Returns the columns for the usage of a call. `bound` is the most that it can have used; it is
 * stored only if the provider reported neither a cost nor all token counts.
 */
export const usageColumns = (answer: Answer | null, bound: Usage | undefined) => {
  const usage = answer?.usage ?? null;
  const cost = answer?.cost ?? null;
  const isCounted =
    cost !== null || (usage !== null && usage.input !== null && usage.output !== null);
  const atMost = isCounted || (bound?.input === 0 && bound.output === 0) ? undefined : bound;
  return {
    input_tokens: usage?.input ?? null,
    output_tokens: usage?.output ?? null,
    cached_input_tokens: usage?.cachedInput ?? null,
    cache_write_tokens: usage?.cacheWrite ?? null,
    hour_cache_write_tokens: usage?.hourCacheWrite ?? null,
    reasoning_tokens: usage?.reasoning ?? null,
    cost_usd: cost,
    bound_input_tokens: atMost?.input ?? null,
    bound_output_tokens: atMost?.output ?? null,
    bound_hour_cache_write_tokens: atMost?.hourCacheWrite ?? null,
  };
};

/** Returns the columns for the durations of a call. */
export const timingColumns = (timings: Timings) => ({
  queue_ms: timings.queueMs,
  time_to_first_token_ms: timings.timeToFirstTokenMs,
  total_ms: timings.totalMs,
});

/**
 * Returns SQL for the price tier, from 0, of a prompt whose tokens are in a column. `tiers` are the
 * lengths above which the next tier begins, ascending.
 */
export const tierColumn = (column: string, tiers: readonly number[]): RawBuilder<number> => {
  if (tiers.length === 0) return sql`0`;
  const cases = tiers.map(
    (above, tier) => sql`when coalesce(${sql.ref(column)}, 0) <= ${above} then ${sql.lit(tier)}`,
  );
  return sql`case ${sql.join(cases, sql` `)} else ${sql.lit(tiers.length)} end`;
};

/**
 * Returns SQL for the input tokens of a call that were read from a cache. `table` has the columns of usage. A
 * prompt cannot have more of them than tokens.
 */
export const cachedColumn = (table: string): RawBuilder<number | null> => {
  const [input, cached] = [
    sql.ref(`${table}.input_tokens`),
    sql.ref(`${table}.cached_input_tokens`),
  ];
  return sql`case when ${cached} > ${input} then ${input} else ${cached} end`;
};

/** Returns SQL for the input tokens of a call that were written to a cache: at most those not read from one. */
export const writtenColumn = (table: string): RawBuilder<number | null> => {
  const written = sql.ref(`${table}.cache_write_tokens`);
  const others = sql`${sql.ref(`${table}.input_tokens`)} - coalesce(${cachedColumn(table)}, 0)`;
  return sql`case when ${written} > ${others} then ${others} else ${written} end`;
};

/** Returns SQL for the input tokens of a call that were written to a cache for an hour: at most all that were written. */
export const hourWrittenColumn = (table: string): RawBuilder<number | null> => {
  const hour = sql.ref(`${table}.hour_cache_write_tokens`);
  const written = sql`coalesce(${writtenColumn(table)}, 0)`;
  return sql`case when ${hour} > ${written} then ${written} else ${hour} end`;
};
