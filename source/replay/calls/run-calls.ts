import type { Answer, CallResult, FailureReason } from '../../models/answer.ts';
import type { Price } from '../../models/model.ts';
import { costAtMost, costOfAnswer, priceAtMoment } from '../../models/prices.ts';
import { Claims } from '../claims.ts';
import { Alarm } from '../limits/alarm.ts';
import { Budget } from '../limits/budget.ts';
import { usageForBudget } from '../limits/cost-bound.ts';
import { Gate, type GateOptions } from '../limits/gate.ts';
import type { Lane } from '../limits/lane.ts';
import type { RunCallsOptions } from '../replay-options.ts';
import type { LiveLane, OutgoingCall } from './outgoing-call.ts';

/** A model that receives no calls for now. */
export type PausedModel = {
  readonly model: string;
  readonly reason: FailureReason;
  /** The time until it is probed or used again; 0 while a probe is in flight. */
  readonly leftMs: number;
};

/** The progress of the calls of a run. Money is USD. */
export type CallProgress = {
  /** The number of calls in flight. */
  readonly inFlight: number;
  /** The number of calls waiting for their next attempt. */
  readonly retrying: number;
  /** Until the first of them is due, in milliseconds; 0 when one is, or none waits. */
  readonly retryInMs: number;
  readonly paused: readonly PausedModel[];
  /**
   * As reported by the providers or from the usage they counted; null if the price of a model is
   * unknown. Unreported costs of failed calls are not included.
   */
  readonly cost: number | null;
  /**
   * The number of answers without a token count from the provider. If positive, `cost` is a lower
   * bound.
   */
  readonly uncountedAnswers: number;
  /** Null without a budget. */
  readonly budget: number | null;
  /**
   * The amount charged to the budget: the cost, plus the most that uncounted calls can have cost.
   */
  readonly spentAtMost: number;
  /** Whether calls wait until the budget is renewed. */
  readonly isBudgetUsedUp: boolean;
};

/** A live model of a run. Models may share a lane. */
export type CalledModel = { readonly live: LiveLane; readonly price: Price | null };

/** What the calls of one run share: limits, money, claims in the store, and the end of the run. */
export class RunCalls {
  readonly options: RunCallsOptions;
  readonly budget: Budget;
  readonly gate: Gate;
  readonly claims: Claims;
  readonly #models: readonly CalledModel[];
  readonly #lanes: readonly Lane[];
  readonly #alarm: Alarm;
  /** Work that has begun and not ended; none of it rejects. */
  readonly #open = new Set<Promise<void>>();
  readonly #inFlight = new Set<AbortController>();
  readonly #stopping = new AbortController();
  readonly #ending: AbortSignal;
  #cost = 0;
  #uncountedAnswers = 0;
  #error: unknown = null;

  /** `warmUp` prepares a model for its first call, and never rejects; without it, nothing is done. */
  constructor(
    options: RunCallsOptions,
    {
      models,
      warmUp,
      ...news
    }: Pick<GateOptions, 'onNews' | 'renewal'> & {
      readonly models: readonly CalledModel[];
      readonly warmUp?: (lane: Lane, calls: RunCalls) => Promise<void>;
    },
  ) {
    const { concurrency, now, wait } = options;
    this.options = options;
    this.budget = options.sharedBudget?.share() ?? new Budget(options.budget);
    this.claims = new Claims(options, (error) => this.abort(error));
    this.#models = models;
    this.#lanes = [...new Set(models.map(({ live }) => live.lane))];
    this.#ending = AbortSignal.any([
      this.#stopping.signal,
      ...(options.ending === undefined ? [] : [options.ending]),
    ]);
    this.gate = new Gate({
      ...news,
      concurrency,
      budget: this.budget,
      lanes: this.#lanes,
      now,
      ...(warmUp === undefined
        ? {}
        : { onCold: (lane) => void warmUp(lane, this).then(() => this.gate.warm(lane)) }),
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
    return this.#ending.aborted;
  }

  /** Aborted when nothing more is sent. */
  get ending(): AbortSignal {
    return this.#ending;
  }

  /** Aborted with the run. */
  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Whether no work is open. */
  get isIdle(): boolean {
    return this.#open.size === 0;
  }

  /**
   * Does the work of a run, registered in the store as one that may claim. Rejects with the first error, of
   * the work or of a call.
   */
  async run(work: () => Promise<void>): Promise<void> {
    const { signal } = this.options;
    const stop = (): void => this.abort();
    const close = (): void => this.gate.close();
    if (signal.aborted) stop();
    if (this.isEnding) close();
    signal.addEventListener('abort', stop, { once: true });
    this.#ending.addEventListener('abort', close, { once: true });
    try {
      await this.claims.open();
      await work();
    } catch (error) {
      this.abort(error);
    }
    await this.claims.close().catch((error: unknown) => this.abort(error));
    signal.removeEventListener('abort', stop);
    this.#ending.removeEventListener('abort', close);
    this.#alarm.stop();
    // Only a warm-up that no call waits for any more.
    for (const call of this.#inFlight) call.abort();
    if (this.#error !== null) throw this.#error;
  }

  /** Ends the run: aborts calls in flight and sends nothing more. */
  abort(error?: unknown): void {
    this.#error ??= error ?? null;
    this.#stopping.abort();
    this.gate.close();
    this.#alarm.stop();
    for (const call of this.#inFlight) call.abort();
  }

  /** Goes on without waiting for this work, until `settled`. An error of it ends the run. */
  add(work: Promise<void>): void {
    const settled: Promise<void> = work
      .catch((error: unknown) => this.abort(error))
      .finally(() => this.#open.delete(settled));
    this.#open.add(settled);
  }

  /** Resolves when all work that was added has ended. */
  async settled(): Promise<void> {
    await Promise.all(this.#open);
  }

  /** Makes a call with a signal that is aborted with the run. */
  async cutOff<Result>(call: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    const controller = new AbortController();
    if (this.isAborted) controller.abort();
    this.#inFlight.add(controller);
    try {
      return await call(controller.signal);
    } finally {
      this.#inFlight.delete(controller);
    }
  }

  /** Counts the cost of a call that has ended. Returns the USD to charge to the budget. */
  book({ atMost, bound, live, target }: OutgoingCall, result: CallResult): number {
    const answer = arrivedAnswer(result);
    const price = priceAtMoment(target.price, new Date(this.options.at()));
    const cost = costOfAnswer(answer, price);
    const isAnswered = result.kind === 'answered';
    if (cost !== null) this.#cost += cost;
    else if (isAnswered) this.#uncountedAnswers++;
    if (isAnswered) {
      live.answers++;
      if (cost !== null) live.pricedAnswers++;
    }
    if (this.options.budget === null) return 0;
    return cost ?? costAtMost(usageForBudget(result, bound), price) ?? atMost;
  }

  get progress(): CallProgress {
    return {
      inFlight: this.gate.inFlight,
      retrying: this.gate.retrying,
      retryInMs: this.#retryInMs(),
      paused: this.#pausedModels(),
      cost: this.#isPriced() ? this.#cost : null,
      uncountedAnswers: this.#uncountedAnswers,
      budget: this.options.budget,
      spentAtMost: this.budget.spent,
      isBudgetUsedUp: this.gate.isUsedUp,
    };
  }

  #retryInMs(): number {
    const { nextRetryMs } = this.gate;
    return Number.isFinite(nextRetryMs) ? Math.max(0, nextRetryMs - this.options.now()) : 0;
  }

  #pausedModels(): readonly PausedModel[] {
    const nowMs = this.options.now();
    return this.#lanes.flatMap((lane) => {
      const pause = lane.stopped === null ? lane.pause(nowMs) : null;
      if (pause === null) return [];
      const leftMs = Math.max(0, pause.untilMs - nowMs);
      return [{ model: lane.label, reason: pause.reason, leftMs }];
    });
  }

  /** Returns whether the cost of every live model is known, from its price or its answers. */
  #isPriced(): boolean {
    return this.#models.every(
      ({ live, price }) =>
        price !== null || (live.answers > 0 && live.answers === live.pricedAnswers),
    );
  }
}

/** Returns the answer of a call or, for a failed call, the part that arrived. */
export const arrivedAnswer = (result: CallResult): Answer | null =>
  result.kind === 'answered' ? result.answer : result.partial;
