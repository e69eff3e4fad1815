import type { Insertable, Transaction } from 'kysely';
import {
  isUnbilled,
  type Answer,
  type Failure,
  type Timings,
  type Usage,
} from '../models/answer.ts';
import { encodeBody, saveBody, storable, storableOrNull } from './bodies.ts';
import type { Store } from './open.ts';
import type { SideKey } from './responses.ts';
import type { Tables } from './tables.ts';
import { timingColumns, usageColumns } from './usage-columns.ts';
import { writeTogether } from './write-together.ts';

/** A failed attempt to store. */
export type NewAttempt = SideKey & {
  readonly failure: Failure;
  /** The part of the answer that arrived before the attempt failed. */
  readonly partial: Answer | null;
  /** The most that the attempt can have cost. Stored if the provider reported no usage. */
  readonly bound?: Usage;
  readonly timings: Timings;
  readonly providerRequestId: string | null;
  /** Whether this run makes no further attempt: the side has failed. */
  readonly final: boolean;
  /** Whether it was a line of a batch; default false. */
  readonly batch?: boolean;
  /** Made for another comparison with the same baseline, which counts its cost; default false. */
  readonly reused?: boolean;
  readonly at: string;
};

/** An attempt that is saved for several comparisons. */
type SharedAttempt = Omit<NewAttempt, 'comparisonId'>;

/** Appends a failed attempt to its side. Attempts are numbered from 1. */
export const saveAttempt = (store: Store, attempt: NewAttempt): Promise<void> =>
  saveAttempts(store, [attempt.comparisonId], attempt);

/**
 * Saves an attempt like `saveAttempt`, but for several comparisons. The partial answer is stored
 * once, and the first comparison counts the cost.
 */
export const saveAttempts = (
  store: Store,
  comparisonIds: readonly string[],
  attempt: SharedAttempt,
): Promise<void> =>
  writeTogether(store, (transaction) => insertAttempts(transaction, comparisonIds, attempt));

/** Saves attempts like `saveAttempts`, within a transaction that writes more. */
export const insertAttempts = async (
  transaction: Transaction<Tables>,
  comparisonIds: readonly string[],
  attempt: SharedAttempt,
): Promise<void> => {
  const { partial } = attempt;
  const body = partial === null ? null : await saveBody(transaction, encodeBody(partial));
  for (const [index, comparisonId] of comparisonIds.entries()) {
    const key = { ...attempt, comparisonId, reused: attempt.reused ?? index > 0 };
    const number = (await lastNumber(transaction, key)) + 1;
    const row = attemptRow(key, number, body);
    await transaction.insertInto('attempt').values(row).execute();
  }
};

/** Returns the number of a side's last attempt; 0 if it has none. */
const lastNumber = async (transaction: Transaction<Tables>, key: SideKey): Promise<number> => {
  const { last } = await transaction
    .selectFrom('attempt')
    .select((e) => e.fn.max('number').as('last'))
    .where('comparison_id', '=', key.comparisonId)
    .where('capture_id', '=', key.captureId)
    .where('side', '=', key.side)
    .where('sample', '=', key.sample ?? 0)
    .executeTakeFirstOrThrow();
  return Number(last ?? 0);
};

const attemptRow = (
  attempt: NewAttempt,
  number: number,
  partialBody: number | null,
): Insertable<Tables['attempt']> => {
  const { failure } = attempt;
  const bound = isUnbilled(failure) ? undefined : attempt.bound;
  return {
    comparison_id: attempt.comparisonId,
    capture_id: attempt.captureId,
    side: attempt.side,
    sample: attempt.sample ?? 0,
    number,
    reason: failure.reason,
    message: storable(failure.message),
    status: failure.status,
    retry_after_ms: failure.retryAfterMs,
    parameter: storableOrNull(failure.parameter),
    partial_body: partialBody,
    ...usageColumns(attempt.partial, bound),
    ...timingColumns(attempt.timings),
    provider_request_id: storableOrNull(attempt.providerRequestId),
    batch: Number(attempt.batch ?? false),
    reused: Number(attempt.reused ?? false),
    final: Number(attempt.final),
    created_at: attempt.at,
  };
};
