import type { Answer, Failure } from '../../models/answer.ts';
import type { BatchResult } from '../../models/batch/batch-line.ts';
import type { Adaptation } from '../../models/model.ts';
import type { BatchJob } from '../../store/batches/batch-jobs.ts';
import { batchTries, triesKey } from '../../store/batches/batch-tries.ts';
import {
  type BatchLine,
  type BatchSettlement,
  loadAdaptations,
  settleBatchLines,
} from '../../store/batches/batch-lines.ts';
import { loadSizedCapture } from '../../store/captures/captures.ts';
import { usageBound } from '../limits/cost-bound.ts';
import { maximumAttempts, retryDelayMs } from '../limits/retry.ts';
import { maximumRemedies } from './amend-request.ts';
import type { BatchRun } from './batch-run.ts';
import type { JoinedLines } from './event.ts';
import type { BatchSide } from './options.ts';

/** What is known while the files of one job are joined with its lines. */
export type Joining = {
  readonly run: BatchRun;
  readonly job: BatchJob;
  readonly side: BatchSide;
  readonly counts: { -readonly [Name in keyof JoinedLines]: number };
  /** Those that were loaded already, by the number of their body. */
  readonly adaptations: Map<number, readonly Adaptation[]>;
};

/** What came of a line. */
export type LineResult = {
  readonly line: BatchLine;
  readonly result: BatchResult;
  readonly requestId: string | null;
};

/** Stores what came of lines that had nothing yet, in one transaction. */
export const settleLines = async (
  joining: Joining,
  results: readonly LineResult[],
): Promise<void> => {
  if (results.length === 0) return;
  const { counts, job, run } = joining;
  const { comparisonId } = run;
  const { at, store } = run.options;
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
      const adaptations = await adaptationsOf(joining, line.adaptationsBody);
      const bound = await boundOf(joining, line, answer);
      const response = { ...common, answer, adaptations, bound, recorded: false };
      settlements.push({ line: line.line, response });
      continue;
    }
    const { failure } = result;
    const before = tries.get(triesKey(captureId, job.side, sample))?.tries ?? 0;
    const final = await isFinal(joining, line, failure, before + 1);
    const notSent = final ? null : `${failure.reason} in a batch, waits for the next one`;
    settlements.push({
      line: line.line,
      attempt: { ...common, failure, partial: null, final },
      notSent,
    });
  }
  const serves = job.side === 'baseline' ? run.others : [];
  await settleBatchLines(store, job.id, settlements, serves);
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

/** The most that an answer can have used of which the provider counted nothing; else nothing. */
const boundOf = async ({ run }: Joining, { captureId }: BatchLine, answer: Answer) => {
  const { cost, usage } = answer;
  const isCounted = usage !== null && usage.input !== null && usage.output !== null;
  if (cost !== null || isCounted) return noTokens;
  const loaded = await loadSizedCapture(run.options.store, captureId);
  return loaded === null ? noTokens : usageBound(loaded.capture.request);
};

const noTokens = { input: 0, output: 0, cachedInput: null, reasoning: null };

/** A batch measures no time of a single answer. */
const noTimings = {
  queueMs: null,
  connectMs: null,
  timeToFirstTokenMs: null,
  totalMs: null,
};

/**
 * Whether a side is not ordered again. What passes is, four times in all; what is refused is when the
 * refusal has taught what to change.
 */
const isFinal = async (
  joining: Joining,
  line: BatchLine,
  failure: Failure,
  tries: number,
): Promise<boolean> => {
  if (failure.reason === 'interrupted') return false;
  if (failure.reason !== 'rejected') {
    return tries >= maximumAttempts || retryDelayMs(failure, 1, () => 0) === null;
  }
  if (tries > maximumRemedies) return true;
  const { job, run, side } = joining;
  const loaded = await loadSizedCapture(run.options.store, line.captureId);
  if (loaded === null) return true;
  const adaptations = await adaptationsOf(joining, line.adaptationsBody);
  const amendment = await side.amend(loaded.capture.request, { failure, adaptations });
  if (amendment.kind === 'changed') run.amended();
  if (amendment.kind === 'unused') run.unused(job.side, amendment.remedy);
  return amendment.kind !== 'changed';
};

const adaptationsOf = async (
  { adaptations, run }: Joining,
  body: number,
): Promise<readonly Adaptation[]> => {
  const known = adaptations.get(body);
  if (known !== undefined) return known;
  const loaded = await loadAdaptations(run.options.store, body);
  if (adaptations.size < 1000) adaptations.set(body, loaded);
  return loaded;
};
