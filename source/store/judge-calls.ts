import { sql, type Transaction } from 'kysely';
import { sides, type Side, type Verdict } from '../comparison/outcome.ts';
import type { Answer, FailureReason, Usage } from '../models/answer.ts';
import { storable, storableOrNull } from './bodies.ts';
import type { Store } from './open.ts';
import type { Tables } from './tables.ts';
import { usageColumns } from './usage-columns.ts';
import { writeTogether } from './write-together.ts';

/** A judge: a model by its label, with a version of the prompt. */
export type JudgeKey = { readonly judge: string; readonly prompt: number };

/** A pair for a judge. */
export type JudgePair = JudgeKey & { readonly comparisonId: string; readonly captureId: string };

/** A call to a judge about a pair in one order. */
export type JudgeCall = JudgePair & {
  /** Ids order the calls; see `timeOrderedId`. */
  readonly id: string;
  /** The side whose answer came first. */
  readonly first: Side;
  /** Of the candidate against the baseline; null if it gave none. */
  readonly verdict: Verdict | null;
  /** The judge's words; without a verdict, why there is none. */
  readonly reason: string;
  /** Null if the call was answered. */
  readonly failure: FailureReason | null;
  /** What arrived; null if nothing did. */
  readonly answer: Answer | null;
  /** The most that the call can have used; null if it was not charged. */
  readonly bound: Usage | null;
  readonly totalMs: number | null;
  readonly providerRequestId: string | null;
  readonly at: string;
};

/** Saves a call. It is committed when the promise resolves. */
export const saveJudgeCall = (store: Store, call: JudgeCall): Promise<void> =>
  writeTogether(store, async (transaction) => {
    await transaction
      .insertInto('judge_call')
      .values({
        id: call.id,
        ...pairColumns(call),
        first_side: call.first,
        verdict: call.verdict,
        reason: storable(call.reason),
        failure: call.failure,
        ...usageColumns(call.answer, call.bound ?? undefined),
        total_ms: call.totalMs,
        provider_request_id: storableOrNull(call.providerRequestId),
        created_at: call.at,
      })
      .execute();
  });

const pairColumns = ({ captureId, comparisonId, judge, prompt }: JudgePair) => ({
  comparison_id: comparisonId,
  capture_id: captureId,
  judge: storable(judge),
  prompt,
});

/**
 * Claims a pair for a run, which must be in the store. Returns the orders, by the side whose answer comes first,
 * that lack the judge's answer; none if it has both; `taken` if another run has the pair.
 */
export const claimForJudge = async (
  store: Store,
  claimantId: string,
  pair: JudgePair,
): Promise<readonly Side[] | 'taken'> => {
  let result: readonly Side[] | 'taken' = [];
  await writeTogether(store, async (transaction) => {
    const { numInsertedOrUpdatedRows } = await transaction
      .insertInto('judge_claim')
      .values({ ...pairColumns(pair), claimant_id: claimantId })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirstOrThrow();
    const isClaimed = numInsertedOrUpdatedRows === 1n;
    const missing = isClaimed ? await missingOrders(transaction, pair) : 'taken';
    if (missing.length === 0) await deleteJudgeClaim(transaction, claimantId, pair);
    result = missing;
  });
  return result;
};

const missingOrders = async (
  transaction: Transaction<Tables>,
  pair: JudgePair,
): Promise<readonly Side[]> => {
  const rows = await transaction
    .selectFrom('judge_call')
    .select('first_side')
    .distinct()
    .where('comparison_id', '=', pair.comparisonId)
    .where('capture_id', '=', pair.captureId)
    .where('judge', '=', storable(pair.judge))
    .where('prompt', '=', pair.prompt)
    .where('failure', 'is', null)
    .execute();
  const there = new Set(rows.map(({ first_side: first }) => first));
  return sides.filter((side) => !there.has(side));
};

/** Releases a run's claim on a pair. */
export const releaseForJudge = (store: Store, claimantId: string, pair: JudgePair): Promise<void> =>
  writeTogether(store, (transaction) => deleteJudgeClaim(transaction, claimantId, pair));

const deleteJudgeClaim = async (
  transaction: Transaction<Tables>,
  claimantId: string,
  { captureId, comparisonId, judge, prompt }: JudgePair,
): Promise<void> => {
  await transaction
    .deleteFrom('judge_claim')
    .where('comparison_id', '=', comparisonId)
    .where('capture_id', '=', captureId)
    .where('judge', '=', storable(judge))
    .where('prompt', '=', prompt)
    .where('claimant_id', '=', claimantId)
    .execute();
};

/** The pairs `p` that neither the machine nor a rule has settled. */
const isForJudge = sql`p.outcome = 'different' and p.settled_by is null`;

/** The number of answers that a judge has given to a pair `p`, at most one for each order. */
const ordersJudged = ({ judge, prompt }: JudgeKey) => sql<number>`(
  select count(distinct j.first_side) from judge_call j
  where j.comparison_id = p.comparison_id and j.capture_id = p.capture_id
    and j.judge = ${storable(judge)} and j.prompt = ${prompt} and j.failure is null
)`;

/** Counts the pairs for a judge, those that it has judged, and the calls that are missing. */
export const countForJudge = async (
  store: Store,
  comparisonId: string,
  key: JudgeKey,
): Promise<{ readonly pairs: number; readonly judged: number; readonly missing: number }> => {
  const { rows } = await sql<Readonly<Record<'pairs' | 'judged' | 'orders', number | null>>>`
    select count(*) as pairs, sum(case when orders = 2 then 1 else 0 end) as judged,
      sum(orders) as orders
    from (
      select ${ordersJudged(key)} as orders
      from pair p
      where p.comparison_id = ${comparisonId} and ${isForJudge}
    ) of_pair
  `.execute(store.db);
  const pairs = Number(rows[0]?.pairs ?? 0);
  return {
    pairs,
    judged: Number(rows[0]?.judged ?? 0),
    missing: 2 * pairs - Number(rows[0]?.orders ?? 0),
  };
};

/** Lists the pairs, in queue order after a position, that lack an answer of a judge. */
export const listForJudge = async (
  store: Store,
  comparisonId: string,
  key: JudgeKey,
  part: { readonly after: string; readonly limit: number },
): Promise<readonly { readonly captureId: string; readonly position: string }[]> => {
  const { rows } = await sql<{ readonly captureId: string; readonly position: string }>`
    select p.capture_id as "captureId", p.position
    from pair p
    where p.comparison_id = ${comparisonId} and p.position > ${part.after} and ${isForJudge}
      and ${ordersJudged(key)} < 2
    order by p.position
    limit ${part.limit}
  `.execute(store.db);
  return rows;
};

/** What a judge says of a pair that it was given in both orders. */
export type Judgement = JudgeKey & {
  readonly captureId: string;
  /** `undecided` unless the verdict is the same in both orders. */
  readonly verdict: Verdict | 'undecided';
  /** Its verdict and reason in each order, by the side whose answer came first. */
  readonly orders: Readonly<
    Record<Side, { readonly verdict: Verdict | null; readonly reason: string }>
  >;
  readonly at: string;
};

/** Lists what judges say of the pairs of a comparison, or of one of them. */
export const listJudgements = async (
  store: Store,
  comparisonId: string,
  captureId: string | null = null,
): Promise<readonly Judgement[]> => {
  const query = store.db
    .selectFrom('judgement')
    .selectAll()
    .where('comparison_id', '=', comparisonId)
    .orderBy('judge')
    .orderBy('prompt');
  const rows = await (
    captureId === null ? query : query.where('capture_id', '=', captureId)
  ).execute();
  return rows.map((row) => ({
    captureId: row.capture_id,
    judge: row.judge,
    prompt: row.prompt,
    verdict: row.verdict,
    orders: {
      baseline: { verdict: row.baseline_first, reason: row.baseline_first_reason },
      candidate: { verdict: row.candidate_first, reason: row.candidate_first_reason },
    },
    at: row.judged_at,
  }));
};

/** Whether a comparison was put to any judge. */
export const hasJudge = async (store: Store, comparisonId: string): Promise<boolean> => {
  const row = await store.db
    .selectFrom('judge_call')
    .select('id')
    .where('comparison_id', '=', comparisonId)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
};

/**
 * Lists the pairs of a comparison with a verdict that its reviewer changed or took back,
 * with the latest time of that. A reviewer who changes a verdict may have seen the judge's before.
 */
export const listChangedVerdicts = async (
  store: Store,
  comparisonId: string,
): Promise<ReadonlyMap<string, string>> => {
  const { rows } = await sql<{ readonly captureId: string; readonly changedAt: string }>`
    select e.capture_id as "captureId", max(e.created_at) as "changedAt"
    from verdict_event e
    where e.comparison_id = ${comparisonId} and e.kind in ('verdict', 'undo')
      and exists (
        select 1 from verdict_event f
        where f.comparison_id = e.comparison_id and f.capture_id = e.capture_id
          and f.reviewer = e.reviewer and f.kind = 'verdict' and f.id < e.id
      )
    group by e.capture_id
  `.execute(store.db);
  return new Map(rows.map(({ captureId, changedAt }) => [captureId, changedAt]));
};
