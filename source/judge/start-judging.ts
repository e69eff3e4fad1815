import type { Side } from '../comparison/outcome.ts';
import type { Deadlines } from '../models/call/deadlines.ts';
import type { callModel } from '../models/call/client.ts';
import { adaptRequest } from '../models/adaptation/adapt-request.ts';
import type { Answer, CallResult, Failure, FailureReason } from '../models/answer.ts';
import { costAtMost, costOfAnswer, dearestPrice, priceAtMoment } from '../models/prices.ts';
import type { Limits } from '../configuration/settings.ts';
import { Claims } from '../replay/claims.ts';
import { Alarm } from '../replay/limits/alarm.ts';
import { Budget } from '../replay/limits/budget.ts';
import { usageBound, usageForBudget } from '../replay/limits/cost-bound.ts';
import { Gate } from '../replay/limits/gate.ts';
import { longestWaitMs, type Patience } from '../replay/limits/health.ts';
import { Lane } from '../replay/limits/lane.ts';
import { modelPauseMs, retryDelayMs, withLongWait } from '../replay/limits/retry.ts';
import { TokenEstimate } from '../replay/limits/token-estimate.ts';
import type { Admission, CallTicket } from '../replay/limits/waiting-calls.ts';
import type { CallableModel, LiveModel, RunOptions } from '../replay/replay-options.ts';
import { loadPair } from '../store/comparisons/pairs.ts';
import {
  claimForJudge,
  countForJudge,
  listForJudge,
  releaseForJudge,
  saveJudgeCall,
  type JudgeKey,
  type JudgePair,
} from '../store/judge-calls.ts';
import type { JsonObject } from '../text/json.ts';
import { judgeRequest, promptVersion, readJudgeReply } from './judge-prompt.ts';

/** The progress of a run of a judge. Counts are of pairs, money is USD. */
export type JudgingProgress = {
  /** The pairs that neither the machine nor a rule settled. */
  readonly total: number;
  /** Those with the judge's answer in both orders, with those of other runs that this one met. */
  readonly done: number;
  readonly failed: number;
  /** Null if the price is unknown. */
  readonly cost: number | null;
  readonly uncountedAnswers: number;
  readonly budget: number | null;
  readonly inFlight: number;
};

/** The result of a run. `budget`: the rest did not fit into the budget. */
export type JudgingResult = {
  readonly ended: 'done' | 'budget' | 'interrupted';
  readonly progress: JudgingProgress;
  /** Why the judge was stopped, with its last failure; null if it was not. */
  readonly stopped: { readonly reason: FailureReason; readonly message: string } | null;
};

export type JudgingOptions = Omit<RunOptions, 'newId' | 'samples'> & {
  readonly newRunId: () => string;
  /** A new id for a call, greater than those before. */
  readonly newCallId: () => string;
  readonly comparisonId: string;
  readonly judge: CallableModel & { readonly model: LiveModel };
  readonly concurrency: number;
  readonly limits: Limits;
  readonly patience: Patience;
  readonly deadlines: Deadlines;
  /** The most bytes in one answer. */
  readonly maximumBytes: number;
  readonly call: typeof callModel;
  readonly onFailure?: (captureId: string, failure: Failure) => void;
};

/** A running judge. `done` rejects when the store fails. */
export type Judging = {
  readonly done: Promise<JudgingResult>;
  readonly progress: () => JudgingProgress;
};

/**
 * Puts the pairs that neither the machine nor a rule settled to a judge, each in both orders, in the random order
 * of the queue. What is stored is not asked for again. Every answer is stored when it arrives, so a run may end at any
 * time. Runs at the same time share the work: each claims a pair before it sends its calls.
 */
export const startJudging = (options: JudgingOptions): Judging => {
  const run = new JudgeRun(options);
  return { done: run.run(), progress: () => run.progress };
};

/** How many pairs are read at once. */
const pageSize = 64;

/** The interval at which a run looks for the answers of another one. */
const lookMs = 250;

/** A request to the judge, with the most that it can use and, under a budget, cost. */
type JudgeTask = {
  readonly pair: JudgePair;
  readonly first: Side;
  readonly body: JsonObject;
  readonly bytes: number;
  readonly bound: ReturnType<typeof usageBound>;
  readonly atMost: number;
};

type OrderEnd = 'answered' | 'failed' | 'not_sent';

class JudgeRun {
  readonly #options: JudgingOptions;
  readonly #key: JudgeKey;
  readonly #lane: Lane;
  readonly #estimate = new TokenEstimate();
  readonly #gate: Gate;
  readonly #alarm: Alarm;
  readonly #claims: Claims;
  readonly #stopping = new AbortController();
  /** Pairs that failed in this run, which are not sent again in it. */
  readonly #failed = new Set<string>();
  readonly #counts = { total: 0, done: 0, cost: 0, uncounted: 0 };
  #isBudgetReached = false;
  #lastFailure: Failure | null = null;
  #error: unknown = null;

  constructor(options: JudgingOptions) {
    const { concurrency, judge, limits, now, patience, wait } = options;
    this.#options = options;
    this.#key = { judge: judge.model.label, prompt: promptVersion };
    this.#lane = new Lane({ label: judge.model.label, limits, patience });
    this.#gate = new Gate({
      concurrency,
      budget: new Budget(options.budget),
      lanes: [this.#lane],
      now,
      onWake: () => this.#alarm.set(),
    });
    this.#alarm = new Alarm({
      atMs: () => this.#gate.wakesAtMs,
      ring: () => this.#gate.advance(),
      now,
      wait,
    });
    this.#claims = new Claims({ ...options, newId: options.newRunId }, (error) => this.#end(error));
  }

  get progress(): JudgingProgress {
    const { budget, judge } = this.#options;
    const { cost, done, total, uncounted } = this.#counts;
    return {
      total,
      done,
      failed: this.#failed.size,
      cost: judge.price === null && cost === 0 ? null : cost,
      uncountedAnswers: uncounted,
      budget,
      inFlight: this.#gate.inFlight,
    };
  }

  async run(): Promise<JudgingResult> {
    const { comparisonId, signal, store } = this.#options;
    const stop = (): void => this.#end(null);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    try {
      await this.#claims.open();
      const { judged, pairs } = await countForJudge(store, comparisonId, this.#key);
      this.#counts.total = pairs;
      this.#counts.done = judged;
      await this.#judgeAll();
      const after = await countForJudge(store, comparisonId, this.#key);
      this.#counts.done = after.judged;
    } catch (error) {
      this.#end(error);
    } finally {
      signal.removeEventListener('abort', stop);
      this.#alarm.stop();
    }
    const isInterrupted = this.#stopping.signal.aborted;
    await this.#claims.close().catch((error: unknown) => this.#end(error));
    if (this.#error !== null) throw this.#error;
    const { stopped } = this.#lane;
    return {
      ended: isInterrupted ? 'interrupted' : this.#isBudgetReached ? 'budget' : 'done',
      progress: this.progress,
      stopped:
        stopped === null ? null : { reason: stopped, message: this.#lastFailure?.message ?? '' },
    };
  }

  #end(error: unknown): void {
    this.#error ??= error;
    this.#stopping.abort();
    this.#gate.close();
    this.#alarm.stop();
  }

  get #isOver(): boolean {
    return this.#stopping.signal.aborted || this.#isBudgetReached || this.#lane.stopped !== null;
  }

  /** Judges what is open, then what another run had and gave up. */
  async #judgeAll(): Promise<void> {
    for (;;) {
      const awaited = await this.#pass();
      if (awaited === 0 || this.#isOver) return;
      await this.#options.wait(lookMs, this.#stopping.signal);
      await this.#claims.freeEnded();
    }
  }

  /** Returns the number of pairs that another run has. */
  async #pass(): Promise<number> {
    const { comparisonId, store } = this.#options;
    const open = new Set<Promise<void>>();
    let awaited = 0;
    try {
      for (let after = ''; !this.#isOver;) {
        const page = await listForJudge(store, comparisonId, this.#key, { after, limit: pageSize });
        for (const { captureId, position } of page) {
          after = position;
          if (this.#isOver) break;
          if (this.#failed.has(captureId)) continue;
          const pair = { ...this.#key, comparisonId, captureId };
          const orders = await claimForJudge(store, await this.#claims.touch(), pair);
          if (orders === 'taken') awaited++;
          else if (orders.length > 0) {
            const { ended } = await this.#begin(pair, orders);
            const settled: Promise<void> = ended
              .catch((error: unknown) => this.#end(error))
              .finally(() => open.delete(settled));
            open.add(settled);
          }
        }
        if (page.length < pageSize) break;
      }
    } finally {
      await Promise.all(open);
    }
    return awaited;
  }

  /** Queues the calls of a pair. Resolves when they are sent or refused; `ended` when they have ended. */
  async #begin(
    pair: JudgePair,
    orders: readonly Side[],
  ): Promise<{ readonly ended: Promise<void> }> {
    const { comparisonId, store } = this.#options;
    const { capture, sides } = await loadPair(store, comparisonId, pair.captureId);
    const { baseline, candidate } = sides;
    if (baseline.kind !== 'answered' || candidate.kind !== 'answered') {
      throw new Error(`The pair ${pair.captureId} is compared and lacks an answer.`);
    }
    const answers = { baseline: baseline.answer, candidate: candidate.answer };
    const ends: Promise<OrderEnd>[] = [];
    await new Promise<void>((taken) => {
      const calls = orders.map((first) => {
        const task = this.#task(pair, first, judgeRequest(capture, answers, first));
        const admission = Promise.withResolvers<Admission>();
        ends.push(this.#answer(task, admission.promise));
        return this.#waiting(task, admission.resolve);
      });
      this.#gate.begin(calls, { patient: true, taken });
    });
    return { ended: this.#finish(pair, ends) };
  }

  async #finish(pair: JudgePair, ends: readonly Promise<OrderEnd>[]): Promise<void> {
    const ended = await Promise.all(ends);
    if (ended.includes('failed')) this.#failed.add(pair.captureId);
    else if (!ended.includes('not_sent')) this.#counts.done++;
    await releaseForJudge(this.#options.store, await this.#claims.touch(), pair);
  }

  #task(pair: JudgePair, first: Side, request: JsonObject): JudgeTask {
    const { at, budget, judge } = this.#options;
    const { body } = adaptRequest(request, judge.model);
    const bytes = Buffer.byteLength(JSON.stringify(body));
    const bound = usageBound(body, bytes);
    const dearest = dearestPrice(judge.price, new Date(at()));
    const atMost = budget === null ? 0 : (costAtMost(bound, dearest) ?? 0);
    return { pair, first, body, bytes, bound, atMost };
  }

  #waiting({ atMost, body, bytes }: JudgeTask, admitted: (admission: Admission) => void) {
    const tokens = this.#lane.countsTokens ? this.#estimate.tokens(body, bytes) : 0;
    return { lane: this.#lane, atMost, tokens, admitted };
  }

  /** Sends a task once the gate admits it, tries again what may pass, and stores what came of it. */
  async #answer(task: JudgeTask, admission: Promise<Admission>): Promise<OrderEnd> {
    let admitted = await admission;
    for (let attempt = 1; ; attempt++) {
      if (admitted.kind === 'refused') {
        if (admitted.why === 'budget reached') this.#isBudgetReached = true;
        return 'not_sent';
      }
      const result = await this.#call(task);
      if (result.kind === 'answered') {
        await this.#keep(task, result, admitted.ticket);
        return 'answered';
      }
      const delayMs = await this.#keepFailure(task, result, admitted.ticket, attempt);
      if (delayMs === null) {
        return result.failure.reason === 'interrupted' ? 'not_sent' : 'failed';
      }
      admitted = await new Promise<Admission>((resolve) => {
        this.#gate.retry(this.#waiting(task, resolve), delayMs);
      });
    }
  }

  #call({ body }: JudgeTask): Promise<CallResult> {
    const { call, deadlines, judge, maximumBytes, now } = this.#options;
    const { apiKey, model } = judge;
    const { signal } = this.#stopping;
    return call({ model, body, apiKey, deadlines, maximumBytes, signal, now });
  }

  async #keep(
    task: JudgeTask,
    result: Extract<CallResult, { kind: 'answered' }>,
    ticket: CallTicket,
  ): Promise<void> {
    const { answer, rateLimits } = result;
    if (answer.usage !== null) this.#estimate.learn(task.bytes, answer.usage);
    const cost = this.#book(task, result, answer);
    const { reason, verdict } = readJudgeReply(answer, task.first);
    await this.#save(task, result, { verdict, reason, failure: null, answer });
    // Leave the gate only now: a killed run then loses no more answers than may be in flight at once.
    this.#gate.leave(ticket, cost, {
      failure: null,
      pauseMs: null,
      tokens: tokensOf(answer),
      rateLimits,
    });
  }

  /** Returns the time until the next attempt; null if there is none. */
  async #keepFailure(
    task: JudgeTask,
    result: Extract<CallResult, { kind: 'failed' }>,
    ticket: CallTicket,
    attempt: number,
  ): Promise<number | null> {
    const { onFailure, patience, random } = this.#options;
    const longestMs = longestWaitMs(patience);
    const failure = withLongWait(result.failure, longestMs);
    const { partial, rateLimits } = result;
    const cost = this.#book(task, result, partial);
    const isCutOff = failure.reason === 'interrupted' || this.#stopping.signal.aborted;
    const retryMs = isCutOff ? null : retryDelayMs(failure, attempt, random, longestMs);
    const pauseMs = modelPauseMs(failure, retryMs);
    this.#gate.leave(ticket, cost, { failure, pauseMs, tokens: tokensOf(partial), rateLimits });
    await this.#save(task, result, {
      verdict: null,
      reason: failure.message,
      failure: failure.reason,
      answer: partial,
    });
    if (isCutOff) return null;
    this.#lastFailure = failure;
    const isOver = retryMs === null || this.#lane.stopped !== null;
    if (isOver) onFailure?.(task.pair.captureId, failure);
    return isOver ? null : retryMs;
  }

  #save(
    { bound, first, pair }: JudgeTask,
    result: CallResult,
    said: Pick<Parameters<typeof saveJudgeCall>[1], 'answer' | 'failure' | 'reason' | 'verdict'>,
  ): Promise<void> {
    const { at, newCallId, store } = this.#options;
    const { providerRequestId, timings } = result;
    // Providers do not charge for HTTP errors.
    const isFree = result.kind === 'failed' && (result.failure.status ?? 0) >= 400;
    return saveJudgeCall(store, {
      ...pair,
      ...said,
      id: newCallId(),
      first,
      bound: isFree ? null : bound,
      totalMs: timings.totalMs,
      providerRequestId,
      at: at(),
    });
  }

  /** Counts the cost of a call. Returns the USD to charge to the budget. */
  #book({ atMost, bound }: JudgeTask, result: CallResult, answer: Answer | null): number {
    const { at, budget, judge } = this.#options;
    const price = priceAtMoment(judge.price, new Date(at()));
    const cost = costOfAnswer(answer, price);
    if (cost !== null) this.#counts.cost += cost;
    else if (result.kind === 'answered') this.#counts.uncounted++;
    if (budget === null) return 0;
    return cost ?? costAtMost(usageForBudget(result, bound), price) ?? atMost;
  }
}

/** The tokens that the provider counted; null if it counted none. */
const tokensOf = (answer: Answer | null): number | null => {
  const usage = answer?.usage ?? null;
  return usage === null ? null : (usage.input ?? 0) + (usage.output ?? 0);
};
