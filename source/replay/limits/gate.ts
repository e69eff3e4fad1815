import type { FailureReason } from '../../models/answer.ts';
import type { Admitted, Gate, LaneNews, Wanted } from './admission.ts';
import { reserveAll, type Budget, type Reservation } from './budget.ts';
import { createDelayedCalls } from './delayed-calls.ts';
import type { Lane } from './lane.ts';
import { clearQueue, createLaneQueue, isPaused, retryingIn, type LaneQueue } from './lane-queue.ts';
import { createLine } from './line.ts';
import { createRounds } from './rounds.ts';

type Group = { calls: readonly Wanted[]; readonly patient: boolean; readonly taken: () => void };

/** Calls that wait for a paused model beside the line. They hold their requests in memory. */
const aloneLimit = 32;

/**
 * A gate for `concurrency` calls in flight over all lanes (a whole number ≥ 1) within a budget and
 * each lane's limits. Who comes first goes first; retries before first tries. First tries wait while
 * as many calls to their models wait for their next try as may be in flight: a provider that turns
 * everything away is not sent the rest of the queue as well.
 *
 * When the first in line does not fit into the budget, everything waits for what is in flight to give
 * back what it did not use; when nothing is in flight, the budget is reached for good.
 */
export const createGate = (options: {
  readonly concurrency: number;
  readonly budget: Budget;
  /** Each model that calls may be for, once. */
  readonly lanes: readonly Lane[];
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** A model is about to be called for the first time; `warm` must follow. Without it none is needed. */
  readonly onCold?: (lane: Lane) => void;
  readonly onNews?: (news: LaneNews) => void;
  /** `wakesAtMs` has changed. */
  readonly onWake?: () => void;
}): Gate => {
  const { budget, concurrency, now, onCold } = options;
  const onNews = options.onNews ?? (() => {});
  const queues = options.lanes.map((lane) => createLaneQueue(lane, onCold === undefined));
  const queueOf = new Map(queues.map((queue) => [queue.lane, queue]));
  const begins = createLine<Group>();
  const cold = new Set<Lane>();
  const delayed = createDelayedCalls();
  let inFlight = 0;
  let turn = 0;
  let shut: 'budget reached' | 'closed' | null = null;

  const find = (lane: Lane): LaneQueue => {
    const queue = queueOf.get(lane);
    if (queue === undefined) throw new Error(`The gate does not know the lane ${lane.label}.`);
    return queue;
  };

  const refuse = (call: Wanted, why: Extract<Admitted, { kind: 'refused' }>['why']): void =>
    call.admitted({ kind: 'refused', why });

  const shutWith = (why: 'budget reached' | 'closed'): void => {
    if (shut !== null) return;
    shut = why;
    const waiting = [...delayed.take(), ...queues.flatMap(clearQueue)];
    const groups = begins.clear();
    for (const call of waiting) refuse(call, why);
    for (const { calls, taken } of groups) {
      for (const call of calls) refuse(call, why);
      taken();
    }
  };

  const dropLane = (queue: LaneQueue, why: FailureReason): void => {
    const waiting = [...clearQueue(queue), ...delayed.take(queue.lane)];
    for (const call of waiting) refuse(call, why);
  };

  const opensAt = (call: Wanted, queue: LaneQueue, nowMs: number): number => {
    if (!queue.warm) {
      if (!cold.has(queue.lane)) {
        cold.add(queue.lane);
        onCold?.(queue.lane);
      }
      if (!queue.warm) return Number.POSITIVE_INFINITY;
    }
    return call.lane.opensAt(call.tokens, nowMs);
  };

  /** Whether first tries are to wait until calls that failed have had their next try. */
  const isBusyRetrying = (queue: LaneQueue): boolean =>
    retryingIn(queue) >= Math.min(queue.lane.concurrency, concurrency);

  const start = (call: Wanted, reservation: Reservation, nowMs: number): void => {
    inFlight++;
    const sent = call.lane.send(call.tokens, nowMs);
    if (sent.probe) onNews({ kind: 'probing', lane: call.lane });
    call.admitted({ kind: 'sent', ticket: { lane: call.lane, sent, reservation } });
  };

  /** The calls that wait for one model alone; false when the budget has no room. */
  const letAlone = (queue: LaneQueue, nowMs: number): boolean => {
    for (;;) {
      if (inFlight >= concurrency) return true;
      const line = queue.retries.length > 0 ? queue.retries : queue.alone;
      const call = line.first();
      if (call === undefined) return true;
      if (line === queue.alone && isBusyRetrying(queue)) return true;
      const opens = opensAt(call, queue, nowMs);
      if (opens > nowMs) {
        rounds.wakeAt(opens);
        return true;
      }
      const reservation = budget.reserve(call.atMost);
      if (reservation === null) {
        if (budget.idle) shutWith('budget reached');
        return false;
      }
      line.shift();
      start(call, reservation, nowMs);
    }
  };

  /** Takes out of a group what cannot start with it. */
  const withoutPaused = (group: Group, nowMs: number): void => {
    const kept: Wanted[] = [];
    for (const call of group.calls) {
      const queue = find(call.lane);
      const { stopped } = call.lane;
      if (stopped !== null) refuse(call, stopped);
      else if (!isPaused(call.lane, nowMs)) kept.push(call);
      else if (queue.alone.length < aloneLimit) {
        queue.alone.push(call);
        rounds.wakeAt(call.lane.opensAt(call.tokens, nowMs));
      } else if (
        !group.patient &&
        queues.some(({ lane }) => lane.stopped === null && !isPaused(lane, nowMs))
      )
        refuse(call, 'later');
      else kept.push(call);
    }
    group.calls = kept;
  };

  /** Groups from the head of the line; false when the budget has no room. */
  const letGroups = (nowMs: number): boolean => {
    for (;;) {
      const group = begins.first();
      if (group === undefined) return true;
      withoutPaused(group, nowMs);
      const { calls } = group;
      if (inFlight + calls.length > concurrency) return true;
      let opens = nowMs;
      let retrying = 0;
      for (const call of calls) {
        const queue = find(call.lane);
        retrying += retryingIn(queue);
        if (isPaused(call.lane, nowMs) || isBusyRetrying(queue)) opens = Number.POSITIVE_INFINITY;
        opens = Math.max(opens, opensAt(call, queue, nowMs));
      }
      if (retrying > 0 && retrying >= concurrency) return true;
      if (opens > nowMs) {
        rounds.wakeAt(opens);
        return true;
      }
      const reservations = reserveAll(
        budget,
        calls.map(({ atMost }) => atMost),
      );
      if (reservations === null) {
        if (budget.idle) shutWith('budget reached');
        return false;
      }
      begins.shift();
      for (const [index, call] of calls.entries()) {
        const reservation = reservations[index];
        if (reservation !== undefined) start(call, reservation, nowMs);
      }
      group.taken();
    }
  };

  const round = (nowMs: number): void => {
    for (const call of delayed.takeDue(nowMs)) {
      const queue = find(call.lane);
      queue.delayed--;
      queue.retries.push(call);
    }
    turn++;
    for (let index = 0; index < queues.length; index++) {
      const queue = queues[(index + turn) % queues.length];
      if (queue !== undefined && !letAlone(queue, nowMs)) return;
      if (shut !== null) return;
    }
    letGroups(nowMs);
  };

  const rounds = createRounds({
    round,
    isOpen: () => shut === null,
    nextMs: () => delayed.nextMs,
    now,
    onWake: options.onWake ?? (() => {}),
  });
  const pump = rounds.run;

  return {
    begin(calls, { patient, taken }) {
      if (shut !== null) {
        for (const call of calls) refuse(call, shut);
        taken();
        return;
      }
      const lanes = new Set(calls.map(({ lane }) => lane));
      if (calls.length > concurrency || lanes.size < calls.length) {
        // They can never start together.
        let left = calls.length;
        const one = (): void => {
          if (--left === 0) taken();
        };
        for (const call of calls) begins.push({ calls: [call], patient, taken: one });
      } else begins.push({ calls, patient, taken });
      pump();
    },
    retry(call, delayMs) {
      const why = shut ?? call.lane.stopped;
      if (why !== null) {
        refuse(call, why);
        return;
      }
      delayed.push(call, now() + delayMs);
      find(call.lane).delayed++;
      pump();
    },
    leave({ lane, sent, reservation }, cost, end) {
      inFlight--;
      budget.settle(reservation, cost);
      const nowMs = now();
      const news = lane.end(sent, end, nowMs);
      if (news === 'paused' || news === 'waits') {
        const pause = lane.pause(nowMs);
        if (pause !== null) {
          const { reason, untilMs } = pause;
          onNews({ kind: 'paused', lane, reason, delayMs: Math.max(0, untilMs - nowMs) });
        }
      } else if (news === 'resumed') onNews({ kind: 'resumed', lane });
      else if (news === 'stopped' && lane.stopped !== null) {
        onNews({ kind: 'stopped', lane, reason: lane.stopped });
        dropLane(find(lane), lane.stopped);
      }
      pump();
    },
    warm(lane) {
      find(lane).warm = true;
      pump();
    },
    advance: pump,
    get wakesAtMs() {
      return rounds.wakesAtMs;
    },
    close: () => shutWith('closed'),
    get inFlight() {
      return inFlight;
    },
    get retrying() {
      return queues.reduce((sum, queue) => sum + retryingIn(queue), 0);
    },
  };
};
