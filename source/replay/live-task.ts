import { adaptRequest } from '../models/adaptation/adapt-request.ts';
import type { Remedy } from '../models/adaptation/remedy.ts';
import type { Answer, CallResult, Failure, Usage } from '../models/answer.ts';
import type { Adaptation } from '../models/model.ts';
import { costOf, costOfAnswer } from '../models/prices.ts';
import { saveAttempt, saveResponse } from '../store/responses.ts';
import type { JsonObject } from '../text/json.ts';
import { usageBound, usageForBudget } from './limits/cost-bound.ts';
import type { Admitted } from './limits/admission.ts';
import { retryDelayMs } from './limits/retry.ts';
import type { LiveModel } from './options.ts';
import type { Original } from './original/originals.ts';
import type { RemedyScope } from './remedy-book.ts';
import type { Run } from './run.ts';
import type { LiveLane } from './run-model.ts';
import type { Task } from './task.ts';

/** A task as it will be sent, however often. */
export type LiveTask = Task & {
  readonly model: LiveModel;
  readonly live: LiveLane;
  readonly body: JsonObject;
  /** Null: the body is sent as it is. */
  readonly original: Original | null;
  /** Of what is sent, as JSON. */
  readonly bytes: number;
  readonly adaptations: readonly Adaptation[];
  /** `lessons` of the book of remedies when the body was made. */
  readonly lessons: number;
  /** The most that one try can use, and what that costs in USD; 0 without a budget. */
  readonly bound: Usage;
  readonly atMost: number;
};

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

/** Prepares what is sent to a live model, with what earlier refusals have taught. */
export const prepareLiveTask = async (
  run: Run,
  task: Task,
  model: LiveModel,
  live: LiveLane,
): Promise<LiveTask> => {
  const { request } = task.capture;
  const remedies = await run.remedies.remedies(scopeOf(run, task), request);
  const keep = run.options.adapting?.keep ?? new Set();
  const { lessons } = run.remedies;
  const { body, adaptations } = adaptRequest(request, model, { keep, remedies });
  const original = run.options.originals?.of(task.capture) ?? null;
  const bytes = Buffer.byteLength(JSON.stringify(original?.restore(body) ?? body));
  const bound = usageBound(body, bytes);
  const atMost = run.options.budget === null ? 0 : (costOf(bound, task.of.price) ?? 0);
  return { ...task, model, live, body, original, bytes, adaptations, lessons, bound, atMost };
};

/** A baseline's remedies count in every comparison that it serves. */
const scopeOf = (run: Run, { comparisonIds, of }: Task): RemedyScope => ({
  comparisonIds:
    of.side === 'candidate'
      ? comparisonIds
      : run.options.comparisons.map(({ comparisonId }) => comparisonId),
  modelLabel: of.model.label,
});

/** The task with what has been learnt while it waited, unless more money would have to be set aside. */
const upToDate = async (run: Run, task: LiveTask): Promise<LiveTask> => {
  if (task.lessons === run.remedies.lessons) return task;
  const now = await prepareLiveTask(run, task, task.model, task.live);
  return now.atMost > task.atMost ? task : now;
};

/** What a refusal of a task comes to: the task as it is sent next, or what could have been changed. */
type Change = { readonly task: LiveTask | null; readonly unused: Remedy | null };

const remedied = async (run: Run, task: LiveTask, failure: Failure): Promise<Change> => {
  const { body, live, model } = task;
  const how = run.options.adapting ?? { policy: 'never', ask: null };
  const lesson = await run.remedies.learn(scopeOf(run, task), { failure, body }, how);
  if (lesson.kind !== 'learnt') {
    return { task: null, unused: lesson.kind === 'unused' ? lesson.remedy : null };
  }
  const next = await prepareLiveTask(run, task, model, live);
  return { task: JSON.stringify(next.body) === JSON.stringify(body) ? null : next, unused: null };
};

/** Tokens that a try is expected to use; 0 where nobody limits them. */
export const expectedTokens = ({ live, body, bytes }: LiveTask): number =>
  live.lane.countsTokens ? live.estimate.of(body, bytes) : 0;

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
      const kept = await keepAnswer(run, task, result);
      // Only now: a killed run loses no more answers than may be in flight at once.
      gate.leave(ticket, cost, { ...end, failure: null, pauseMs: null });
      run.answered(task, false);
      return { kind: 'answered', answer: kept ? result.answer : null };
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
        failure.reason === 'rate_limited' ? (failure.retryAfterMs ?? nextMs ?? pauseMs) : null,
    });
    if (mayChange && isAsked) change = await remedied(run, task, failure);
    cutOff ||= run.aborted();
    const waitMs = change?.task ? 0 : nextMs;
    const delayMs = lane.stopped === null && !cutOff ? waitMs : null;
    // A call that the user cut off has not failed: the next run sends it.
    await keepAttempt(run, task, result, delayMs === null && !cutOff);
    if (cutOff) return none;
    if (delayMs === null) {
      run.failed(task, attempt, failure, change?.unused ?? null);
      return none;
    }
    if (change?.task) {
      task = change.task;
      remedies++;
    }
    run.tell(task, { kind: 'retrying', attempt, failure, delayMs });
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

/** Stores an answer for every comparison that lacks it; false when the first one has one already. */
const keepAnswer = async (
  run: Run,
  task: LiveTask,
  { answer, timings, providerRequestId }: Extract<CallResult, { kind: 'answered' }>,
): Promise<boolean> => {
  const { store, at } = run.options;
  const { adaptations, bound, capture, of, original, sample } = task;
  const originals = original?.placeholders ?? 0;
  const response = { captureId: capture.id, side: of.side, sample, answer, timings, adaptations };
  const origin = { originals, recorded: false, bound, providerRequestId, at: at() };
  const kept = await Promise.all(
    task.comparisonIds.map((comparisonId, index) =>
      saveResponse(store, { ...response, ...origin, comparisonId, reused: index > 0 }),
    ),
  );
  return kept[0] ?? false;
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
  await Promise.all(
    task.comparisonIds.map((comparisonId, index) =>
      saveAttempt(store, { ...tried, ...origin, comparisonId, reused: index > 0 }),
    ),
  );
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
