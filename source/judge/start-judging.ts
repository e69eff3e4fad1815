import type { Side } from '../comparison/outcome.ts';
import { isUnbilled, type Failure } from '../models/answer.ts';
import {
  createLiveLane,
  measureCall,
  type LiveLane,
  type OutgoingCall,
} from '../replay/calls/outgoing-call.ts';
import { RunCalls, type CallProgress } from '../replay/calls/run-calls.ts';
import { sendCalls, type CallEnd, type CallKeeper } from '../replay/calls/send-calls.ts';
import type { CallableModel, RunCallsOptions, LiveModel } from '../replay/replay-options.ts';
import { budgetReached } from '../replay/run-progress.ts';
import { lookMs } from '../replay/send-missing.ts';
import { loadPair } from '../store/comparisons/pairs.ts';
import {
  claimForJudge,
  countForJudge,
  listForJudge,
  releaseForJudge,
  saveJudgeCall,
  type JudgeCall,
  type JudgeKey,
  type JudgePair,
} from '../store/judge-calls.ts';
import { judgeRequest, promptVersion, readJudgeReply, sentToJudge } from './judge-prompt.ts';

/** The progress of a run of a judge. Counts are of pairs. */
export type JudgingProgress = CallProgress & {
  /** The pairs that neither the machine nor a rule settled. */
  readonly total: number;
  /** Those with the judge's answer in both orders, with those of other runs that this one met. */
  readonly done: number;
  readonly failed: number;
  /** Those that another run is putting to the judge. */
  readonly awaited: number;
};

/** The result of a run. `budget`: the rest did not fit into the budget. */
export type JudgingResult = {
  readonly ended: 'done' | 'budget' | 'interrupted';
  readonly progress: JudgingProgress;
  /** The failure for which the judge was stopped; null if it was not. */
  readonly stopped: Failure | null;
};

export type JudgingOptions = RunCallsOptions & {
  /** A new id for a call, greater than those before. */
  readonly newCallId: () => string;
  readonly comparisonId: string;
  readonly judge: CallableModel & { readonly model: LiveModel };
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

/** A question to the judge: a pair in one order. */
type JudgeQuestion = OutgoingCall & { readonly pair: JudgePair; readonly first: Side };

class JudgeRun {
  readonly #options: JudgingOptions;
  readonly #key: JudgeKey;
  readonly #live: LiveLane;
  readonly #calls: RunCalls;
  readonly #keeper: CallKeeper<JudgeQuestion, void> = {
    keepAnswer: (question, { answer, providerRequestId, timings }) => {
      const { reason, verdict } = readJudgeReply(answer, question.first);
      const { bound } = question;
      const said = { verdict, reason, failure: null, answer, bound };
      return this.#save(question, { ...said, totalMs: timings.totalMs, providerRequestId });
    },
    keepFailure: (question, { failure, partial, providerRequestId, timings }) =>
      this.#save(question, {
        verdict: null,
        reason: failure.message,
        failure: failure.reason,
        answer: partial,
        // Providers do not charge for HTTP errors.
        bound: isUnbilled(failure) ? null : question.bound,
        totalMs: timings.totalMs,
        providerRequestId,
      }),
  };
  /** Pairs that failed in this run, which are not sent again in it. */
  readonly #failed = new Set<string>();
  #total = 0;
  #done = 0;
  #awaited = 0;
  #isBudgetReached = false;

  constructor(options: JudgingOptions) {
    const { judge } = options;
    this.#options = options;
    this.#key = { judge: judge.model.label, prompt: promptVersion };
    this.#live = createLiveLane(judge.model, options);
    this.#calls = new RunCalls(options, { models: [{ live: this.#live, price: judge.price }] });
  }

  get progress(): JudgingProgress {
    return {
      total: this.#total,
      done: this.#done,
      failed: this.#failed.size,
      awaited: this.#awaited,
      ...this.#calls.progress,
    };
  }

  async run(): Promise<JudgingResult> {
    const { comparisonId, store } = this.#options;
    await this.#calls.run(async () => {
      const { judged, pairs } = await countForJudge(store, comparisonId, this.#key);
      this.#total = pairs;
      this.#done = judged;
      await this.#judgeAll();
      const after = await countForJudge(store, comparisonId, this.#key);
      this.#done = after.judged;
    });
    return {
      ended: this.#calls.isEnding ? 'interrupted' : this.#isBudgetReached ? 'budget' : 'done',
      progress: this.progress,
      stopped: this.#live.stoppedBy,
    };
  }

  get #isOver(): boolean {
    return this.#calls.isEnding || this.#isBudgetReached || this.#live.stoppedBy !== null;
  }

  /** Judges what is open, then what another run had and gave up. */
  async #judgeAll(): Promise<void> {
    for (;;) {
      this.#awaited = await this.#pass().finally(() => this.#calls.settled());
      if (this.#awaited === 0 || this.#isOver) return;
      await this.#options.wait(lookMs, this.#calls.ending);
      await this.#calls.claims.freeEnded();
    }
  }

  /** Sends what is open. Returns the number of pairs that another run has. */
  async #pass(): Promise<number> {
    const { comparisonId, store } = this.#options;
    let awaited = 0;
    for (let after = ''; !this.#isOver;) {
      const page = await listForJudge(store, comparisonId, this.#key, { after, limit: pageSize });
      for (const { captureId, position } of page) {
        after = position;
        if (this.#isOver) break;
        if (this.#failed.has(captureId)) continue;
        const pair = { ...this.#key, comparisonId, captureId };
        const orders = await claimForJudge(store, await this.#calls.claims.touch(), pair);
        if (orders === 'taken') awaited++;
        else if (orders.length > 0) {
          const { ended } = await this.#begin(pair, orders);
          this.#calls.add(ended);
        }
      }
      if (page.length < pageSize) break;
    }
    return awaited;
  }

  /** Queues the questions about a pair. Resolves when they are sent or refused; `ended` when they have ended. */
  async #begin(
    pair: JudgePair,
    orders: readonly Side[],
  ): Promise<{ readonly ended: Promise<void> }> {
    const { comparisonId, now, store } = this.#options;
    const { capture, sides } = await loadPair(store, comparisonId, pair.captureId);
    const { baseline, candidate } = sides;
    if (baseline.kind !== 'answered' || candidate.kind !== 'answered') {
      throw new Error(`The pair ${pair.captureId} is compared and lacks an answer.`);
    }
    const answers = { baseline: baseline.answer, candidate: candidate.answer };
    const questions = orders.map((first) =>
      this.#question(pair, first, judgeRequest(capture, answers, first)),
    );
    const { ends } = await sendCalls(this.#calls, questions, this.#keeper, {
      dueMs: now(),
      patient: true,
      settle: async (end) => this.#hear(pair, end),
    });
    return { ended: this.#finish(pair, ends) };
  }

  #question(pair: JudgePair, first: Side, request: ReturnType<typeof judgeRequest>): JudgeQuestion {
    const { judge } = this.#options;
    const { model } = judge;
    const { body, dialect } = sentToJudge(request, model);
    const live = this.#live;
    return measureCall(
      { pair, first, target: judge, model, live, dialect, body, original: null },
      this.#options,
    );
  }

  /** Hears what became of a question. */
  #hear({ captureId }: JudgePair, end: CallEnd<JudgeQuestion, void>): typeof end.kind {
    if (end.kind === 'not_sent' && end.why === budgetReached) this.#isBudgetReached = true;
    if (end.kind === 'failed') this.#options.onFailure?.(captureId, end.failure);
    return end.kind;
  }

  async #finish(
    pair: JudgePair,
    ends: readonly Promise<CallEnd<JudgeQuestion, void>['kind']>[],
  ): Promise<void> {
    const kinds = await Promise.all(ends);
    if (kinds.includes('failed')) this.#failed.add(pair.captureId);
    else if (kinds.every((kind) => kind === 'answered')) this.#done++;
    await releaseForJudge(this.#options.store, await this.#calls.claims.touch(), pair);
  }

  #save(
    { first, pair }: JudgeQuestion,
    call: Omit<JudgeCall, keyof JudgePair | 'at' | 'first' | 'id'>,
  ): Promise<void> {
    const { at, newCallId, store } = this.#options;
    return saveJudgeCall(store, { ...pair, ...call, id: newCallId(), first, at: at() });
  }
}
