import type { Side } from '../comparison/outcome.ts';
import type { Remedy } from '../models/adaptation/remedy.ts';
import type { Answer, Failure, FailureReason } from '../models/answer.ts';
import { saveNotSent } from '../store/not-sent.ts';
import { Claims } from './claims.ts';
import { Alarm } from './limits/alarm.ts';
import { Budget } from './limits/budget.ts';
import { Gate, type GateOptions, type LaneNews } from './limits/gate.ts';
import { RemedyBook } from './remedy-book.ts';
import type { AnswerEvent, AnswerKey, ReplayEvent } from './replay-event.ts';
import type { ReplayOptions } from './replay-options.ts';
import {
  createRunModels,
  sharedSide,
  type LiveLane,
  type RunModel,
  type Task,
} from './run-model.ts';
import { AnswerTally, type RunProgress } from './run-progress.ts';
import { WarmUps } from './warm-ups.ts';

/** A model that receives no calls for now. */
export type PausedModel = {
  readonly model: string;
  readonly reason: FailureReason;
  /** The time until it is probed or used again; 0 while a probe is in flight. */
  readonly leftMs: number;
};

/** The progress of a live replay, over all of its comparisons or in one of them. */
export type ReplayProgress = RunProgress & {
  /**
   * The pairs in `done` that this run finished, including those where it waited for another run.
   */
  readonly doneInRun: number;
  /** The number of calls in flight, over all comparisons. */
  readonly inFlight: number;
  /** The number of calls waiting for their next attempt, over all comparisons. */
  readonly retrying: number;
  /** Until the first of them is due, in milliseconds; 0 when one is, or none waits. */
  readonly retryInMs: number;
  /** Pairs with an answer that another run is getting. */
  readonly awaited: number;
  readonly paused: readonly PausedModel[];
  /** The number of answers that other runs added during this one; 0 until it ends. */
  readonly answeredElsewhere: number;
  /**
   * The amount charged to the budget: the cost, plus the most that uncounted calls can have cost.
   */
  readonly spentAtMost: number;
  /** What was spent on the present day (USD, UTC) under a budget that is renewed; null without one. */
  readonly spentToday: number | null;
  /** Whether calls wait until that budget is renewed. */
  readonly isBudgetUsedUp: boolean;
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

/** The state that the calls of one run share. */
export class ReplayRun {
  readonly options: ReplayOptions;
  readonly budget: Budget;
  readonly gate: Gate;
  readonly baseline: RunModel;
  /** In the order of the comparisons. */
  readonly candidates: readonly RunModel[];
  readonly remedies: RemedyBook;
  readonly claims: Claims;
  /** Other comparisons with the same name and baseline that can share its answers. */
  readonly siblings = new Set<string>();
  /**
   * Captures with an answer that another run is fetching, each with the comparisons that lack it.
   */
  readonly awaited = new Map<string, Set<string>>();
  readonly #lanes: readonly LiveLane[];
  readonly #alarm: Alarm;
  readonly #tallies: ReadonlyMap<string, ComparisonTally>;
  /** Answers that failed or were not sent in this run, by `nameOfAnswer`. */
  readonly #settled = new Set<string>();
  readonly #calls = new Set<AbortController>();
  readonly #stopping = new AbortController();
  #cost = 0;
  #uncountedAnswers = 0;
  #error: unknown = null;

  /** Throws RangeError like `startReplay`. Sends nothing yet. */
  constructor(options: ReplayOptions) {
    check(options);
    const { at, comparisons, concurrency, now, store, wait, warmUp } = options;
    const { baseline, candidates } = createRunModels(options);
    const models = [baseline, ...candidates];
    this.options = options;
    this.baseline = baseline;
    this.candidates = candidates;
    this.remedies = options.adapting?.book ?? new RemedyBook({ store, at });
    this.#lanes = [...new Set(models.flatMap(({ live }) => live ?? []))];
    this.#tallies = new Map(
      comparisons.map(({ comparisonId }) => [comparisonId, new ComparisonTally()]),
    );
    this.budget = options.sharedBudget?.share() ?? new Budget(options.budget);
    this.claims = new Claims(options, (error) => this.abort(error));
    const warmUps = warmUp === null ? null : new WarmUps(this, models, warmUp);
    this.gate = new Gate({
      concurrency,
      budget: this.budget,
      renewal: this.#renewal(),
      lanes: this.#lanes.map(({ lane }) => lane),
      now,
      ...(warmUps === null
        ? {}
        : { onCold: (lane) => void warmUps.warmUp(lane).then(() => this.gate.warm(lane)) }),
      onNews: (news) => this.#tellLane(news),
      onWake: () => this.#alarm.set(),
    });
    this.#alarm = new Alarm({
      atMs: () => this.gate.wakesAtMs,
      ring: () => this.gate.advance(),
      now,
      wait,
    });
  }

  /** Whether the run was ended, by the user or by an error. */
  get isAborted(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** Whether nothing more is sent: the run was ended, or waits for its last calls only. */
  get isEnding(): boolean {
    return this.isAborted || this.options.following?.ending.aborted === true;
  }

  /** Aborted with the run. */
  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  /** The first error of the store; null when there was none. */
  get error(): unknown {
    return this.#error;
  }

  /** Ends the run: aborts calls in flight and sends nothing more. */
  abort(error?: unknown): void {
    this.#error ??= error ?? null;
    this.#stopping.abort();
    this.gate.close();
    this.#alarm.stop();
    for (const call of this.#calls) call.abort();
  }

  /** Stops the timer of a run that has ended. */
  end(): void {
    this.#alarm.stop();
  }

  /** Makes a call with a signal that is aborted with the run. */
  async cutOff<Result>(call: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    const controller = new AbortController();
    if (this.isAborted) controller.abort();
    this.#calls.add(controller);
    try {
      return await call(controller.signal);
    } finally {
      this.#calls.delete(controller);
    }
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

  /** Counts the cost of an answer, in USD; null if its tokens were not counted. */
  paid(cost: number | null): void {
    if (cost === null) this.#uncountedAnswers++;
    else this.#cost += cost;
  }

  /**
   * Counts a failure that is not retried. `unused` is a change to the request that nobody approved.
   */
  failed(task: Task, attempts: number, failure: Failure, unused: Remedy | null): void {
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
      ...(task.target.live === null ? [] : [this.claims.release([sharedSide(task)])]),
    ]);
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
    const daily = this.options.following?.budget ?? null;
    const sum = (count: (tally: ComparisonTally) => number): number =>
      tallies.reduce((total, tally) => total + count(tally), 0);
    return {
      total: sum(({ total }) => total),
      done: sum(({ done }) => done),
      doneInRun: sum(({ doneInRun }) => doneInRun),
      inFlight: this.gate.inFlight,
      retrying: this.gate.retrying,
      retryInMs: this.#retryInMs(),
      awaited: this.awaitedPairs(comparisonId),
      paused: this.#pausedModels(),
      ...AnswerTally.sum(tallies.map(({ answers }) => answers)).counts,
      answeredElsewhere: sum(({ answeredElsewhere }) => answeredElsewhere),
      cost: this.#isPriced() ? this.#cost : null,
      uncountedAnswers: this.#uncountedAnswers,
      budget: daily === null ? this.options.budget : daily.perDay,
      spentAtMost: this.budget.spent,
      spentToday: daily?.spentToday ?? null,
      isBudgetUsedUp: this.gate.isUsedUp,
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

  /** Whether a model of the run is paused. */
  get isAnyPaused(): boolean {
    return this.#pausedModels().length > 0;
  }

  /** Whether nothing can be compared any more: the baseline or every candidate was stopped. */
  get isFutile(): boolean {
    const isStopped = ({ live }: RunModel): boolean => (live?.lane.stopped ?? null) !== null;
    return isStopped(this.baseline) || this.candidates.every(isStopped);
  }

  #retryInMs(): number {
    const { nextRetryMs } = this.gate;
    return Number.isFinite(nextRetryMs) ? Math.max(0, nextRetryMs - this.options.now()) : 0;
  }

  #pausedModels(): readonly PausedModel[] {
    const nowMs = this.options.now();
    return this.#lanes.flatMap(({ lane }) => {
      const pause = lane.stopped === null ? lane.pause(nowMs) : null;
      if (pause === null) return [];
      const leftMs = Math.max(0, pause.untilMs - nowMs);
      return [{ model: lane.label, reason: pause.reason, leftMs }];
    });
  }

  /** Returns whether the cost of every live model is known, from its price or its answers. */
  #isPriced(): boolean {
    return [this.baseline, ...this.candidates].every(
      ({ live, price }) =>
        live === null ||
        price !== null ||
        (live.answers > 0 && live.answers === live.pricedAnswers),
    );
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
