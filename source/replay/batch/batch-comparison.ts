import type { Side } from '../../comparison/outcome.ts';
import type { Remedy } from '../../models/adaptation/remedy.ts';
import type { Answer, Failure } from '../../models/answer.ts';
import type { Model } from '../../models/model.ts';
import { costOfAnswer } from '../../models/prices.ts';
import type { BatchJob } from '../../store/batches/batch-jobs.ts';
import { saveManyNotSent, type NotSent } from '../../store/not-sent.ts';
import { countAnsweredPairs } from '../../store/comparisons/answer-counts.ts';
import { canonicalJson } from '../../text/json.ts';
import type { Claims } from '../claims.ts';
import { compareUncompared } from '../compare-stored.ts';
import { Budget } from '../limits/budget.ts';
import { wantedSamples } from '../run-model.ts';
import { AnswerTally, type RunProgress } from '../run-progress.ts';
import type { BatchEvent } from './batch-event.ts';
import type { BatchModel, BatchReplayOptions, BatchSide } from './batch-options.ts';

/** A change that would have helped refused requests but that nobody approved. */
export type UnusedRemedy = {
  readonly modelLabel: string;
  readonly remedy: Remedy;
  /** The number of requests that were refused for it. */
  readonly lines: number;
};

/** The progress of a batch replay. Counts cover this run only, except `total` and `done`. */
export type BatchProgress = RunProgress & {
  /** The jobs of this run, in order of appearance. */
  readonly jobs: readonly BatchJob[];
  readonly unused: readonly UnusedRemedy[];
};

/** The state that all comparisons of a batch replay share. */
export class BatchRun {
  readonly options: BatchReplayOptions;
  readonly claims: Claims;
  readonly budget: Budget;
  readonly comparisons: readonly BatchComparison[];
  readonly #tally = new AnswerTally();
  readonly #jobs = new Map<string, BatchJob>();
  readonly #unused = new Map<string, UnusedRemedy>();
  /** The failures that stopped a baseline (by its side) or a candidate (by its comparison). */
  readonly #stopped = new Map<string, Failure>();
  #cost = 0;
  #uncountedAnswers = 0;
  #amended = 0;

  constructor(options: BatchReplayOptions, claims: Claims) {
    this.options = options;
    this.claims = claims;
    this.budget = new Budget(options.budget);
    this.comparisons = options.comparisons.map(
      ({ candidate, comparisonId }) => new BatchComparison(this, comparisonId, candidate),
    );
  }

  /** The number of refused requests that were changed and will be submitted again. */
  get amended(): number {
    return this.#amended;
  }

  get progress(): BatchProgress {
    const sum = (count: (comparison: BatchComparison) => number): number =>
      this.comparisons.reduce((total, comparison) => total + count(comparison), 0);
    return {
      total: sum(({ pairs }) => pairs),
      done: sum(({ answeredPairs }) => answeredPairs),
      ...this.#tally.counts,
      cost: this.#isPriced() ? this.#cost : null,
      uncountedAnswers: this.#uncountedAnswers,
      budget: this.options.budget,
      jobs: [...this.#jobs.values()],
      unused: [...this.#unused.values()],
    };
  }

  emit(event: BatchEvent): void {
    this.options.onEvent?.(event);
  }

  /** Records a job that is new or has changed. */
  jobChanged(job: BatchJob): void {
    this.#jobs.set(job.id, job);
    this.emit({ kind: 'job', job });
  }

  /** Counts a stored answer and its cost. */
  answered(model: BatchModel, answer: Answer): void {
    this.#tally.addAnswer(answer);
    if (!('api' in model)) return;
    const cost = batchCost(answer, model);
    if (cost === null) this.#uncountedAnswers++;
    else this.#cost += cost;
  }

  failed(side: Side, { reason }: Failure): void {
    this.#tally.addFailure(side, reason);
  }

  addNotSent(reason: string, answers: number): void {
    this.#tally.addNotSent(reason, answers);
  }

  /** Counts a refused request that was changed. */
  addAmended(): void {
    this.#amended++;
  }

  /** Counts a refused request that needed a change nobody approved. */
  addUnused(modelLabel: string, remedy: Remedy): void {
    const key = `${modelLabel}\0${canonicalJson({ ...remedy, reason: '' })}`;
    const known = this.#unused.get(key);
    this.#unused.set(key, {
      modelLabel,
      remedy: known?.remedy ?? remedy,
      lines: (known?.lines ?? 0) + 1,
    });
  }

  /** Sends nothing more to a side's provider. Returns false if it was already stopped. */
  stop(key: string, failure: Failure): boolean {
    if (this.#stopped.has(key)) return false;
    this.#stopped.set(key, failure);
    return true;
  }

  stopped(key: string): Failure | null {
    return this.#stopped.get(key) ?? null;
  }

  #isPriced(): boolean {
    const { baseline, comparisons } = this.options;
    return [baseline, ...comparisons.map(({ candidate }) => candidate)].every(
      (model) => !('api' in model) || model.price !== null,
    );
  }
}

/** One comparison of a batch replay. */
export class BatchComparison {
  readonly run: BatchRun;
  readonly id: string;
  readonly models: Readonly<Record<Side, BatchModel>>;
  /** Comparisons that can share their baseline answers, including those of this run. */
  readonly siblings = new Set<string>();
  #pairs = 0;
  #answeredPairs = 0;

  constructor(run: BatchRun, id: string, candidate: BatchModel) {
    this.run = run;
    this.id = id;
    this.models = { baseline: run.options.baseline, candidate };
  }

  get options(): BatchReplayOptions {
    return this.run.options;
  }

  /** The other comparisons of the run, which share the baseline's answers. */
  get others(): readonly string[] {
    return this.run.comparisons.map(({ id }) => id).filter((id) => id !== this.id);
  }

  get pairs(): number {
    return this.#pairs;
  }

  /** Pairs that had both answers at the last `compare`. */
  get answeredPairs(): number {
    return this.#answeredPairs;
  }

  /** The number of answers that each side should have. */
  get samples(): Readonly<Record<Side, number>> {
    const { baseline, candidate } = this.models;
    return wantedSamples(
      { baseline: modelOfSide(baseline), candidate: modelOfSide(candidate) },
      this.options.samples,
    );
  }

  /** Compares the pairs that now have both answers, and counts them. */
  async compare(): Promise<void> {
    const { signal, store } = this.options;
    await compareUncompared(store, this.id, {
      isAborted: () => signal.aborted,
      onOutcome: () => {},
    });
    if (signal.aborted) return;
    const { answered, pairs } = await countAnsweredPairs(store, this.id, this.samples);
    this.#pairs = pairs;
    this.#answeredPairs = answered;
  }

  /** Stores and counts the reasons why answers are not sent. */
  async notSent(all: readonly NotSent[]): Promise<void> {
    if (all.length === 0) return;
    await saveManyNotSent(this.options.store, this.id, all, this.options.at());
    for (const { reason } of all) this.run.addNotSent(reason, 1);
  }

  /** Sends nothing more to this side's provider. */
  stop(side: Side, failure: Failure): void {
    const isNew = this.run.stop(this.#stopKey(side), failure);
    if (isNew) this.run.emit({ kind: 'stopped', side, comparisonId: this.id, failure });
  }

  /** Returns the failure that stopped this side's provider; null while it is in use. */
  stopped(side: Side): Failure | null {
    return this.run.stopped(this.#stopKey(side));
  }

  /** Returns the key of a side. A baseline is stopped in all comparisons at once. */
  #stopKey(side: Side): string {
    return side === 'baseline' ? side : this.id;
  }
}

/** Returns the model of a side, live or recorded. */
export const modelOfSide = (model: BatchModel): Model => ('api' in model ? model.model : model);

/**
 * Returns the cost of an answer in a batch, in USD: as reported by the provider, otherwise its
 * tokens at the batch price.
 */
const batchCost = (answer: Answer, { price, profile }: BatchSide): number | null => {
  if (answer.cost !== null) return answer.cost;
  const full = costOfAnswer(answer, price);
  return full === null ? null : full * profile.priceFactor;
};
