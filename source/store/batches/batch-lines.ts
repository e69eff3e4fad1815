import type { Transaction } from 'kysely';
import type { Side } from '../../comparison/outcome.ts';
import type { Adaptation } from '../../traffic/dialects/adaptation.ts';
import { insertAttempts, type NewAttempt } from '../attempts.ts';
import { encodeBody, loadBodyText, saveBody } from '../bodies.ts';
import { insertOnce } from '../compiled-queries.ts';
import { insertNotSent } from '../not-sent.ts';
import type { Store } from '../open.ts';
import { insertAnswers, type NewResponse, type SideKey } from '../responses.ts';
import type { Tables } from '../tables.ts';
import { triesKey } from './batch-tries.ts';

/** A request of a job. `line` counts from 1. */
export type BatchLine = {
  readonly line: number;
  readonly customId: string;
  readonly captureId: string;
  readonly sample: number;
  /** Whether its result is stored. */
  readonly settled: boolean;
  /** The id of its stored adaptations; see `loadAdaptations`. */
  readonly adaptationsBody: number;
};

/** A request to add to a job. */
export type NewBatchLine = {
  readonly customId: string;
  readonly captureId: string;
  readonly sample: number;
  readonly adaptations: readonly Adaptation[];
};

const insertLine = insertOnce('batch_line');

/** The most adaptations of a job's lines to cache: each line may have different ones. */
const mostSaved = 1000;

/**
 * Adds lines to a job, numbered from `firstLine`, in one transaction. Resolves to the lines that
 * were added; an answer in another job is not added again. `saved` maps the JSON of the job's
 * adaptations to their body numbers. It starts empty, and this function adds to it.
 */
export const addBatchLines = async <Line extends NewBatchLine>(
  store: Store,
  job: { readonly id: string; readonly comparisonId: string; readonly side: Side },
  lines: readonly Line[],
  firstLine: number,
  saved: Map<string, number>,
): Promise<readonly Line[]> => {
  const fresh = new Map<string, number>();
  const added = await store.db.transaction().execute(async (transaction) => {
    const inserted: Line[] = [];
    for (const line of lines) {
      const text = encodeBody(line.adaptations);
      const number = saved.get(text) ?? fresh.get(text) ?? (await saveBody(transaction, text));
      if (!saved.has(text)) fresh.set(text, number);
      const isNew = await insertLine(transaction, {
        job_id: job.id,
        line: firstLine + inserted.length,
        custom_id: line.customId,
        comparison_id: job.comparisonId,
        capture_id: line.captureId,
        side: job.side,
        sample: line.sample,
        adaptations_body: number,
        settled: 0,
      });
      if (isNew) inserted.push(line);
    }
    return inserted;
  });
  // A number is valid only once its body is committed.
  for (const [text, number] of fresh) if (saved.size < mostSaved) saved.set(text, number);
  return added;
};

/** Finds the lines of a job by their custom ids, in no particular order. */
export const linesByCustomId = async (
  store: Store,
  jobId: string,
  customIds: readonly string[],
): Promise<readonly BatchLine[]> => {
  if (customIds.length === 0) return [];
  const rows = await store.db
    .selectFrom('batch_line')
    .selectAll()
    .where('job_id', '=', jobId)
    .where('custom_id', 'in', customIds)
    .execute();
  return rows.map(toLine);
};

/** Lists the next lines of a job without a result, after the line of this number. */
export const unsettledLines = async (
  store: Store,
  jobId: string,
  page: { readonly afterLine: number; readonly limit: number },
): Promise<readonly BatchLine[]> => {
  const rows = await store.db
    .selectFrom('batch_line')
    .selectAll()
    .where('job_id', '=', jobId)
    .where('line', '>', page.afterLine)
    .where('settled', '=', 0)
    .orderBy('line')
    .limit(page.limit)
    .execute();
  return rows.map(toLine);
};

/** Loads stored adaptations by their number. */
export const loadAdaptations = async (
  store: Store,
  number: number,
): Promise<readonly Adaptation[]> => {
  const text = await loadBodyText(store.db, number);
  const adaptations: readonly Adaptation[] = JSON.parse(text);
  return adaptations;
};

const toLine = (row: Tables['batch_line']): BatchLine => ({
  line: row.line,
  customId: row.custom_id,
  captureId: row.capture_id,
  sample: row.sample,
  settled: row.settled === 1,
  adaptationsBody: row.adaptations_body,
});

/** Counts the answers of a comparison, or of one of its pairs, that are pending in batches. */
export const countOpenBatchLines = async (
  store: Store,
  comparisonId: string,
  captureId?: string,
): Promise<number> => {
  let lines = store.db
    .selectFrom('batch_line')
    .innerJoin('batch_job', 'batch_job.id', 'batch_line.job_id')
    .select((e) => e.fn.countAll<number>().as('lines'))
    .where('batch_line.comparison_id', '=', comparisonId)
    .where('batch_line.settled', '=', 0)
    .where('batch_job.state', '!=', 'planned');
  if (captureId !== undefined) lines = lines.where('batch_line.capture_id', '=', captureId);
  return Number((await lines.executeTakeFirstOrThrow()).lines);
};

/**
 * Finds the samples of a side of these captures that are pending in batches of these comparisons,
 * as keys of `triesKey`.
 */
export const orderedElsewhere = async (
  store: Store,
  comparisonIds: readonly string[],
  captureIds: readonly string[],
  side: Side,
): Promise<ReadonlySet<string>> => {
  if (comparisonIds.length === 0 || captureIds.length === 0) return new Set();
  const rows = await store.db
    .selectFrom('batch_line')
    .innerJoin('batch_job', 'batch_job.id', 'batch_line.job_id')
    .select(['batch_line.capture_id', 'batch_line.sample'])
    .where('batch_line.comparison_id', 'in', comparisonIds)
    .where('batch_line.capture_id', 'in', captureIds)
    .where('batch_line.side', '=', side)
    .where('batch_line.settled', '=', 0)
    .where('batch_job.state', '!=', 'planned')
    .execute();
  return new Set(rows.map((row) => triesKey(row.capture_id, side, row.sample)));
};

/** The result of a line. `notSent` is the reason why a failed line waits for the next batch. */
export type BatchSettlement =
  | { readonly line: number; readonly response: NewResponse }
  | { readonly line: number; readonly attempt: NewAttempt; readonly notSent: string | null };

/**
 * Stores the results of lines and marks the lines as settled, in one transaction: even if the
 * program is killed, each line is settled completely or not at all. A side that has an answer keeps
 * it. `serves` are further comparisons that receive the results if they select the capture and lack
 * the answer. There the results count as reused.
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
  transaction: Transaction<Tables>,
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

/** Returns whether a comparison selects a capture and lacks the answer of this side. */
const lacksAnswer = async (
  transaction: Transaction<Tables>,
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
