import type { Answer, Failure } from '../../models/answer.ts';
import type { BatchResult } from '../../models/batch/batch-line.ts';
import type { Adaptation } from '../../traffic/dialects/adaptation.ts';
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
import { mayPass, maximumAttempts } from '../limits/retry.ts';
import { maximumRemedies } from '../remedy-book.ts';
import type { BatchComparison } from './batch-comparison.ts';
import type { JoinedLines } from './batch-event.ts';
import type { BatchSide } from './batch-options.ts';

/** The state of joining the files of one job to its lines. */
export type Joining = {
  readonly comparison: BatchComparison;
  readonly job: BatchJob;
  readonly side: BatchSide;
  readonly counts: { -readonly [Name in keyof JoinedLines]: number };
  /** Loaded adaptations, by the id of their body. */
  readonly adaptations: Map<number, readonly Adaptation[]>;
};

/** The provider's result for a line. */
export type LineResult = {
  readonly line: BatchLine;
  readonly result: BatchResult;
  readonly requestId: string | null;
};

/** Stores the results of lines without one, in one transaction. */
export const settleLines = async (
  joining: Joining,
  results: readonly LineResult[],
): Promise<void> => {
  if (results.length === 0) return;
  const { comparison, counts, job, side } = joining;
  const { run } = comparison;
  const { at, store } = run.options;
  const failed = results.filter(({ result }) => result.kind === 'failed');
  const tries = await batchTries(
    store,
    comparison.id,
    failed.map(({ line }) => line.captureId),
  );
  const settlements: BatchSettlement[] = [];
  for (const { line, requestId, result } of results) {
    const { captureId, sample } = line;
    const common = {
      comparisonId: comparison.id,
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
      const adaptations = await lineAdaptations(joining, line.adaptationsBody);
      const bound = await usedAtMost(joining, line, answer);
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
  const alsoFor = job.side === 'baseline' ? comparison.others : [];
  await settleBatchLines(store, job.id, settlements, alsoFor);
  for (const { result } of results) {
    if (result.kind === 'answered') {
      counts.answered++;
      run.answered(side, result.answer);
    } else {
      counts.failed++;
      run.failed(job.side, result.failure);
    }
  }
};

/**
 * Returns the most that an answer can have used if the provider counted nothing; otherwise no
 * tokens.
 */
const usedAtMost = async ({ comparison }: Joining, { captureId }: BatchLine, answer: Answer) => {
  const { cost, usage } = answer;
  const isCounted = usage !== null && usage.input !== null && usage.output !== null;
  if (cost !== null || isCounted) return noTokens;
  const loaded = await loadSizedCapture(comparison.options.store, captureId);
  return loaded === null ? noTokens : usageBound(loaded.capture.request);
};

const noTokens = { input: 0, output: 0, cachedInput: null, reasoning: null };

/** A batch does not report the times of single answers. */
const noTimings = {
  queueMs: null,
  connectMs: null,
  timeToFirstTokenMs: null,
  totalMs: null,
};

/**
 * Returns whether a side will not be submitted again. A transient failure is tried up to four
 * times. A refused request is submitted again only if a remedy was found.
 */
const isFinal = async (
  joining: Joining,
  line: BatchLine,
  failure: Failure,
  tries: number,
): Promise<boolean> => {
  if (failure.reason === 'interrupted') return false;
  if (failure.reason !== 'rejected') {
    return tries >= maximumAttempts || !mayPass(failure);
  }
  if (tries > maximumRemedies) return true;
  const { comparison, side } = joining;
  const loaded = await loadSizedCapture(comparison.options.store, line.captureId);
  if (loaded === null) return true;
  const adaptations = await lineAdaptations(joining, line.adaptationsBody);
  const amendment = await side.amend(loaded.capture.request, { failure, adaptations });
  if (amendment.kind === 'changed') comparison.run.addAmended();
  if (amendment.kind === 'unused') {
    comparison.run.addUnused(side.model.label, amendment.remedy);
  }
  return amendment.kind !== 'changed';
};

const lineAdaptations = async (
  { adaptations, comparison }: Joining,
  body: number,
): Promise<readonly Adaptation[]> => {
  const known = adaptations.get(body);
  if (known !== undefined) return known;
  const loaded = await loadAdaptations(comparison.options.store, body);
  if (adaptations.size < 1000) adaptations.set(body, loaded);
  return loaded;
};
