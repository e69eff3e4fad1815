import type { Side } from '../../comparison/outcome.ts';
import type { Remedy } from '../../models/adaptation/remedy.ts';
import type { Answer, Failure, FailureReason } from '../../models/answer.ts';
import { costOfAnswer } from '../../models/prices.ts';
import type { BatchJob } from '../../store/batches/batch-jobs.ts';
import { saveManyNotSent, type NotSent } from '../../store/not-sent.ts';
import { canonicalJson } from '../../text/json.ts';
import type { Claims } from '../claims.ts';
import { createBudget, type Budget } from '../limits/budget.ts';
import type { BatchEvent } from './event.ts';
import type { BatchModel, BatchReplayOptions, BatchSide } from './options.ts';

/** What a batch replay has come to so far. Counts are of this run, but for `total` and `done`. */
export type BatchProgress = {
  /** Pairs of all comparisons, and how many of them have both answers. */
  readonly total: number;
  readonly done: number;
  /** The jobs of this run, in the order in which they came. */
  readonly jobs: readonly BatchJob[];
  readonly answered: number;
  readonly failures: Readonly<Record<Side, Readonly<Partial<Record<FailureReason, number>>>>>;
  /** What could have been changed of refused requests, and of how many. */
  readonly unused: readonly {
    readonly modelLabel: string;
    readonly remedy: Remedy;
    readonly lines: number;
  }[];
  /** By reason. */
  readonly notSent: Readonly<Record<string, number>>;
  /** USD of the answers that came in this run; null without a price. */
  readonly cost: number | null;
  readonly uncountedAnswers: number;
  readonly budget: number | null;
};

/** What the steps of a run share that replays one comparison, be it together with others. */
export type BatchRun = {
  readonly options: BatchReplayOptions;
  readonly comparisonId: string;
  readonly sides: Readonly<Record<Side, BatchModel>>;
  /** The other comparisons of the run: an answer of the baseline is theirs too. */
  readonly others: readonly string[];
  readonly budget: Budget;
  readonly claims: Claims;
  /** Comparisons of the same name and baseline, whose answers of it may serve. */
  readonly siblings: string[];
  readonly setPairs: (total: number, done: number) => void;
  readonly emit: (event: BatchEvent) => void;
  readonly jobChanged: (job: BatchJob) => void;
  readonly answered: (side: Side, answer: Answer) => number | null;
  readonly failed: (side: Side, failure: Failure) => void;
  /** A refused request is another one now; it is to be ordered again in this run. */
  readonly amended: () => void;
  /** A refused request could have been changed so. */
  readonly unused: (side: Side, remedy: Remedy) => void;
  readonly notSent: (all: readonly NotSent[]) => Promise<void>;
  readonly countNotSent: (reason: string, number: number) => void;
  /** Nothing more is asked of this side's provider. */
  readonly stop: (side: Side, failure: Failure) => void;
  readonly stopped: (side: Side) => Failure | null;
};

/** The runs of all comparisons that are replayed together. */
export type BatchRuns = {
  readonly runs: readonly BatchRun[];
  readonly progress: () => BatchProgress;
  /** How many refused requests are others by now. */
  readonly amended: () => number;
};

/** The state of runs that have done nothing yet. */
export const createBatchRuns = (options: BatchReplayOptions, claims: Claims): BatchRuns => {
  const { baseline, comparisons, store } = options;
  const jobs = new Map<string, BatchJob>();
  const failures: Record<Side, Partial<Record<FailureReason, number>>> = {
    baseline: {},
    candidate: {},
  };
  const notSent: Record<string, number> = {};
  const unused = new Map<string, { readonly modelLabel: string; remedy: Remedy; lines: number }>();
  const pairs = new Map<string, { readonly total: number; readonly done: number }>();
  /** Why a baseline (by its side) or a candidate (by its comparison) was stopped. */
  const stopped = new Map<string, Failure>();
  let answers = 0;
  let amended = 0;
  let cost = 0;
  let uncountedAnswers = 0;
  const budget = createBudget(options.budget);
  const emit = options.on ?? (() => {});
  const ordered = [baseline, ...comparisons.map(({ candidate }) => candidate)].filter(
    (one) => 'api' in one,
  );
  const priced = ordered.every(({ price }) => price !== null);
  const countNotSent = (reason: string, number: number): void => {
    if (number > 0) notSent[reason] = (notSent[reason] ?? 0) + number;
  };
  const sum = (of: 'total' | 'done'): number =>
    [...pairs.values()].reduce((total, counts) => total + counts[of], 0);
  const runs = comparisons.map(({ candidate, comparisonId }): BatchRun => {
    const sides = { baseline, candidate };
    const stopKey = (side: Side): string => (side === 'baseline' ? side : comparisonId);
    return {
      options,
      comparisonId,
      sides,
      others: comparisons.map((one) => one.comparisonId).filter((id) => id !== comparisonId),
      budget,
      claims,
      siblings: [],
      setPairs(total, done) {
        pairs.set(comparisonId, { total, done });
      },
      emit,
      jobChanged(job) {
        jobs.set(job.id, job);
        emit({ kind: 'job', job });
      },
      answered(side, answer) {
        answers++;
        const one = sides[side];
        if (!('api' in one)) return null;
        const paid = batchCostOf(answer, one);
        if (paid === null) uncountedAnswers++;
        else cost += paid;
        return paid;
      },
      failed(side, { reason }) {
        failures[side][reason] = (failures[side][reason] ?? 0) + 1;
      },
      amended() {
        amended++;
      },
      unused(side, remedy) {
        const { label } = 'api' in sides[side] ? sides[side].model : sides[side];
        const key = `${label}\0${canonicalJson({ ...remedy, reason: '' })}`;
        const known = unused.get(key);
        if (known === undefined) unused.set(key, { modelLabel: label, remedy, lines: 1 });
        else known.lines++;
      },
      async notSent(all) {
        await saveManyNotSent(store, comparisonId, all, options.at());
        for (const { reason } of all) countNotSent(reason, 1);
      },
      countNotSent,
      stop(side, failure) {
        if (stopped.has(stopKey(side))) return;
        stopped.set(stopKey(side), failure);
        emit({ kind: 'stopped', side, comparisonId, failure });
      },
      stopped: (side) => stopped.get(stopKey(side)) ?? null,
    };
  });
  return {
    runs,
    amended: () => amended,
    progress: () => ({
      total: sum('total'),
      done: sum('done'),
      jobs: [...jobs.values()],
      answered: answers,
      failures: { baseline: { ...failures.baseline }, candidate: { ...failures.candidate } },
      unused: [...unused.values()].map((one) => ({ ...one })),
      notSent: { ...notSent },
      cost: priced ? cost : null,
      uncountedAnswers,
      budget: options.budget,
    }),
  };
};

/** USD of an answer in a batch: as the provider said it, else its tokens at the price of batches. */
const batchCostOf = (answer: Answer, { price, profile }: BatchSide): number | null => {
  if (answer.cost !== null) return answer.cost;
  const full = costOfAnswer(answer, price);
  return full === null ? null : full * profile.priceFactor;
};
