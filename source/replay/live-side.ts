import type { Side } from '../comparison/outcome.ts';
import { adaptRequest } from '../models/adaptation/adapt-request.ts';
import type { Answer, CallResult, Usage } from '../models/answer.ts';
import type { Adaptation, Model } from '../models/model.ts';
import { costOf } from '../models/prices.ts';
import { saveAttempt, saveResponse } from '../store/responses.ts';
import type { JsonObject } from '../text/json.ts';
import type { Capture } from '../traffic/capture.ts';
import type { Reservation } from './limits/budget.ts';
import { usageBound, usageForBudget } from './limits/cost-bound.ts';
import { retryDelayMs } from './limits/retry.ts';
import type { Run } from './run.ts';

/** A side of a pair as it will be sent, however often. */
export type LiveSide = {
  readonly captureId: string;
  readonly side: Side;
  readonly model: Extract<Model, { kind: 'live' }>;
  readonly body: JsonObject;
  readonly adaptations: readonly Adaptation[];
  /** The most that one try can use, and what that costs in USD; zeros without a budget. */
  readonly bound: Usage;
  readonly atMost: number;
};

const nothing: Usage = { input: 0, output: 0, cachedInput: null, reasoning: null };

/** Prepares what is sent to a live model. */
export const prepareLiveSide = (
  run: Run,
  capture: Capture,
  side: Side,
  model: LiveSide['model'],
): LiveSide => {
  const { body, adaptations } = adaptRequest(capture.request, model);
  const { budget, prices } = run.options;
  const bound = budget === null ? nothing : usageBound(body);
  const atMost = budget === null ? 0 : (costOf(bound, prices[side]) ?? 0);
  return { captureId: capture.id, side, model, body, adaptations, bound, atMost };
};

/**
 * Sends a side, again and again while it makes sense, and stores what comes of it. Holds one place at
 * the gate while a call is in flight, and none while it waits. The answer if there is one and it was
 * stored, else null.
 */
export const answerLiveSide = async (
  run: Run,
  live: LiveSide,
  reservation: Reservation,
  dueSince: number,
): Promise<Answer | null> => {
  const { captureId, side } = live;
  const { options, gate, tally } = run;
  const key = { comparisonId: options.comparisonId, captureId, side };
  let held = reservation;
  let due = dueSince;
  for (let attempt = 1; ; attempt++) {
    run.emit({ kind: 'sent', captureId, side, attempt });
    const result = await callOnce(run, live, options.now() - due);
    const cost = book(run, live, result);
    const { timings, providerRequestId } = result;
    if (result.kind === 'answered') {
      const { answer } = result;
      const { adaptations } = live;
      const response = { ...key, answer, timings, adaptations, providerRequestId };
      const at = options.at();
      const kept = await saveResponse(options.store, { ...response, recorded: false, at });
      // Only now: a killed run loses no more answers than may be in flight at once.
      gate.leave(held, cost);
      run.answered(captureId, side, false);
      return kept ? answer : null;
    }
    gate.leave(held, cost);
    const { failure, partial } = result;
    const cutOff = failure.reason === 'interrupted' || run.aborted();
    const next = cutOff || run.stopped(side) !== null;
    const delayMs = next ? null : retryDelayMs(failure, attempt, options.random);
    // A call that the user cut off has not failed: the next run sends it.
    const final = delayMs === null && !cutOff;
    const tried = { ...key, failure, partial, timings, providerRequestId, final };
    await saveAttempt(options.store, { ...tried, at: options.at() });
    if (cutOff) return null;
    if (delayMs === null) {
      run.failed(captureId, side, attempt, failure);
      return null;
    }
    run.emit({ kind: 'retrying', captureId, side, attempt, failure, delayMs });
    tally.retrying++;
    gate.park();
    await options.wait(delayMs, run.stops[side]);
    due = options.now();
    const admission = gate.admit({ atMost: [live.atMost], retry: true });
    // Only now, or a new pair would take the place.
    gate.unpark();
    const admitted = await admission;
    tally.retrying--;
    if (admitted === 'closed') return null;
    const stopped = run.stopped(side);
    if (admitted === 'budget reached' || stopped !== null) {
      if (typeof admitted === 'object') for (const one of admitted) gate.leave(one, 0);
      await run.notSent(captureId, side, stopped ?? 'budget reached');
      return null;
    }
    held = admitted[0] ?? held;
  }
};

const callOnce = async (run: Run, live: LiveSide, queueMs: number): Promise<CallResult> => {
  const { options } = run;
  const { captureId, side, model, body } = live;
  const controller = run.cutOff();
  try {
    const result = await options.call({
      model,
      body,
      apiKey: options.keys[side],
      deadlines: options.deadlines,
      maximumBytes: options.maximumBytes,
      signal: controller.signal,
      now: options.now,
      onText: (text) => run.emit({ kind: 'text', captureId, side, text }),
    });
    return { ...result, timings: { ...result.timings, queueMs } };
  } finally {
    run.forget(controller);
  }
};

/** Adds what the call cost to the tally; what it counts as against the budget, USD. */
const book = (run: Run, live: LiveSide, result: CallResult): number => {
  const { options, tally } = run;
  const price = options.prices[live.side];
  const answer = result.kind === 'answered' ? result.answer : result.partial;
  const cost = costOf(answer?.usage ?? null, price);
  if (cost !== null) tally.cost += cost;
  else if (result.kind === 'answered') tally.uncountedAnswers++;
  if (options.budget === null) return 0;
  return costOf(usageForBudget(result, live.bound), price) ?? live.atMost;
};
