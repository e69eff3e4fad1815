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
import { longestBatchWaitMs, retryDelayMs } from '../limits/retry.ts';
import type { BatchComparison } from './batch-comparison.ts';
import type { BatchSide } from './batch-options.ts';
import { jobFile } from './job-writer.ts';
import { repeatRequest, requestOnce } from './provider-request.ts';

/** A new batch may be missing from the provider's list for a moment. */
const listedAfterMs = 2000;

/**
 * Uploads the file of a planned job and submits it. The job is `submitted` when this resolves.
 * Resolves with null if the run was stopped or the provider did not accept the job; in the latter
 * case the side is stopped and its requests are pending again.
 */
export const submitJob = async (
  comparison: BatchComparison,
  job: BatchJob,
  side: BatchSide,
): Promise<BatchJob | null> => {
  const { options, run } = comparison;
  const { signal, store } = options;
  run.jobChanged(job);
  const path = jobFile(store, job.id);
  const name = `understudy-${job.id}.jsonl`;
  const uploaded = await repeatRequest(comparison, job.side, 'upload', () =>
    side.api.upload({ path, name, bytes: job.bytes }),
  );
  if (uploaded.kind === 'failed') {
    if (!signal.aborted) await turnAway(comparison, job, uploaded.failure);
    await rm(path, { force: true });
    await discardBatchJob(store, job.id);
    return null;
  }
  const next = await changeJob(comparison, job, {
    state: 'uploaded',
    inputFileId: uploaded.result,
  });
  await rm(path, { force: true });
  return orderJob(comparison, next, side);
};

/**
 * Creates the batch of an uploaded job. Stores the intention first: after a crash, the next run
 * looks for the batch before it creates another.
 */
export const orderJob = async (
  comparison: BatchComparison,
  job: BatchJob,
  { api }: BatchSide,
): Promise<BatchJob | null> => {
  const { at, random, signal, wait } = comparison.options;
  const reference = { jobId: job.id, fileId: job.inputFileId ?? '' };
  let current = job;
  for (let tries = 1; ; tries++) {
    const sentAt = current.createSentAt;
    if (sentAt === null) current = await changeJob(comparison, current, { createSentAt: at() });
    else {
      const found = await repeatRequest(comparison, job.side, 'list of batches', () =>
        api.find({ ...reference, sentAt }),
      );
      if (found.kind === 'failed') return leaveOpen(comparison, current, found.failure);
      if (found.result !== null) return markSubmitted(comparison, current, found.result);
    }
    const created = await requestOnce(() => api.create(reference));
    if (created.kind === 'done') return markSubmitted(comparison, current, created.result);
    const { failure } = created;
    if (isRefusal(failure)) return markRefused(comparison, current, failure);
    const delayMs = signal.aborted
      ? null
      : retryDelayMs(failure, tries, random, longestBatchWaitMs);
    if (delayMs === null) return leaveOpen(comparison, current, failure);
    comparison.run.emit({
      kind: 'retrying',
      side: job.side,
      comparisonId: comparison.id,
      what: 'creation of the batch',
      failure,
      delayMs,
    });
    await wait(Math.max(delayMs, listedAfterMs), signal);
    if (signal.aborted) return null;
  }
};

/**
 * Returns whether the provider definitively refused to create the batch, rather than asking for a
 * later attempt.
 */
const isRefusal = ({ reason, status }: Failure): boolean =>
  status !== null &&
  status >= 400 &&
  status < 500 &&
  reason !== 'rate_limited' &&
  reason !== 'server_error';

const markSubmitted = async (
  comparison: BatchComparison,
  job: BatchJob,
  status: BatchStatus,
): Promise<BatchJob> => {
  const { at, store } = comparison.options;
  const change = { state: 'submitted', batchId: status.batchId, ...statusColumns(status) } as const;
  const submitted = await changeJob(comparison, job, change);
  await saveJobNotSent(store, job.id, { reason: orderedReason, at: at() });
  return submitted;
};

const markRefused = async (
  comparison: BatchComparison,
  job: BatchJob,
  failure: Failure,
): Promise<null> => {
  const { at, store } = comparison.options;
  await turnAway(comparison, job, failure);
  const end = { state: 'refused', providerState: null, problem: failure.message } as const;
  await endBatchJob(store, job.id, { ...end, at: at() });
  comparison.run.jobChanged({ ...job, state: 'refused', problem: failure.message });
  return null;
};

/** Leaves a job open whose batch may or may not exist: the next run looks for it. */
const leaveOpen = (comparison: BatchComparison, job: BatchJob, failure: Failure): null => {
  if (!comparison.options.signal.aborted) comparison.stop(job.side, failure);
  return null;
};

/** Stores why a job's requests are not sent, and stops the side. */
const turnAway = async (
  comparison: BatchComparison,
  job: BatchJob,
  failure: Failure,
): Promise<void> => {
  const { at, store } = comparison.options;
  const { reason } = failure;
  const answers = await saveJobNotSent(store, job.id, { reason, at: at() });
  comparison.run.addNotSent(reason, answers);
  comparison.stop(job.side, failure);
};

/** Returns the columns of a job that the provider's status fills. */
export const statusColumns = (status: BatchStatus): BatchJobChange => ({
  providerState: status.state,
  completed: status.completed,
  failed: status.failed,
  total: status.total,
});

/** Stores a change of a job and reports it. */
export const changeJob = async (
  { options, run }: BatchComparison,
  job: BatchJob,
  change: BatchJobChange,
): Promise<BatchJob> => {
  await updateBatchJob(options.store, job.id, change, options.at());
  const changed = { ...job, ...change };
  run.jobChanged(changed);
  return changed;
};
