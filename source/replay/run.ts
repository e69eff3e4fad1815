import { sides, type Side } from '../comparison/outcome.ts';
import type { Failure, FailureReason } from '../models/answer.ts';
import { saveNotSent } from '../store/responses.ts';
import { createBudget, type Budget } from './limits/budget.ts';
import type { ReplayEvent } from './event.ts';
import { createGate, type Gate } from './limits/gate.ts';
import type { ReplayOptions } from './options.ts';
import { createTally, type Tally } from './progress.ts';
import { createWall, type Wall } from './limits/wall.ts';

/** What the calls of one run share. */
export type Run = {
  readonly options: ReplayOptions;
  readonly budget: Budget;
  readonly gate: Gate;
  readonly tally: Tally;
  /** Aborted when nothing more is sent to the side: the run was stopped, or the side was. */
  readonly stops: Readonly<Record<Side, AbortSignal>>;
  readonly stopped: (side: Side) => FailureReason | null;
  readonly emit: (event: ReplayEvent) => void;
  readonly answered: (captureId: string, side: Side, recorded: boolean) => void;
  readonly failed: (captureId: string, side: Side, attempts: number, failure: Failure) => void;
  readonly notSent: (captureId: string, side: Side, reason: string) => Promise<void>;
  /** A signal for one call, aborted with the run; `forget` it when the call has ended. */
  readonly cutOff: () => AbortController;
  readonly forget: (controller: AbortController) => void;
  /** Ends the run from inside or, with an error, because the store failed. */
  readonly abort: (error?: unknown) => void;
  readonly aborted: () => boolean;
  readonly error: () => unknown;
};

/** The state of a run that has not sent anything yet. Throws RangeError as `startReplay` says. */
export const createRun = (options: ReplayOptions): Run => {
  const { concurrency, models, prices } = options;
  if (!Number.isSafeInteger(concurrency) || concurrency < 1) {
    throw new RangeError(`A concurrency is a whole number from 1, and this is ${concurrency}.`);
  }
  for (const side of sides) {
    if (options.budget !== null && models[side].kind === 'live' && prices[side] === null) {
      throw new RangeError(`A budget needs the price of ${models[side].label}.`);
    }
  }
  const budget = createBudget(options.budget);
  const gate = createGate(concurrency, budget);
  const tally = createTally();
  const walls: Readonly<Record<Side, Wall>> = { baseline: createWall(), candidate: createWall() };
  const stops = { baseline: new AbortController(), candidate: new AbortController() };
  const inFlight = new Set<AbortController>();
  const { comparisonId, store } = options;
  const emit = options.on ?? (() => {});
  let aborted = false;
  let firstError: unknown = null;

  return {
    options,
    budget,
    gate,
    tally,
    stops: { baseline: stops.baseline.signal, candidate: stops.candidate.signal },
    stopped: (side) => walls[side].stopped,
    emit,
    answered(captureId, side, recorded) {
      tally.answered++;
      walls[side].answered();
      emit({ kind: 'answered', captureId, side, recorded });
    },
    failed(captureId, side, attempts, failure) {
      const counts = tally.failures[side];
      counts[failure.reason] = (counts[failure.reason] ?? 0) + 1;
      emit({ kind: 'failed', captureId, side, attempts, failure });
      const wall = walls[side];
      if (wall.stopped !== null) return;
      wall.failed(failure.reason);
      if (wall.stopped === null) return;
      emit({ kind: 'stopped', side, reason: wall.stopped });
      stops[side].abort();
    },
    async notSent(captureId, side, reason) {
      await saveNotSent(store, { comparisonId, captureId, side, reason, at: options.at() });
      tally.notSent[reason] = (tally.notSent[reason] ?? 0) + 1;
      emit({ kind: 'not_sent', captureId, side, reason });
    },
    cutOff() {
      const controller = new AbortController();
      if (aborted) controller.abort();
      inFlight.add(controller);
      return controller;
    },
    forget(controller) {
      inFlight.delete(controller);
    },
    abort(error) {
      firstError ??= error ?? null;
      aborted = true;
      gate.close();
      for (const side of sides) stops[side].abort();
      for (const controller of inFlight) controller.abort();
    },
    aborted: () => aborted,
    error: () => firstError,
  };
};
