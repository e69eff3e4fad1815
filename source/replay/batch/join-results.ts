import { setImmediate } from 'node:timers/promises';
import type { Adaptation } from '../../models/model.ts';
import type { Failure } from '../../models/answer.ts';
import {
  readBatchOutputLine,
  type BatchOutputLine,
  type BatchResult,
} from '../../models/batch/batch-line.ts';
import type { BatchStatus } from '../../models/batch/batch-status.ts';
import type { BatchJob } from '../../store/batches/batch-jobs.ts';
import {
  linesByCustomId,
  loadAdaptations,
  settleBatchLines,
  unsettledLines,
  type BatchLine,
  type BatchSettlement,
} from '../../store/batches/batch-lines.ts';
import { batchTries, triesKey } from '../../store/batches/batch-tries.ts';
import { maximumAttempts, retryDelayMs } from '../limits/retry.ts';
import { askAgain, type Asked } from './ask-again.ts';
import type { BatchRun } from './batch-run.ts';
import type { JoinedLines } from './event.ts';
import { textLines } from './line-reader.ts';
import type { BatchSide } from './options.ts';

/** So many lines are looked up and stored in one transaction. */
const together = 200;

type Counts = { -readonly [Name in keyof JoinedLines]: number };

/** What is known while the files of one job are joined with its lines. */
type Joining = {
  readonly run: BatchRun;
  readonly job: BatchJob;
  readonly side: BatchSide;
  readonly counts: Counts;
  readonly adaptations: Map<string, readonly Adaptation[]>;
};

/**
 * Fetches the output and error files of a batch that is over, as streams, and stores what each line
 * says at the request that it answers, in whatever order they come. A line that is in neither file
 * gets the reason that the batch's end gives. It can be done again from the start at any time: what
 * is stored stays as it is.
 */
export const joinResults = async (
  run: BatchRun,
  job: BatchJob,
  side: BatchSide,
  status: BatchStatus,
): Promise<Asked<JoinedLines>> => {
  const counts: Counts = {
    answered: 0,
    failed: 0,
    missing: 0,
    malformed: 0,
    foreign: 0,
    duplicated: 0,
  };
  const joining: Joining = { run, job, side, counts, adaptations: new Map() };
  const seen = new Set<string>();
  for (const fileId of [status.outputFileId, status.errorFileId]) {
    if (fileId === null) continue;
    // What a broken download has brought is stored; the next begins again and passes it over.
    const seenBefore = [...seen];
    const { duplicated, foreign, malformed } = counts;
    const read = await askAgain(run, job.side, 'file of answers', async () => {
      seen.clear();
      for (const id of seenBefore) seen.add(id);
      Object.assign(counts, { duplicated, foreign, malformed });
      await joinFile(joining, await side.api.content(fileId), seen);
    });
    if (read.kind === 'failed') return read;
  }
  await settleTheRest(joining, status);
  return { kind: 'done', result: counts };
};

const joinFile = async (
  joining: Joining,
  bytes: AsyncIterable<Uint8Array>,
  seen: Set<string>,
): Promise<void> => {
  const { counts, side } = joining;
  let lines: BatchOutputLine[] = [];
  for await (const text of textLines(bytes)) {
    const line = text === null ? null : readBatchOutputLine(text, side.apiKey);
    if (line === null) counts.malformed++;
    else if (seen.has(line.customId)) counts.duplicated++;
    else {
      seen.add(line.customId);
      lines.push(line);
    }
    if (lines.length < together) continue;
    await settle(joining, lines);
    lines = [];
    await setImmediate();
  }
  await settle(joining, lines);
};

/** Stores what output lines say; each custom id comes once. */
const settle = async (joining: Joining, lines: readonly BatchOutputLine[]): Promise<void> => {
  const { counts, job, run } = joining;
  const { store } = run.options;
  const ids = lines.map(({ customId }) => customId);
  const known = new Map(
    (await linesByCustomId(store, job.id, ids)).map((line) => [line.customId, line]),
  );
  const results: { line: BatchLine; result: BatchResult; requestId: string | null }[] = [];
  for (const { customId, providerRequestId, result } of lines) {
    const line = known.get(customId);
    if (line === undefined) counts.foreign++;
    else if (!line.settled) results.push({ line, result, requestId: providerRequestId });
  }
  await settleLines(joining, results);
};

const settleLines = async (
  joining: Joining,
  results: readonly {
    readonly line: BatchLine;
    readonly result: BatchResult;
    readonly requestId: string | null;
  }[],
): Promise<void> => {
  if (results.length === 0) return;
  const { counts, job, run } = joining;
  const { at, comparisonId, store } = run.options;
  const failedIds = results.filter(({ result }) => result.kind === 'failed');
  const tries = await batchTries(
    store,
    comparisonId,
    failedIds.map(({ line }) => line.captureId),
  );
  const settlements: BatchSettlement[] = [];
  for (const { line, requestId, result } of results) {
    const { captureId, sample } = line;
    const common = {
      comparisonId,
      captureId,
      side: job.side,
      sample,
      timings: noTimings,
      providerRequestId: requestId,
      batch: true,
      at: at(),
    };
    if (result.kind === 'answered') {
      const { answer } = result;
      const adaptations = await adaptationsOf(joining, line.adaptationsHash);
      const response = { ...common, answer, adaptations, recorded: false };
      settlements.push({ line: line.line, response });
      continue;
    }
    const { failure } = result;
    const before = tries.get(triesKey(captureId, job.side, sample))?.tries ?? 0;
    const final = isFinal(failure, before + 1);
    const notSent = final ? null : `${failure.reason} in a batch, waits for the next one`;
    settlements.push({
      line: line.line,
      attempt: { ...common, failure, partial: null, final },
      notSent,
    });
  }
  await settleBatchLines(store, job.id, settlements);
  for (const { result } of results) {
    if (result.kind === 'answered') {
      counts.answered++;
      run.answered(job.side, result.answer);
    } else {
      counts.failed++;
      run.failed(job.side, result.failure);
    }
  }
};

/** A batch measures no time of a single answer. */
const noTimings = {
  queueMs: null,
  connectMs: null,
  timeToFirstTokenMs: null,
  totalMs: null,
};

/** Whether a side is not ordered again: what is refused is refused again, and four times is enough. */
const isFinal = (failure: Failure, tries: number): boolean => {
  if (failure.reason === 'interrupted') return false;
  return tries >= maximumAttempts || retryDelayMs(failure, 1, () => 0) === null;
};

/** Gives every line that no file has spoken of the reason that the batch's end gives. */
const settleTheRest = async (joining: Joining, status: BatchStatus): Promise<void> => {
  const { counts, job, run } = joining;
  const byLine = new Map(
    status.problems.flatMap(({ line, message }) => (line === null ? [] : [[line, message]])),
  );
  let afterLine = 0;
  for (;;) {
    const page = await unsettledLines(run.options.store, job.id, { afterLine, limit: together });
    const last = page.at(-1);
    if (last === undefined) return;
    afterLine = last.line;
    const results = page.map((line) => {
      const failure = missingFailure(status, byLine.get(line.line) ?? null);
      return { line, result: { kind: 'failed' as const, failure }, requestId: null };
    });
    await settleLines(joining, results);
    counts.failed -= page.length;
    counts.missing += page.length;
    await setImmediate();
  }
};

const missingFailure = (status: BatchStatus, problem: string | null): Failure => {
  const failure = (reason: Failure['reason'], message: string): Failure => ({
    reason,
    message,
    status: null,
    retryAfterMs: null,
    parameter: null,
  });
  if (problem !== null)
    return failure('rejected', `The batch was refused at this line: ${problem}`);
  switch (status.phase) {
    case 'expired':
      return failure('timeout', 'The batch expired before it came to this request.');
    case 'cancelled':
      return failure('interrupted', 'The batch was cancelled before it came to this request.');
    case 'failed':
      return failure(
        'interrupted',
        `The batch was refused as a whole: ${status.problems[0]?.message ?? 'it does not say why'}`,
      );
    default:
      return failure(
        'truncated',
        "The batch is complete, but neither its output nor its error file has this request's line.",
      );
  }
};

const adaptationsOf = async (
  { adaptations, run }: Joining,
  hash: string,
): Promise<readonly Adaptation[]> => {
  const known = adaptations.get(hash);
  if (known !== undefined) return known;
  const loaded = await loadAdaptations(run.options.store, hash);
  if (adaptations.size < 1000) adaptations.set(hash, loaded);
  return loaded;
};
