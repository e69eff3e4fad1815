import type { Side } from '../../comparison/outcome.ts';
import type { Adaptation } from '../../models/model.ts';
import { bodyOf, saveBody } from '../database/bodies.ts';
import { insertOnce } from '../database/insert-once.ts';
import type { Schema } from '../database/schema.ts';
import type { Store } from '../open.ts';

/** One request of a job. `line` counts from 1. */
export type BatchLine = {
  readonly line: number;
  readonly customId: string;
  readonly captureId: string;
  readonly sample: number;
  /** What came of it is stored. */
  readonly settled: boolean;
  /** The stored adaptations; see `loadAdaptations`. */
  readonly adaptationsBody: number;
};

/** A request that is to be part of a job. */
export type NewBatchLine = {
  readonly customId: string;
  readonly captureId: string;
  readonly sample: number;
  readonly adaptations: readonly Adaptation[];
};

const insertLine = insertOnce('batch_line');

/** So many texts are known at most of the adaptations of a job's lines: they may all be different. */
const mostSaved = 1000;

/**
 * Adds lines to a job, numbered from `firstLine`, in one transaction. Gives back those that were
 * added: an answer that is ordered in another job already is not ordered again. `saved`: the numbers of
 * the adaptations that lines of the job have so far, by their text; empty at first, and added to.
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
      const text = bodyOf(line.adaptations);
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
  // Only now: what is not committed has no number.
  for (const [text, number] of fresh) if (saved.size < mostSaved) saved.set(text, number);
  return added;
};

/** The lines of a job with these custom ids, in no order. */
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

/** The next lines of a job of which nothing has come yet, after the line of this number. */
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

/** The adaptations that are stored under a number. */
export const loadAdaptations = async (
  store: Store,
  number: number,
): Promise<readonly Adaptation[]> => {
  const { text } = await store.db
    .selectFrom('body')
    .select('text')
    .where('number', '=', number)
    .executeTakeFirstOrThrow();
  return JSON.parse(text) as readonly Adaptation[];
};

const toLine = (row: Schema['batch_line']): BatchLine => ({
  line: row.line,
  customId: row.custom_id,
  captureId: row.capture_id,
  sample: row.sample,
  settled: row.settled === 1,
  adaptationsBody: row.adaptations_body,
});
