import { chatRequestOf } from '../../traffic/chat-request.ts';
import type { Dialect } from '../../traffic/dialects/dialect.ts';
import { sql, type Transaction } from 'kysely';
import { sides, type Badge, type PairComparison } from '../../comparison/outcome.ts';
import { storedAnswer, type Answer } from '../../models/answer.ts';
import { parseJsonObject, type JsonObject } from '../../text/json.ts';
import { compiledOnce } from '../compiled-queries.ts';
import type { Store } from '../open.ts';
import type { Tables } from '../tables.ts';
import { writeTogether } from '../write-together.ts';
import { rulesInForce, settledOutcome } from './stored-rules.ts';

/**
 * Stores the machine's result for a pair. `rules` is the version of the comparison rules. Resolves to the
 * outcome that follows from it and the rules of the comparison.
 */
export const saveOutcome = async (
  store: Store,
  outcome: {
    readonly comparisonId: string;
    readonly captureId: string;
    readonly rules: number;
    readonly comparison: PairComparison;
  },
): Promise<{ readonly outcome: PairComparison['outcome']; readonly byRule: boolean }> => {
  const { captureId, comparison, comparisonId, rules } = outcome;
  const details = JSON.stringify(comparison);
  let stored = { outcome: comparison.outcome, byRule: false };
  await writeTogether(store, async (transaction) => {
    const settled = await settle(transaction, outcome);
    const { settledBy } = settled;
    const row = [comparisonId, captureId, rules, settled.outcome, details, settledBy];
    const found = [isUnusable(comparison) ? 1 : 0, comparison.calls ?? null];
    await upsertOutcome(transaction, [...row, ...found]);
    stored = { outcome: settled.outcome, byRule: settledBy !== null };
  });
  return stored;
};

/** Returns the outcome under the rules in force at this moment. */
const settle = async (
  transaction: Transaction<Tables>,
  pair: Pick<Parameters<typeof saveOutcome>[1], 'captureId' | 'comparison' | 'comparisonId'>,
): Promise<ReturnType<typeof settledOutcome>> => {
  const { captureId, comparison, comparisonId } = pair;
  const rules =
    comparison.outcome === 'different' ? await rulesInForce(transaction, comparisonId) : [];
  if (rules.length === 0) return { outcome: comparison.outcome, settledBy: null };
  const { endpoint } = await transaction
    .selectFrom('capture')
    .select('endpoint')
    .where('id', '=', captureId)
    .executeTakeFirstOrThrow();
  return settledOutcome(endpoint, comparison, rules);
};

const upsertOutcome = compiledOnce((db) =>
  db
    .insertInto('outcome')
    .values({
      comparison_id: '',
      capture_id: '',
      rules: 0,
      outcome: 'identical',
      details: '',
      settled_by: '',
      unusable: 0,
      tool_calls: null,
    })
    .onConflict((conflict) =>
      conflict.columns(['comparison_id', 'capture_id']).doUpdateSet((e) => ({
        rules: e.ref('excluded.rules'),
        outcome: e.ref('excluded.outcome'),
        details: e.ref('excluded.details'),
        settled_by: e.ref('excluded.settled_by'),
        unusable: e.ref('excluded.unusable'),
        tool_calls: e.ref('excluded.tool_calls'),
      })),
    )
    .compile(),
);

/** The badges of an answer that no program and no reader can use. */
const unusableBadges: Readonly<Record<Badge, true>> = {
  json_invalid: true,
  truncated: true,
  refusal: true,
  empty: true,
  content_filter: true,
};

const isUnusable = ({ badges }: PairComparison): boolean =>
  sides.every((side) => badges[side].some((badge) => Object.hasOwn(unusableBadges, badge)));

/** Two answers that have not been compared, with their request. */
export type UncomparedAnswers = {
  readonly captureId: string;
  /** In the words of chat completions. */
  readonly request: JsonObject;
  readonly baseline: Answer;
  readonly candidate: Answer;
};

/** The number of pairs per page. Their texts are in memory together. */
const pageSize = 32;

/**
 * Yields pages of the pairs with two answers but no outcome by rules of this version, ordered by
 * capture id. Such pairs exist if the program was killed before it compared them, or is newer than
 * the store.
 */
export async function* uncomparedAnswers(
  store: Store,
  comparisonId: string,
  rules: number,
): AsyncGenerator<readonly UncomparedAnswers[], void, undefined> {
  let after = '';
  for (;;) {
    const { rows } = await sql<{
      readonly capture_id: string;
      readonly dialect: Dialect;
      readonly model: string | null;
      readonly request: string;
      readonly baseline: string;
      readonly candidate: string;
    }>`
      select b.capture_id, t.dialect, t.model, r.text as request, tb.text as baseline, tc.text as candidate
      from ${pairsWithOutcome(rules)}
      join capture t on t.id = b.capture_id
      join body r on r.number = t.request_body
      join body tb on tb.number = b.answer_body
      join body tc on tc.number = c.answer_body
      where ${isUncompared(comparisonId)} and b.capture_id > ${after}
      order by b.capture_id
      limit ${pageSize}
    `.execute(store.db);
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows.map((row) => ({
      captureId: row.capture_id,
      request: chatRequestOf({
        dialect: row.dialect,
        model: row.model,
        request: parseJsonObject(row.request),
      }),
      baseline: storedAnswer(parseJsonObject(row.baseline)),
      candidate: storedAnswer(parseJsonObject(row.candidate)),
    }));
    after = last.capture_id;
  }
}

/**
 * Joins both answers of each pair as `b` and `c`, and its outcome by rules of this version as `o`.
 */
const pairsWithOutcome = (rules: number) => sql`
  response b
  join response c
    on c.comparison_id = b.comparison_id and c.capture_id = b.capture_id
    and c.side = 'candidate' and c.sample = 0
  left join outcome o
    on o.comparison_id = b.comparison_id and o.capture_id = b.capture_id and o.rules = ${rules}
`;

const isUncompared = (comparisonId: string) => sql`
  b.comparison_id = ${comparisonId} and b.side = 'baseline' and b.sample = 0
  and o.capture_id is null
`;

/** Whether a pair was compared by rules of another version. */
export const hasOlderOutcome = async (
  { db }: Store,
  comparisonId: string,
  rules: number,
): Promise<boolean> => {
  const row = await db
    .selectFrom('outcome')
    .select('capture_id')
    .where('comparison_id', '=', comparisonId)
    .where('rules', '<>', rules)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
};
