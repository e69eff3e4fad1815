import type { Transaction } from 'kysely';
import type { Schema } from '../database/schema.ts';
import type { Store } from '../open.ts';
import {
  insertAnswers,
  insertAttempts,
  type NewAttempt,
  type NewResponse,
  type SideKey,
} from '../responses.ts';
import { insertNotSent } from './not-sent.ts';

/** What came of a line. `notSent`: it failed, and why it waits for the next batch. */
export type BatchSettlement =
  | { readonly line: number; readonly response: NewResponse }
  | { readonly line: number; readonly attempt: NewAttempt; readonly notSent: string | null };

/**
 * Stores what came of lines, all of it in one transaction with the marks that say so: whenever the
 * program is killed, a line is settled once or not at all. A side that has an answer keeps it.
 * `serves`: further comparisons of which the same is true, wherever they select the capture and lack
 * the answer; there it counts as reused, since it was paid for once.
 */
export const settleBatchLines = async (
  store: Store,
  jobId: string,
  settlements: readonly BatchSettlement[],
  serves: readonly string[] = [],
): Promise<void> => {
  await store.db.transaction().execute(async (transaction) => {
    const marked = await transaction
      .updateTable('batch_line')
      .set({ settled: 1 })
      .where('job_id', '=', jobId)
      .where('settled', '=', 0)
      .where(
        'line',
        'in',
        settlements.map(({ line }) => line),
      )
      .returning('line')
      .execute();
    const open = new Set(marked.map(({ line }) => line));
    for (const settlement of settlements) {
      if (!open.has(settlement.line)) continue;
      const key = 'response' in settlement ? settlement.response : settlement.attempt;
      const comparisonIds = [key.comparisonId];
      for (const comparisonId of serves) {
        if (await lacksAnswer(transaction, { ...key, comparisonId })) {
          comparisonIds.push(comparisonId);
        }
      }
      await settle(transaction, comparisonIds, settlement);
    }
  });
};

const settle = async (
  transaction: Transaction<Schema>,
  comparisonIds: readonly string[],
  settlement: BatchSettlement,
): Promise<void> => {
  if ('response' in settlement) {
    await insertAnswers(transaction, comparisonIds, settlement.response);
    return;
  }
  const { attempt, notSent } = settlement;
  await insertAttempts(transaction, comparisonIds, attempt);
  if (notSent === null) return;
  const { captureId, side, sample = 0 } = attempt;
  const reason = { captureId, side, sample, reason: notSent };
  for (const comparisonId of comparisonIds) {
    await insertNotSent(transaction, comparisonId, reason, attempt.at);
  }
};

/** Whether a comparison selects a capture and has no answer of this side to it. */
const lacksAnswer = async (
  transaction: Transaction<Schema>,
  { captureId, comparisonId, side, sample = 0 }: SideKey,
): Promise<boolean> => {
  const row = await transaction
    .selectFrom('comparison_capture as selected')
    .leftJoin('response', (join) =>
      join
        .onRef('response.comparison_id', '=', 'selected.comparison_id')
        .onRef('response.capture_id', '=', 'selected.capture_id')
        .on('response.side', '=', side)
        .on('response.sample', '=', sample),
    )
    .select('response.capture_id as answered')
    .where('selected.comparison_id', '=', comparisonId)
    .where('selected.capture_id', '=', captureId)
    .executeTakeFirst();
  return row !== undefined && row.answered === null;
};
