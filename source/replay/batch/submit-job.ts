import { rm } from 'node:fs/promises';
import type { Failure } from '../../models/answer.ts';
import type { BatchStatus } from '../../models/batch/batch-status.ts';
import {
  discardBatchJob,
  endBatchJob,
  updateBatchJob,
  type BatchJob,
  type BatchJobChange,
} from '../../store/batches/batch-jobs.ts';
import { saveJobNotSent } from '../../store/not-sent.ts';
import { orderedReason } from '../claims.ts';
import { retryDelayMs } from '../limits/retry.ts';
import { askAgain, failureOf } from './ask-again.ts';
import type { BatchRun } from './batch-run.ts';
import { jobFile } from './job-writer.ts';
import type { BatchSide } from './options.ts';

/**
 * Uploads the file of a planned job and orders its answers. The job is `submitted` when this
 * resolves; null when the provider did not take it (the side is stopped then, and its requests are
 * pending again) or the run was stopped.
 */
export const submitJob = async (
  run: BatchRun,
  job: BatchJob,
  side: BatchSide,
): Promise<BatchJob | null> => {
  const { store } = run.options;
  run.jobChanged(job);
  const path = jobFile(store, job.id);
  const name = `understudy-${job.id}.jsonl`;
  const uploaded = await askAgain(run, job.side, 'upload', () =>
    side.api.upload({ path, name, bytes: job.bytes }),
  );
  if (uploaded.kind === 'failed') {
    const { failure } = uploaded;
    if (!run.options.signal.aborted) await turnedAway(run, job, failure);
    await rm(path, { force: true });
    await discardBatchJob(store, job.id);
    return null;
  }
  const next = await change(run, job, { state: 'uploaded', inputFileId: uploaded.result });
  await rm(path, { force: true });
  return orderJob(run, next, side);
};

/**
 * Orders the answers of an uploaded job. Before that is tried it is stored that it is, so that
 * whatever happens then, the batch is looked for before it is ordered once more.
 */
export const orderJob = async (
  run: BatchRun,
  job: BatchJob,
  { api }: BatchSide,
): Promise<BatchJob | null> => {
  const { at, random, signal, wait } = run.options;
  const reference = { jobId: job.id, fileId: job.inputFileId ?? '' };
  let current = job;
  for (let tries = 1; ; tries++) {
    const sentAt = current.createSentAt;
    if (sentAt !== null) {
      const looked = await askAgain(run, job.side, 'list of batches', () =>
        api.find({ ...reference, sentAt }),
      );
      if (looked.kind === 'failed') return leftOpen(run, current, looked.failure);
      if (looked.result !== null) return submitted(run, current, looked.result);
    } else {
      current = await change(run, current, { createSentAt: at() });
    }
    const made = await failureOf(async () => ({
      kind: 'done' as const,
      status: await api.create(reference),
    }));
    if (made.kind === 'done') return submitted(run, current, made.status);
    const { failure } = made;
    if (isRefusal(failure)) return refused(run, current, failure);
    const delayMs = signal.aborted ? null : retryDelayMs(failure, tries, random);
    if (delayMs === null) return leftOpen(run, current, failure);
    const { comparisonId } = run;
    const what = 'creation of the batch';
    run.emit({ kind: 'retrying', side: job.side, comparisonId, what, failure, delayMs });
    // A batch may be in the list a moment after it was made.
    await wait(Math.max(delayMs, listedAfterMs), signal);
    if (signal.aborted) return null;
  }
};

const listedAfterMs = 2000;

/** The provider has said that it makes no batch: an answer with a status that is no "try again". */
const isRefusal = ({ reason, status }: Failure): boolean =>
  status !== null &&
  status >= 400 &&
  status < 500 &&
  reason !== 'rate_limited' &&
  reason !== 'server_error';

const submitted = (run: BatchRun, job: BatchJob, status: BatchStatus): Promise<BatchJob> =>
  change(run, job, { state: 'submitted', batchId: status.batchId, ...countsOf(status) }).then(
    async (next) => {
      const { at, store } = run.options;
      await saveJobNotSent(store, job.id, { reason: orderedReason, at: at() });
      return next;
    },
  );

const refused = async (run: BatchRun, job: BatchJob, failure: Failure): Promise<null> => {
  const { at, store } = run.options;
  await turnedAway(run, job, failure);
  const end = { state: 'refused', providerState: null, problem: failure.message } as const;
  await endBatchJob(store, job.id, { ...end, at: at() });
  run.jobChanged({ ...job, state: 'refused', problem: failure.message });
  return null;
};

/** It may exist or not: the next run looks for it. */
const leftOpen = (run: BatchRun, job: BatchJob, failure: Failure): null => {
  if (!run.options.signal.aborted) run.stop(job.side, failure);
  return null;
};

const turnedAway = async (run: BatchRun, job: BatchJob, failure: Failure): Promise<void> => {
  const { at, store } = run.options;
  const { reason } = failure;
  run.countNotSent(reason, await saveJobNotSent(store, job.id, { reason, at: at() }));
  run.stop(job.side, failure);
};

/** The columns of a job that a provider's description fills. */
export const countsOf = (status: BatchStatus): BatchJobChange => ({
  providerState: status.state,
  completed: status.completed,
  failed: status.failed,
  total: status.total,
});

/** Stores what has changed of a job and says so. */
export const change = async (
  run: BatchRun,
  job: BatchJob,
  changed: BatchJobChange,
): Promise<BatchJob> => {
  const { at, store } = run.options;
  await updateBatchJob(store, job.id, changed, at());
  const next = { ...job, ...changed };
  run.jobChanged(next);
  return next;
};
