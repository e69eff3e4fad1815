import type { Answer, CallResult } from '../models/answer.ts';
import { requestedWaitMs } from '../models/call/retry-after.ts';
import { costOf, costOfAnswer } from '../models/prices.ts';
import { saveAttempts } from '../store/attempts.ts';
import { saveResponses } from '../store/responses.ts';
import { usageForBudget } from './limits/cost-bound.ts';
import type { Admitted } from './limits/admission.ts';
import { retryDelayMs } from './limits/retry.ts';
import { expectedTokens, remedied, upToDate, type Change, type LiveTask } from './live-task.ts';
import type { Run } from './run.ts';
import { sharedSide } from './task.ts';

/**
 * What became of a task: its answer (null: another process has stored one), none in this run, or it is
 * to be tried again later in it.
 */
export type LiveEnd =
  | { readonly kind: 'answered'; readonly answer: Answer | null }
  | { readonly kind: 'none' }
  | { readonly kind: 'later' };

const none: LiveEnd = { kind: 'none' };

/** How long a model is left alone that says that calls come too fast, but not for how long. */
const pauseMs = 1000;

/** Calls to one task that were changed after a refusal; beyond that it is sent no more. */
const maximumRemedies = 5;

/**
 * Sends a task when it is admitted, again and again while it makes sense, and stores what comes of it.
 * Holds one place at the gate while a call is in flight, and none while it waits. `dueMs` is when it
 * could have been sent if nothing had kept it waiting.
 */
export const answerLiveTask = async (
  run: Run,
  first: LiveTask,
  admission: Promise<Admitted>,
  dueMs: number,
): Promise<LiveEnd> => {
  const { options, gate } = run;
  const { lane } = first.live;
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
    task = await upToDate(run, task);
    run.tell(task, { kind: 'sent', attempt });
    const { ticket } = admitted;
    const result = await callOnce(run, task, options.now() - due);
    const { rateLimits } = result;
    const cost = book(run, task, result);
    const end = { tokens: usedTokens(task, result), rateLimits };
    if (result.kind === 'answered') {
      const areNew = await keepAnswer(run, task, result);
      // Only now: a killed run loses no more answers than may be in flight at once.
      gate.leave(ticket, cost, { ...end, failure: null, pauseMs: null });
      run.answered(task, false, areNew);
      return { kind: 'answered', answer: areNew[0] === true ? result.answer : null };
    }
    const { failure } = result;
    let cutOff = failure.reason === 'interrupted' || run.aborted();
    const nextMs = cutOff ? null : retryDelayMs(failure, attempt - remedies, options.random);
    const mayChange = !cutOff && failure.reason === 'rejected' && remedies < maximumRemedies;
    const isAsked = options.adapting?.policy === 'ask';
    let change: Change | null = null;
    // The next call already knows what this one has taught; but no place is held while a person thinks.
    if (mayChange && !isAsked) change = await remedied(run, task, failure);
    gate.leave(ticket, cost, {
      ...end,
      failure,
      pauseMs:
        failure.reason === 'rate_limited' ? (requestedWaitMs(failure) ?? nextMs ?? pauseMs) : null,
    });
    if (mayChange && isAsked) change = await remedied(run, task, failure);
    cutOff ||= run.aborted();
    const waitMs = change?.task ? 0 : nextMs;
    const delayMs = lane.stopped === null && !cutOff ? waitMs : null;
    // A call that the user cut off has not failed: the next run sends it.
    const isFinal = delayMs === null && !cutOff;
    await Promise.all([
      keepAttempt(run, task, result, isFinal),
      ...(isFinal ? [run.claims.release([sharedSide(task)])] : []),
    ]);
    if (cutOff) return none;
    if (delayMs === null) {
      run.failed(task, attempt, failure, change?.task === null ? change.unused : null);
      return none;
    }
    if (change?.task) {
      task = change.task;
      remedies++;
    }
    const changed = change?.task ? change.remedy : null;
    run.tell(task, { kind: 'retrying', attempt, failure, delayMs, change: changed });
    due = options.now() + delayMs;
    const { atMost } = task;
    const tokens = expectedTokens(task);
    admitted = await new Promise((resolve) => {
      gate.retry({ lane, atMost, tokens, admitted: resolve }, delayMs);
    });
  }
};

const callOnce = async (run: Run, task: LiveTask, queueMs: number): Promise<CallResult> => {
  const { options } = run;
  const { original } = task;
  const controller = run.cutOff();
  try {
    const result = await options.call({
      model: task.model,
      body: original?.restore(task.body) ?? task.body,
      apiKey: task.of.apiKey,
      deadlines: task.live.deadlines,
      maximumBytes: options.maximumBytes,
      signal: controller.signal,
      now: options.now,
      // A value may be split over pieces, so that what answers an original is shown when it is whole.
      ...(options.texts === false || options.on === undefined || original !== null
        ? {}
        : { onText: (text: string) => run.tell(task, { kind: 'text', text }) }),
    });
    const timed = { ...result, timings: { ...result.timings, queueMs } };
    return original?.redact(timed) ?? timed;
  } finally {
    run.forget(controller);
  }
};

/** Stores an answer for every comparison of its task; for each, whether it had none. */
const keepAnswer = (
  run: Run,
  task: LiveTask,
  { answer, timings, providerRequestId }: Extract<CallResult, { kind: 'answered' }>,
): Promise<readonly boolean[]> => {
  const { store, at } = run.options;
  const { adaptations, bound, capture, of, original, sample } = task;
  const originals = original?.placeholders ?? 0;
  const response = { captureId: capture.id, side: of.side, sample, answer, timings, adaptations };
  const origin = { originals, recorded: false, bound, providerRequestId, at: at() };
  return saveResponses(store, task.comparisonIds, { ...response, ...origin });
};

const keepAttempt = async (
  run: Run,
  task: LiveTask,
  { failure, partial, timings, providerRequestId }: Extract<CallResult, { kind: 'failed' }>,
  final: boolean,
): Promise<void> => {
  const { store, at } = run.options;
  const { bound, capture, of, sample } = task;
  const tried = { captureId: capture.id, side: of.side, sample, failure, partial, timings };
  const origin = { bound, providerRequestId, final, at: at() };
  await saveAttempts(store, task.comparisonIds, { ...tried, ...origin });
};

/** What the provider counted against its limits, and what is learned of it; null where it did not. */
const usedTokens = ({ live, bytes }: LiveTask, result: CallResult): number | null => {
  const answer = result.kind === 'answered' ? result.answer : result.partial;
  const usage = answer?.usage ?? null;
  if (usage === null) return null;
  live.estimate.learn(bytes, usage);
  return (usage.input ?? 0) + (usage.output ?? 0);
};

/** Adds what the call cost to the run's money; what it counts as against the budget, USD. */
const book = (run: Run, task: LiveTask, result: CallResult): number => {
  const { live, of } = task;
  const answer = result.kind === 'answered' ? result.answer : result.partial;
  const cost = costOfAnswer(answer, of.price);
  if (cost !== null) run.money.cost += cost;
  else if (result.kind === 'answered') run.money.uncountedAnswers++;
  if (result.kind === 'answered') {
    live.answers++;
    if (cost !== null) live.pricedAnswers++;
  }
  if (run.options.budget === null) return 0;
  return answer?.cost ?? costOf(usageForBudget(result, task.bound), of.price) ?? task.atMost;
};
