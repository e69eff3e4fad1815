import type { Side } from '../comparison/outcome.ts';
import type { Remedy } from '../models/adaptation/remedy.ts';
import type { Answer, Failure } from '../models/answer.ts';
import { saveNotSent } from '../store/not-sent.ts';
import { RunCalls, type CallProgress } from './calls/run-calls.ts';
import type { GateOptions, LaneNews } from './limits/gate.ts';
import { RemedyBook } from './remedy-book.ts';
import type { AnswerEvent, AnswerKey, ReplayEvent } from './replay-event.ts';
import type { ReplayOptions } from './replay-options.ts';
import { createRunModels, sharedSide, type RunModel, type Task } from './run-model.ts';
import { AnswerTally, type RunProgress } from './run-progress.ts';
import { WarmUps } from './warm-ups.ts';

/** The progress of a live replay, over all of its comparisons or in one of them. */
export type ReplayProgress = RunProgress &
  CallProgress & {
    /**
     * The pairs in `done` that this run finished, including those where it waited for another run.
     */
    readonly doneInRun: number;
    /** Pairs with an answer that another run is getting. */
    readonly awaited: number;
    /** The number of answers that other runs added during this one; 0 until it ends. */
    readonly answeredElsewhere: number;
    /** What was spent on the present day (USD, UTC) under a budget that is renewed; null without one. */
    readonly spentToday: number | null;
    /** Since the run began. */
    readonly elapsedMs: number;
  };

/** The counts of one comparison in this run. */
export class ComparisonTally {
  readonly answers = new AnswerTally();
  total = 0;
  doneBefore = 0;
  doneInRun = 0;
  /** The number of pairs that other runs answered and this one never reached. */
  doneElsewhere = 0;
  /** The number of answers that existed when the run began. */
  answersBefore = 0;
  answeredElsewhere = 0;

  get done(): number {
    return this.doneBefore + this.doneInRun + this.doneElsewhere;
  }
}

/** An event about an answer, without the key of the answer. */
type News<Event> = Event extends AnswerEvent ? Omit<Event, keyof AnswerKey> : never;

/** The state of one replay. */
export class ReplayRun {
  readonly options: ReplayOptions;
  readonly calls: RunCalls;
  readonly baseline: RunModel;
  /** In the order of the comparisons. */
  readonly candidates: readonly RunModel[];
  readonly remedies: RemedyBook;
  /** Other comparisons with the same name and baseline that can share its answers. */
  readonly siblings = new Set<string>();
  /**
   * Captures with an answer that another run is fetching, each with the comparisons that lack it.
   */
  readonly awaited = new Map<string, Set<string>>();
  readonly #tallies: ReadonlyMap<string, ComparisonTally>;
  /** What failed or was not sent, each once however many comparisons share it. */
  readonly #unanswered = new AnswerTally();
  /** Answers that failed or were not sent in this run, by `nameOfAnswer`. */
  readonly #settled = new Set<string>();

  /** Throws RangeError like `startReplay`. Sends nothing yet. */
  constructor(options: ReplayOptions) {
    check(options);
    const { at, comparisons, store, warmUp } = options;
    const { baseline, candidates } = createRunModels(options);
    const models = [baseline, ...candidates];
    this.options = options;
    this.baseline = baseline;
    this.candidates = candidates;
    this.remedies = options.adapting?.book ?? new RemedyBook({ store, at });
    this.#tallies = new Map(
      comparisons.map(({ comparisonId }) => [comparisonId, new ComparisonTally()]),
    );
    const warmUps = warmUp === null ? null : new WarmUps(models, warmUp);
    this.calls = new RunCalls(options, {
      models: models.flatMap(({ live, price }) => (live === null ? [] : [{ live, price }])),
      renewal: this.#renewal(),
      onNews: (news) => this.#tellLane(news),
      ...(warmUps === null ? {} : { warmUp: (lane, calls) => warmUps.warmUp(lane, calls) }),
    });
  }

  emit(event: ReplayEvent): void {
    this.options.onEvent?.(event);
  }

  /** Emits an event about a task's answer to each of its comparisons. */
  tell(task: Task, news: News<AnswerEvent>): void {
    if (this.options.onEvent === undefined) return;
    for (const key of keysOfTask(task)) this.emit({ ...key, ...news });
  }

  /**
   * Counts a stored answer (null: one that another comparison has). `areNew`: for each comparison of the
   * task, whether this run added it.
   */
  answered(
    task: Task,
    areNew: readonly boolean[],
    { answer, recorded }: { readonly answer: Answer | null; readonly recorded: boolean },
  ): void {
    for (const [index, comparisonId] of task.comparisonIds.entries()) {
      if (areNew[index] === true) this.tally(comparisonId).answers.addAnswer(answer);
    }
    this.tell(task, { kind: 'answered', recorded });
  }

  /**
   * Counts a failure that is not retried. `unused` is a change to the request that nobody approved.
   */
  failed(task: Task, attempts: number, failure: Failure, unused: Remedy | null): void {
    this.#unanswered.addFailure(task.target.side, failure.reason);
    for (const key of keysOfTask(task)) {
      this.#settled.add(nameOfAnswer(key));
      this.tally(key.comparisonId).answers.addFailure(key.side, failure.reason);
    }
    this.tell(task, { kind: 'failed', attempts, failure, unused });
  }

  /** Stores and counts the reason why a task is not sent, and releases its claim. */
  async notSent(task: Task, reason: string): Promise<void> {
    const { store } = this.options;
    const at = this.options.at();
    const keys = keysOfTask(task);
    // Started together, these writes share a transaction.
    await Promise.all([
      ...keys.map((key) => saveNotSent(store, { ...key, reason, at })),
      ...(task.target.live === null ? [] : [this.calls.claims.release([sharedSide(task)])]),
    ]);
    this.#unanswered.addNotSent(reason, 1);
    for (const key of keys) {
      this.#settled.add(nameOfAnswer(key));
      this.tally(key.comparisonId).answers.addNotSent(reason, 1);
    }
    this.tell(task, { kind: 'not_sent', reason });
  }

  /** Returns whether an answer failed or was not sent in this run. */
  isSettled(key: AnswerKey): boolean {
    return this.#settled.has(nameOfAnswer(key));
  }

  tally(comparisonId: string): ComparisonTally {
    const tally = this.#tallies.get(comparisonId);
    if (tally === undefined) throw new Error(`The run has no comparison ${comparisonId}.`);
    return tally;
  }

  /** Returns the number of pairs that wait for another run, in one comparison or (null) in all. */
  awaitedPairs(comparisonId: string | null): number {
    let pairs = 0;
    for (const ids of this.awaited.values()) {
      if (comparisonId === null) pairs += ids.size;
      else if (ids.has(comparisonId)) pairs++;
    }
    return pairs;
  }

  /** Returns the progress of one comparison or, with null, of all, `elapsedMs` after the start. */
  progress(comparisonId: string | null, elapsedMs: number): ReplayProgress {
    const tallies =
      comparisonId === null ? [...this.#tallies.values()] : [this.tally(comparisonId)];
    const { failures, notSent } = this.#unanswered.counts;
    const daily = this.options.following?.budget ?? null;
    const sum = (count: (tally: ComparisonTally) => number): number =>
      tallies.reduce((total, tally) => total + count(tally), 0);
    return {
      total: sum(({ total }) => total),
      done: sum(({ done }) => done),
      doneInRun: sum(({ doneInRun }) => doneInRun),
      ...this.calls.progress,
      awaited: this.awaitedPairs(comparisonId),
      ...AnswerTally.sum(tallies.map(({ answers }) => answers)).counts,
      ...(comparisonId === null ? { failures, notSent } : {}),
      answeredElsewhere: sum(({ answeredElsewhere }) => answeredElsewhere),
      ...(daily === null ? {} : { budget: daily.perDay }),
      spentToday: daily?.spentToday ?? null,
      elapsedMs,
    };
  }

  #renewal(): NonNullable<GateOptions['renewal']> | null {
    const budget = this.options.following?.budget ?? null;
    if (budget === null) return null;
    return {
      mostPerCall: budget.perDay,
      onChange: (isUsedUp) => {
        const kind = isUsedUp ? 'budget_used_up' : 'budget_renewed';
        this.emit({ kind, period: budget.period });
      },
    };
  }

  /** Whether nothing can be compared any more: the baseline or every candidate was stopped. */
  get isFutile(): boolean {
    const isStopped = ({ live }: RunModel): boolean => (live?.lane.stopped ?? null) !== null;
    return isStopped(this.baseline) || this.candidates.every(isStopped);
  }

  #tellLane({ lane, ...news }: LaneNews): void {
    const side: Side = this.baseline.live?.lane === lane ? 'baseline' : 'candidate';
    this.emit({ ...news, model: lane.label, side } as ReplayEvent);
  }
}

const check = (options: ReplayOptions): void => {
  const { baseline, budget, comparisons, concurrency, samples, speed } = options;
  for (const [what, number] of Object.entries({ concurrency, samples })) {
    if (Number.isSafeInteger(number) && number >= 1) continue;
    throw new RangeError(`${what} must be a whole number ≥ 1, not ${number}.`);
  }
  if (speed !== null && !(speed > 0)) {
    throw new RangeError(`speed must be above 0, not ${speed}.`);
  }
  if (budget === null) return;
  for (const { model, price } of [baseline, ...comparisons.map(({ candidate }) => candidate)]) {
    if (model.kind === 'live' && price === null) {
      throw new RangeError(`A budget needs the price of ${model.label}.`);
    }
  }
};

/** Returns the keys of the answers that a task produces, one per comparison. */
const keysOfTask = ({ capture, comparisonIds, sample, target }: Task): readonly AnswerKey[] =>
  comparisonIds.map((comparisonId) => ({
    comparisonId,
    captureId: capture.id,
    side: target.side,
    sample,
  }));

const nameOfAnswer = ({ captureId, comparisonId, sample, side }: AnswerKey): string =>
  `${captureId}\0${comparisonId}\0${sample}\0${side}`;
