import { storable } from '../bodies.ts';
import type { Tables } from '../tables.ts';
import type { Side } from '../../comparison/outcome.ts';
import type { Store } from '../open.ts';

/** A file of requests for a provider's Batch API. The migration m005 explains its states. */
export type BatchJob = {
  readonly id: string;
  readonly comparisonId: string;
  readonly side: Side;
  readonly state: Tables['batch_job']['state'];
  readonly lines: number;
  readonly bytes: number;
  /** The most that it can cost, in USD; null if there is no price. */
  readonly atMost: number | null;
  readonly inputFileId: string | null;
  /**
   * The earliest time at which a batch of this file may exist at the provider, ISO 8601; null if
   * none can.
   */
  readonly createSentAt: string | null;
  readonly batchId: string | null;
  /** The state reported by the provider. */
  readonly providerState: string | null;
  readonly completed: number | null;
  readonly failed: number | null;
  readonly total: number | null;
  /** The reason why the provider refused it. */
  readonly problem: string | null;
  readonly createdAt: string;
};

/** Creates a job without lines. It is `planned` until it is uploaded. */
export const insertBatchJob = async (
  store: Store,
  job: Pick<BatchJob, 'id' | 'comparisonId' | 'side'> & { readonly at: string },
): Promise<void> => {
  await store.db
    .insertInto('batch_job')
    .values({
      id: job.id,
      comparison_id: job.comparisonId,
      side: job.side,
      state: 'planned',
      lines: 0,
      bytes: 0,
      at_most_usd: null,
      input_file_id: null,
      create_sent_at: null,
      batch_id: null,
      provider_state: null,
      completed: null,
      failed: null,
      total: null,
      problem: null,
      created_at: job.at,
      updated_at: job.at,
    })
    .execute();
};

/** The mutable parts of a job. */
export type BatchJobChange = Partial<Omit<BatchJob, 'id' | 'comparisonId' | 'side' | 'createdAt'>>;

/**
 * Stores changes to a job. They survive a power failure once the promise resolves, because a lost
 * record would cause the job to be submitted twice.
 */
export const updateBatchJob = async (
  store: Store,
  id: string,
  change: BatchJobChange,
  at: string,
): Promise<void> => {
  const columns = {
    state: change.state,
    lines: change.lines,
    bytes: change.bytes,
    at_most_usd: change.atMost,
    input_file_id: change.inputFileId,
    create_sent_at: change.createSentAt,
    batch_id: change.batchId,
    provider_state: change.providerState,
    completed: change.completed,
    failed: change.failed,
    total: change.total,
    problem: typeof change.problem === 'string' ? storable(change.problem) : change.problem,
  };
  const changed = Object.entries(columns).filter(([, value]) => value !== undefined);
  await store.engine.durably(() =>
    store.db
      .updateTable('batch_job')
      .set({ ...Object.fromEntries(changed), updated_at: at })
      .where('id', '=', id)
      .execute(),
  );
};

/** Lists the unfinished jobs of a comparison, oldest first. */
export const openBatchJobs = async (
  store: Store,
  comparisonId: string,
): Promise<readonly BatchJob[]> => {
  const rows = await store.db
    .selectFrom('batch_job')
    .selectAll()
    .where('comparison_id', '=', comparisonId)
    .where('state', 'in', ['planned', 'uploaded', 'submitted'])
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  return rows.map(toJob);
};

const toJob = (row: Tables['batch_job']): BatchJob => ({
  id: row.id,
  comparisonId: row.comparison_id,
  side: row.side,
  state: row.state,
  lines: row.lines,
  bytes: Number(row.bytes),
  atMost: row.at_most_usd,
  inputFileId: row.input_file_id,
  createSentAt: row.create_sent_at,
  batchId: row.batch_id,
  providerState: row.provider_state,
  completed: row.completed,
  failed: row.failed,
  total: row.total,
  problem: row.problem,
  createdAt: row.created_at,
});

/** Deletes a job that was never submitted, so that its requests are pending again. */
export const discardBatchJob = async (store: Store, id: string): Promise<void> => {
  await store.db.transaction().execute(async (transaction) => {
    await transaction.deleteFrom('batch_line').where('job_id', '=', id).execute();
    await transaction.deleteFrom('batch_job').where('id', '=', id).execute();
  });
};

/** Finishes a job and deletes its lines, which are no longer needed. */
export const endBatchJob = async (
  store: Store,
  id: string,
  end: {
    readonly state: 'done' | 'refused';
    readonly providerState: string | null;
    readonly problem: string | null;
    readonly at: string;
  },
): Promise<void> => {
  await store.db.transaction().execute(async (transaction) => {
    await transaction.deleteFrom('batch_line').where('job_id', '=', id).execute();
    await transaction
      .updateTable('batch_job')
      .set({
        state: end.state,
        provider_state: end.providerState,
        problem: end.problem === null ? null : storable(end.problem),
        updated_at: end.at,
      })
      .where('id', '=', id)
      .execute();
  });
};
