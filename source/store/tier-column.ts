import { sql, type RawBuilder } from 'kysely';

/**
 * SQL for the number of the tier that a prompt of so many tokens is in, from 0. `tiers` are the
 * lengths above which the next one begins, the shortest first.
 */
export const tierColumn = (column: string, tiers: readonly number[]): RawBuilder<number> => {
  if (tiers.length === 0) return sql`0`;
  const cases = tiers.map(
    (above, tier) => sql`when coalesce(${sql.ref(column)}, 0) <= ${above} then ${sql.lit(tier)}`,
  );
  return sql`case ${sql.join(cases, sql` `)} else ${sql.lit(tiers.length)} end`;
};
