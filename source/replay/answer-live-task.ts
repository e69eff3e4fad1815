import type { Answer, CallResult } from '../models/answer.ts';
import { costAtMost, costOfAnswer, priceAtMoment } from '../models/prices.ts';
import { saveAttempts } from '../store/attempts.ts';
import { saveResponses } from '../store/responses.ts';
import { usageForBudget } from './limits/cost-bound.ts';
import { longestWaitMs } from './limits/health.ts';
import { modelPauseMs, retryDelayMs, withLongWait } from './limits/retry.ts';
import type { Admission, CallTicket } from './limits/waiting-calls.ts';
import {
  expectedTokens,
  refreshTask,
  respondToRefusal,
  type LiveTask,
  type RefusalResponse,
} from './live-task.ts';
import { maximumRemedies } from './remedy-book.ts';
import { sharedSide } from './run-model.ts';
import type { ReplayRun } from './run.ts';

/**
 * The outcome of a task: an answer (null if another process has stored one), no answer in this run,
 * or a delay until later in the run.
 */
export type LiveEnd =
  | { readonly kind: 'answered'; readonly answer: Answer | null }
  | { readonly kind: 'none' }
  | { readonly kind: 'later' };

const none: LiveEnd = { kind: 'none' };

type FailedCall = Extract<CallResult, { kind: 'failed' }>;
type AnsweredCall = Extract<CallResult, { kind: 'answered' }>;

/**
 * Sends a task once the gate admits it, retries it, and stores the answer or the failures. A task
 * holds a place at the gate only while a call is in flight. `dueMs` is the earliest time at which
 * the task could have been sent if nothing had delayed it.
 */
export const answerLiveTask = async (
  run: ReplayRun,
  first: LiveTask,
  admission: Promise<Admission>,
  dueMs: number,
): Promise<LiveEnd> => {
  const { now } = run.options;
  let task = first;
  let remedies = 0;
  let admitted = await admission;
  let due = dueMs;
  for (let attempt = 1; ; attempt++) {
    if (admitted.kind === 'refused') {
      if (admitted.why === 'later') return { kind: 'later' };
      if (admitted.why !== 'closed') await run.notSent(task, admitted.why);
      return none;
    }
    const { ticket } = admitted;
    task = await refreshTask(run, task);
    run.tell(task, { kind: 'sent', attempt });
    const result = await callOnce(run, task, now() - due);
    if (result.kind === 'answered') return keepAnswer(run, task, result, ticket);
    const next = await keepFailure(run, task, result, { ticket, attempt, remedies });
    if (next === null) return none;
    if (next.task !== task) remedies++;
    task = next.task;
    due = now() + next.delayMs;
    admitted = await admittedAgain(run, task, next.delayMs);
  }
};

const admittedAgain = (run: ReplayRun, task: LiveTask, delayMs: number): Promise<Admission> => {
  const { lane } = task.live;
  const { atMost } = task;
  const tokens = expectedTokens(task);
  return new Promise((admitted) => {
    run.gate.retry({ lane, atMost, tokens, admitted }, delayMs);
  });
};

const callOnce = (run: ReplayRun, task: LiveTask, queueMs: number): Promise<CallResult> =>
  run.cutOff(async (signal) => {
    const { call, maximumBytes, now, onEvent, texts, thinkTags } = run.options;
    const { original } = task;
    const result = await call({
      model: task.model,
      body: original?.restore(task.body) ?? task.body,
      apiKey: task.target.apiKey,
      deadlines: task.live.deadlines,
      maximumBytes,
      signal,
      now,
      ...(thinkTags === undefined ? {} : { thinkTags }),
      // A value may be split over chunks, so an answer to an original is shown only when it is whole.
      ...(texts === false || onEvent === undefined || original !== null
        ? {}
        : { onText: (text: string) => run.tell(task, { kind: 'text', text }) }),
    });
    const timed = { ...result, timings: { ...result.timings, queueMs } };
    return original?.redact(timed) ?? timed;
  });

/** Stores an answer for every comparison of its task. */
const keepAnswer = async (
  run: ReplayRun,
  task: LiveTask,
  result: AnsweredCall,
  ticket: CallTicket,
): Promise<LiveEnd> => {
  const { answer, providerRequestId, rateLimits, timings } = result;
  const { adaptations, bound, capture, original, sample, target } = task;
  const cost = book(run, task, result);
  const tokens = usedTokens(task, result);
  const areNew = await saveResponses(run.options.store, task.comparisonIds, {
    captureId: capture.id,
    side: target.side,
    sample,
    answer,
    timings,
    adaptations,
    originals: original?.placeholders ?? 0,
    recorded: false,
    bound,
    providerRequestId,
    at: run.options.at(),
  });
  // Leave the gate only now: a killed run then loses no more answers than may be in flight at once.
  run.gate.leave(ticket, cost, { failure: null, pauseMs: null, tokens, rateLimits });
  run.answered(task, areNew, { answer, recorded: false });
  return { kind: 'answered', answer: areNew[0] === true ? answer : null };
};

/**
 * Stores a failed attempt. Returns the next task and its time; null if this run makes no further
 * attempt.
 */
const keepFailure = async (
  run: ReplayRun,
  task: LiveTask,
  failed: FailedCall,
  counts: {
    readonly ticket: CallTicket;
    readonly attempt: number;
    /** The number of attempts whose request was changed after a refusal. */
    readonly remedies: number;
  },
): Promise<{ readonly task: LiveTask; readonly delayMs: number } | null> => {
  const { attempt, remedies, ticket } = counts;
  const { patience, random } = run.options;
  const longestMs = longestWaitMs(patience);
  const result = { ...failed, failure: withLongWait(failed.failure, longestMs) };
  const { failure, rateLimits } = result;
  const cost = book(run, task, result);
  const tokens = usedTokens(task, result);
  let isCutOff = failure.reason === 'interrupted' || run.isAborted;
  const retryMs = isCutOff ? null : retryDelayMs(failure, attempt - remedies, random, longestMs);
  const mayChange = !isCutOff && failure.reason === 'rejected' && remedies < maximumRemedies;
  const isAsked = run.options.adapting?.policy === 'ask';
  let response: RefusalResponse | null = null;
  // The next call can already use the new remedy. No place at the gate is held while a person
  // decides.
  if (mayChange && !isAsked) response = await respondToRefusal(run, task, failure);
  const pauseMs = modelPauseMs(failure, retryMs);
  run.gate.leave(ticket, cost, { failure, pauseMs, tokens, rateLimits });
  if (mayChange && isAsked) response = await respondToRefusal(run, task, failure);
  isCutOff ||= run.isAborted;
  const changed = response?.task ? response : null;
  const isOver = isCutOff || task.live.lane.stopped !== null;
  const delayMs = isOver ? null : changed === null ? retryMs : 0;
  // A call that the user aborted has not failed: the next run sends it.
  const isFinal = delayMs === null && !isCutOff;
  await Promise.all([
    keepAttempt(run, task, result, isFinal),
    ...(isFinal ? [run.claims.release([sharedSide(task)])] : []),
  ]);
  if (isCutOff) return null;
  if (delayMs === null) {
    run.failed(task, attempt, failure, response?.task === null ? response.unused : null);
    return null;
  }
  const next = changed?.task ?? task;
  run.tell(next, { kind: 'retrying', attempt, failure, delayMs, change: changed?.remedy ?? null });
  return { task: next, delayMs };
};

const keepAttempt = async (
  run: ReplayRun,
  task: LiveTask,
  { failure, partial, providerRequestId, timings }: FailedCall,
  final: boolean,
): Promise<void> => {
  const { bound, capture, sample, target } = task;
  await saveAttempts(run.options.store, task.comparisonIds, {
    captureId: capture.id,
    side: target.side,
    sample,
    failure,
    partial,
    timings,
    bound,
    providerRequestId,
    final,
    at: run.options.at(),
  });
};

/**
 * Returns the tokens that the provider counted, for the token estimate; null if it counted none.
 */
const usedTokens = ({ live, bytes }: LiveTask, result: CallResult): number | null => {
  const usage = arrivedAnswer(result)?.usage ?? null;
  if (usage === null) return null;
  live.estimate.learn(bytes, usage);
  return (usage.input ?? 0) + (usage.output ?? 0);
};

/** Counts the cost of a call. Returns the USD to charge to the budget. */
const book = (run: ReplayRun, task: LiveTask, result: CallResult): number => {
  const { live, target } = task;
  const answer = arrivedAnswer(result);
  const price = priceAtMoment(target.price, new Date(run.options.at()));
  const cost = costOfAnswer(answer, price);
  const isAnswered = result.kind === 'answered';
  if (cost !== null || isAnswered) run.paid(cost);
  if (isAnswered) {
    live.answers++;
    if (cost !== null) live.pricedAnswers++;
  }
  if (run.options.budget === null) return 0;
  return cost ?? costAtMost(usageForBudget(result, task.bound), price) ?? task.atMost;
};

/** Returns the answer of a call or, for a failed call, the part that arrived. */
const arrivedAnswer = (result: CallResult): Answer | null =>
  result.kind === 'answered' ? result.answer : result.partial;
