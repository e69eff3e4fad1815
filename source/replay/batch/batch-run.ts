import type { Side } from '../../comparison/outcome.ts';
import type { Answer, Failure, FailureReason } from '../../models/answer.ts';
import { costOfAnswer } from '../../models/prices.ts';
import type { BatchJob } from '../../store/batches/batch-jobs.ts';
import { saveManyNotSent, type NotSent } from '../../store/batches/not-sent.ts';
import { createBudget, type Budget } from '../limits/budget.ts';
import type { BatchEvent } from './event.ts';
import type { BatchReplayOptions, BatchSide } from './options.ts';

/** What a batch replay has come to so far. Counts are of this run, but for `total` and `done`. */
export type BatchProgress = {
  /** Pairs of the comparison, and how many of them have both answers. */
  readonly total: number;
  readonly done: number;
  /** The jobs of this run, in the order in which they came. */
  readonly jobs: readonly BatchJob[];
  readonly answered: number;
  readonly failures: Readonly<Record<Side, Readonly<Partial<Record<FailureReason, number>>>>>;
  /** By reason. */
  readonly notSent: Readonly<Record<string, number>>;
  /** USD of the answers that came in this run; null without a price. */
  readonly cost: number | null;
  readonly uncountedAnswers: number;
  readonly budget: number | null;
};

/** What the steps of one run share. */
export type BatchRun = {
  readonly options: BatchReplayOptions;
  readonly budget: Budget;
  /** Other comparisons of the same name and baseline, whose answers of it may serve. */
  readonly siblings: string[];
  readonly progress: () => BatchProgress;
  readonly setPairs: (total: number, done: number) => void;
  readonly emit: (event: BatchEvent) => void;
  readonly jobChanged: (job: BatchJob) => void;
  readonly answered: (side: Side, answer: Answer) => number | null;
  readonly failed: (side: Side, failure: Failure) => void;
  readonly notSent: (all: readonly NotSent[]) => Promise<void>;
  readonly countNotSent: (reason: string, number: number) => void;
  /** Nothing more is asked of this side's provider. */
  readonly stop: (side: Side, failure: Failure) => void;
  readonly stopped: (side: Side) => Failure | null;
};

/** The state of a run that has done nothing yet. */
export const createBatchRun = (options: BatchReplayOptions): BatchRun => {
  const { comparisonId, sides, store } = options;
  const jobs = new Map<string, BatchJob>();
  const failures: Record<Side, Partial<Record<FailureReason, number>>> = {
    baseline: {},
    candidate: {},
  };
  const notSent: Record<string, number> = {};
  const stopped: Record<Side, Failure | null> = { baseline: null, candidate: null };
  let total = 0;
  let done = 0;
  let answers = 0;
  let cost = 0;
  let uncountedAnswers = 0;
  const emit = options.on ?? (() => {});
  const ordered = (side: Side): BatchSide | null => {
    const one = sides[side];
    return 'api' in one ? one : null;
  };
  const priced = (['baseline', 'candidate'] as const).every(
    (side) => ordered(side)?.price !== null,
  );
  const countNotSent = (reason: string, number: number): void => {
    if (number > 0) notSent[reason] = (notSent[reason] ?? 0) + number;
  };
  return {
    options,
    budget: createBudget(options.budget),
    siblings: [],
    progress: () => ({
      total,
      done,
      jobs: [...jobs.values()],
      answered: answers,
      failures: { baseline: { ...failures.baseline }, candidate: { ...failures.candidate } },
      notSent: { ...notSent },
      cost: priced ? cost : null,
      uncountedAnswers,
      budget: options.budget,
    }),
    setPairs(pairs, answered) {
      total = pairs;
      done = answered;
    },
    emit,
    jobChanged(job) {
      jobs.set(job.id, job);
      emit({ kind: 'job', job });
    },
    answered(side, answer) {
      answers++;
      const one = ordered(side);
      if (one === null) return null;
      const paid = batchCostOf(answer, one);
      if (paid === null) uncountedAnswers++;
      else cost += paid;
      return paid;
    },
    failed(side, { reason }) {
      failures[side][reason] = (failures[side][reason] ?? 0) + 1;
    },
    async notSent(all) {
      await saveManyNotSent(store, comparisonId, all, options.at());
      for (const { reason } of all) countNotSent(reason, 1);
    },
    countNotSent,
    stop(side, failure) {
      if (stopped[side] !== null) return;
      stopped[side] = failure;
      emit({ kind: 'stopped', side, failure });
    },
    stopped: (side) => stopped[side],
  };
};

/** USD of an answer in a batch: as the provider said it, else its tokens at the price of batches. */
const batchCostOf = (answer: Answer, { price, profile }: BatchSide): number | null => {
  if (answer.cost !== null) return answer.cost;
  const full = costOfAnswer(answer, price);
  return full === null ? null : full * profile.priceFactor;
};
