import type { Transaction } from 'kysely';
import type { PairComparison, Side } from '../comparison/outcome.ts';
import type { Answer, Failure, Timings, Usage } from '../models/answer.ts';
import type { Adaptation } from '../models/model.ts';
import { endClaim } from './claims.ts';
import { bodyOf, deleteBody, saveBody, storable } from './database/bodies.ts';
import { compiledOnce } from './database/compiled-once.ts';
import { insertOnce } from './database/insert-once.ts';
import type { Schema } from './database/schema.ts';
import type { Store } from './open.ts';
import { writeTogether } from './database/write-together.ts';

/** One side of a pair; `sample` numbers repeated answers from 0, which is the default. */
export type SideKey = {
  readonly comparisonId: string;
  readonly captureId: string;
  readonly side: Side;
  readonly sample?: number;
};

export type NewResponse = SideKey & {
  readonly answer: Answer;
  readonly timings: Timings;
  readonly adaptations: readonly Adaptation[];
  /** So many placeholders of the request had their values put back when it was sent; default 0. */
  readonly originals?: number;
  /** Taken from the recording: no call was made. */
  readonly recorded: boolean;
  /** Answered in a batch, at the price of batches; default false. */
  readonly batch?: boolean;
  /** Made for another comparison with the same baseline, and counted there; default false. */
  readonly reused?: boolean;
  /** The most that the call can have used; kept where the provider counted nothing. */
  readonly bound?: Usage;
  readonly providerRequestId: string | null;
  readonly at: string;
};

/** A try that failed. */
export type NewAttempt = SideKey & {
  readonly failure: Failure;
  /** What had come before it failed. */
  readonly partial: Answer | null;
  /** The most that it can have been charged for; kept where the provider counted nothing. */
  readonly bound?: Usage;
  readonly timings: Timings;
  readonly providerRequestId: string | null;
  /** No further try was made in this run: the side has failed. */
  readonly final: boolean;
  /** It was a line of a batch; default false. */
  readonly batch?: boolean;
  /** Made for another comparison with the same baseline, and counted there; default false. */
  readonly reused?: boolean;
  readonly at: string;
};

/** What is saved for several comparisons, of which it names none. */
type Shared<Saved extends SideKey> = Omit<Saved, 'comparisonId'>;

const insertResponse = insertOnce('response');

/**
 * Saves an answer; it is committed when this resolves. False when the side has one already: that
 * one stays as it is.
 */
export const saveResponse = async (store: Store, response: NewResponse): Promise<boolean> =>
  (await saveResponses(store, [response.comparisonId], response))[0] ?? false;

/**
 * `saveResponse` for several comparisons, one result for each. The text is stored once; an answer that
 * was paid for counts as reused in all but the first that it is new in. Where it is new in none, what
 * it cost is kept for the ledger.
 */
export const saveResponses = async (
  store: Store,
  comparisonIds: readonly string[],
  response: Shared<NewResponse>,
): Promise<readonly boolean[]> => {
  let areNew: readonly boolean[] = [];
  await writeTogether(store, async (transaction) => {
    areNew = await insertAnswers(transaction, comparisonIds, response);
  });
  return areNew;
};

/** `saveResponses` within a transaction that writes more than the answer. */
export const insertAnswers = async (
  transaction: Transaction<Schema>,
  comparisonIds: readonly string[],
  response: Shared<NewResponse>,
): Promise<readonly boolean[]> => {
  const { answer, recorded, timings } = response;
  const body = await saveBody(transaction, bodyOf(answer));
  const { captureId, sample = 0, side } = response;
  const areNew: boolean[] = [];
  let isBooked = recorded || response.reused === true;
  for (const comparisonId of comparisonIds) {
    const isNew = await insertResponse(transaction, {
      comparison_id: comparisonId,
      capture_id: captureId,
      side,
      sample,
      answer_body: body,
      finish_reason: answer.finishReason === null ? null : storable(answer.finishReason),
      model: answer.model === null ? null : storable(answer.model),
      ...useColumns(answer, response.bound),
      ...timingColumns(timings),
      recorded: Number(recorded),
      batch: Number(response.batch ?? false),
      reused: Number(isBooked && !recorded),
      adaptations: JSON.stringify(response.adaptations),
      originals: response.originals ?? 0,
      provider_request_id:
        response.providerRequestId === null ? null : storable(response.providerRequestId),
      created_at: response.at,
    });
    areNew.push(isNew);
    isBooked ||= isNew;
    await endClaim(transaction, { captureId, side, sample, comparisonId });
  }
  const [first] = comparisonIds;
  if (!isBooked && first !== undefined) await insertSurplus(transaction, first, response);
  if (!areNew.includes(true)) await deleteBody(transaction, body);
  return areNew;
};

/** Keeps for the ledger what an answer cost that no comparison needed any more. */
const insertSurplus = async (
  transaction: Transaction<Schema>,
  comparisonId: string,
  response: Shared<NewResponse>,
): Promise<void> => {
  await transaction
    .insertInto('surplus_answer')
    .values({
      comparison_id: comparisonId,
      capture_id: response.captureId,
      side: response.side,
      sample: response.sample ?? 0,
      ...useColumns(response.answer, response.bound),
      batch: Number(response.batch ?? false),
      provider_request_id:
        response.providerRequestId === null ? null : storable(response.providerRequestId),
      created_at: response.at,
    })
    .execute();
};

/** Appends a failed try to its side; tries are numbered from 1. */
export const saveAttempt = (store: Store, attempt: NewAttempt): Promise<void> =>
  saveAttempts(store, [attempt.comparisonId], attempt);

/** `saveAttempt` for several comparisons; what had come is stored once, and the first one counts the try. */
export const saveAttempts = (
  store: Store,
  comparisonIds: readonly string[],
  attempt: Shared<NewAttempt>,
): Promise<void> =>
  writeTogether(store, (transaction) => insertAttempts(transaction, comparisonIds, attempt));

/** `saveAttempts` within a transaction that writes more than the try. */
export const insertAttempts = async (
  transaction: Transaction<Schema>,
  comparisonIds: readonly string[],
  attempt: Shared<NewAttempt>,
): Promise<void> => {
  const { failure, timings } = attempt;
  const partial =
    attempt.partial === null ? null : await saveBody(transaction, bodyOf(attempt.partial));
  for (const [index, comparisonId] of comparisonIds.entries()) {
    const { last } = await transaction
      .selectFrom('attempt')
      .select((e) => e.fn.max('number').as('last'))
      .where('comparison_id', '=', comparisonId)
      .where('capture_id', '=', attempt.captureId)
      .where('side', '=', attempt.side)
      .where('sample', '=', attempt.sample ?? 0)
      .executeTakeFirstOrThrow();
    await transaction
      .insertInto('attempt')
      .values({
        comparison_id: comparisonId,
        capture_id: attempt.captureId,
        side: attempt.side,
        sample: attempt.sample ?? 0,
        number: Number(last ?? 0) + 1,
        reason: failure.reason,
        message: storable(failure.message),
        status: failure.status,
        retry_after_ms: failure.retryAfterMs,
        parameter: failure.parameter === null ? null : storable(failure.parameter),
        partial_body: partial,
        // Nobody bills for an HTTP error.
        ...useColumns(attempt.partial, (failure.status ?? 0) >= 400 ? undefined : attempt.bound),
        ...timingColumns(timings),
        provider_request_id:
          attempt.providerRequestId === null ? null : storable(attempt.providerRequestId),
        batch: Number(attempt.batch ?? false),
        reused: Number(attempt.reused ?? index > 0),
        final: Number(attempt.final),
        created_at: attempt.at,
      })
      .execute();
  }
};

/** Keeps why an answer was not asked for; the latest reason stands. */
export const saveNotSent = async (
  store: Store,
  notSent: SideKey & { readonly reason: string; readonly at: string },
): Promise<void> => {
  const changing = { reason: storable(notSent.reason), created_at: notSent.at };
  await writeTogether(store, async (transaction) => {
    await transaction
      .insertInto('not_sent')
      .values({
        comparison_id: notSent.comparisonId,
        capture_id: notSent.captureId,
        side: notSent.side,
        sample: notSent.sample ?? 0,
        ...changing,
      })
      .onConflict((conflict) =>
        conflict.columns(['comparison_id', 'capture_id', 'side', 'sample']).doUpdateSet(changing),
      )
      .execute();
  });
};

/** Keeps what the machine says of a pair; `rules` is the number of the comparison rules it used. */
export const saveOutcome = async (
  store: Store,
  outcome: {
    readonly comparisonId: string;
    readonly captureId: string;
    readonly rules: number;
    readonly comparison: PairComparison;
  },
): Promise<void> => {
  const { captureId, comparison, comparisonId, rules } = outcome;
  const details = JSON.stringify(comparison);
  await writeTogether(store, async (transaction) => {
    await upsertOutcome(transaction, [comparisonId, captureId, rules, comparison.outcome, details]);
  });
};

const upsertOutcome = compiledOnce((db) =>
  db
    .insertInto('outcome')
    .values({ comparison_id: '', capture_id: '', rules: 0, outcome: 'identical', details: '' })
    .onConflict((conflict) =>
      conflict.columns(['comparison_id', 'capture_id']).doUpdateSet((e) => ({
        rules: e.ref('excluded.rules'),
        outcome: e.ref('excluded.outcome'),
        details: e.ref('excluded.details'),
      })),
    )
    .compile(),
);

const useColumns = (answer: Answer | null, bound: Usage | undefined) => {
  const usage = answer?.usage ?? null;
  const cost = answer?.cost ?? null;
  const counted =
    cost !== null || (usage !== null && usage.input !== null && usage.output !== null);
  const atMost = counted || (bound?.input === 0 && bound.output === 0) ? undefined : bound;
  return {
    input_tokens: usage?.input ?? null,
    output_tokens: usage?.output ?? null,
    cached_input_tokens: usage?.cachedInput ?? null,
    reasoning_tokens: usage?.reasoning ?? null,
    cost_usd: cost,
    bound_input_tokens: atMost?.input ?? null,
    bound_output_tokens: atMost?.output ?? null,
  };
};

const timingColumns = (timings: Timings) => ({
  queue_ms: timings.queueMs,
  time_to_first_token_ms: timings.timeToFirstTokenMs,
  total_ms: timings.totalMs,
});
