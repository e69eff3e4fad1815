import type { FailureReason } from '../../models/answer.ts';
import type { Budget, Reservation } from './budget.ts';
import type { Lane, LaneEnd } from './lane.ts';
import { Rounds } from './rounds.ts';
import {
  DelayedCalls,
  LaneQueue,
  Line,
  overDay,
  type CallTicket,
  type RefusalReason,
  type WaitingCall,
} from './waiting-calls.ts';

/** A change of a model's state. */
export type LaneNews =
  | {
      readonly kind: 'paused';
      readonly lane: Lane;
      readonly reason: FailureReason;
      readonly delayMs: number;
    }
  | { readonly kind: 'probing'; readonly lane: Lane }
  | { readonly kind: 'resumed'; readonly lane: Lane }
  | { readonly kind: 'stopped'; readonly lane: Lane; readonly reason: FailureReason };

export type GateOptions = {
  /** Calls in flight at once over all models; a whole number ≥ 1. */
  readonly concurrency: number;
  readonly budget: Budget;
  /**
   * A budget that is renewed: calls wait for that when it is used up. `mostPerCall` is the largest amount
   * (USD) that can ever fit; null for any. Null, the default: a used-up budget ends everything.
   */
  readonly renewal?: {
    readonly mostPerCall: number | null;
    /** Called when calls begin to wait for the budget, and when they do no more. */
    readonly onChange: (isUsedUp: boolean) => void;
  } | null;
  /** The models that calls may go to, each once. */
  readonly lanes: readonly Lane[];
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number;
  /**
   * Called before the first call to a model; `warm` must follow. If absent, no model is warmed up.
   */
  readonly onCold?: (lane: Lane) => void;
  readonly onNews?: (news: LaneNews) => void;
  /** Called when `wakesAtMs` has changed. */
  readonly onWake?: () => void;
};

/** Calls that start together. */
type CallGroup = {
  calls: readonly WaitingCall[];
  readonly isPatient: boolean;
  readonly taken: () => void;
};

/**
 * The most calls that may wait for a paused model outside the queue. Each holds its request in
 * memory.
 */
const mostAlone = 32;

/** A model that is paused for longer than this does not hold up the rest of a group. */
const longestTogetherMs = 5_000;

/**
 * Admits calls within the concurrency limit, the budget and the limits of each model. Calls are
 * served first come, first served; retries go before first attempts. A model's first attempts wait
 * while as many of its calls await a retry as may be in flight. A provider that refuses everything
 * is then not sent the rest of the queue.
 *
 * If the first call in line does not fit into the budget, all calls wait until calls in flight
 * return unused reservations. If none is in flight, the budget is exhausted.
 *
 * The gate sets no timer. Its owner calls `advance` at `wakesAtMs`.
 */
export class Gate {
  readonly #options: GateOptions;
  readonly #queues: readonly LaneQueue[];
  readonly #queueOfLane: ReadonlyMap<Lane, LaneQueue>;
  readonly #groups = new Line<CallGroup>();
  readonly #delayed = new DelayedCalls();
  readonly #rounds: Rounds;
  #inFlight = 0;
  /** The model whose queue goes first in the next round. */
  #turn = 0;
  #shut: 'budget reached' | 'closed' | null = null;
  #isUsedUp = false;

  constructor(options: GateOptions) {
    const { lanes, now, onCold } = options;
    this.#options = options;
    this.#queues = lanes.map((lane) => new LaneQueue(lane, onCold === undefined));
    this.#queueOfLane = new Map(this.#queues.map((queue) => [queue.lane, queue]));
    this.#rounds = new Rounds({
      round: (nowMs) => this.#round(nowMs),
      isOpen: () => this.#shut === null,
      nextMs: () => this.#delayed.nextMs,
      now,
      onWake: options.onWake ?? (() => {}),
    });
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** The number of calls waiting for their next attempt. */
  get retrying(): number {
    return this.#queues.reduce((sum, queue) => sum + queue.retrying, 0);
  }

  /** When the earliest call that waits for its next attempt is due; Infinity when none waits. */
  get nextRetryMs(): number {
    return this.#delayed.nextMs;
  }

  /** Whether calls wait until the budget is renewed. */
  get isUsedUp(): boolean {
    return this.#isUsedUp;
  }

  /** When to call `advance`, by the gate's clock; null while only a call from outside changes anything. */
  get wakesAtMs(): number | null {
    return this.#rounds.wakesAtMs;
  }

  /**
   * Queues calls that start together. If a model is paused, its call waits while the rest of the
   * group proceeds. `taken` is called once, when every call was sent or refused. Patient calls are
   * never refused with `later`.
   */
  begin(
    given: readonly WaitingCall[],
    { patient: isPatient, taken }: { readonly patient: boolean; readonly taken: () => void },
  ): void {
    if (this.#shut !== null) {
      for (const call of given) refuse(call, this.#shut);
      taken();
      return;
    }
    const most = this.#options.renewal?.mostPerCall ?? Number.POSITIVE_INFINITY;
    const calls = given.filter(({ atMost }) => atMost <= most);
    for (const call of given) if (call.atMost > most) refuse(call, overDay);
    if (calls.length === 0) {
      taken();
      return;
    }
    const lanes = new Set(calls.map(({ lane }) => lane));
    const together = calls.reduce((sum, { atMost }) => sum + atMost, 0);
    const { concurrency } = this.#options;
    if (calls.length > concurrency || lanes.size < calls.length || together > most) {
      // These calls can never start together.
      let left = calls.length;
      const takenOne = (): void => {
        if (--left === 0) taken();
      };
      for (const call of calls) this.#groups.push({ calls: [call], isPatient, taken: takenOne });
    } else this.#groups.push({ calls, isPatient, taken });
    this.advance();
  }

  /** Queues the next attempt of a call, due after a delay in milliseconds. */
  retry(call: WaitingCall, delayMs: number): void {
    const why = this.#shut ?? call.lane.stopped;
    if (why !== null) {
      refuse(call, why);
      return;
    }
    this.#delayed.push(call, this.#options.now() + delayMs);
    this.#queueOf(call.lane).delayed++;
    this.advance();
  }

  /** Returns the ticket of an ended call. `cost` is charged to the budget, in USD. */
  leave({ lane, reservation, sent }: CallTicket, cost: number, end: LaneEnd): void {
    this.#inFlight--;
    this.#options.budget.settle(reservation, cost);
    const nowMs = this.#options.now();
    const change = lane.end(sent, end, nowMs);
    if (change === 'paused' || change === 'waits') this.#tellPause(lane, nowMs);
    else if (change === 'resumed') this.#tell({ kind: 'resumed', lane });
    else if (change === 'stopped' && lane.stopped !== null) this.#drop(lane, lane.stopped);
    this.advance();
  }

  /** Marks a model as warmed up. */
  warm(lane: Lane): void {
    this.#queueOf(lane).isWarm = true;
    this.advance();
  }

  /** Admits every call that may be sent now. Safe to call at any time. */
  advance(): void {
    this.#rounds.run();
  }

  /** Refuses all calls from now on. */
  close(): void {
    this.#shutWith('closed');
  }

  #round(nowMs: number): void {
    for (const call of this.#delayed.takeDue(nowMs)) {
      const queue = this.#queueOf(call.lane);
      queue.delayed--;
      queue.retries.push(call);
    }
    this.#turn++;
    for (let index = 0; index < this.#queues.length; index++) {
      const queue = this.#queues[(index + this.#turn) % this.#queues.length];
      if (queue !== undefined && !this.#admitAlone(queue, nowMs)) return;
      if (this.#shut !== null) return;
    }
    this.#admitGroups(nowMs);
  }

  /** Admits the calls that wait for one model only; false if the first one exceeds the budget. */
  #admitAlone(queue: LaneQueue, nowMs: number): boolean {
    for (;;) {
      if (this.#inFlight >= this.#options.concurrency) return true;
      const line = queue.retries.length > 0 ? queue.retries : queue.alone;
      const call = line.first();
      if (call === undefined) return true;
      if (line === queue.alone && this.#isBusyRetrying(queue)) return true;
      const opensMs = this.#opensAt(call, queue, nowMs);
      if (opensMs > nowMs) {
        this.#rounds.wakeAt(opensMs);
        return true;
      }
      const reservation = this.#options.budget.reserve(call.atMost);
      if (reservation === null) return this.#overBudget();
      line.shift();
      this.#send(call, reservation, nowMs);
    }
  }

  /** Admits groups from the head of the line; false if the first one exceeds the budget. */
  #admitGroups(nowMs: number): boolean {
    for (;;) {
      const group = this.#groups.first();
      if (group === undefined) return true;
      this.#splitPaused(group, nowMs);
      const { calls } = group;
      if (this.#inFlight + calls.length > this.#options.concurrency) return true;
      const opensMs = this.#groupOpensAt(calls, nowMs);
      if (opensMs > nowMs) {
        this.#rounds.wakeAt(opensMs);
        return true;
      }
      const reservations = this.#options.budget.reserveAll(calls.map(({ atMost }) => atMost));
      if (reservations === null) return this.#overBudget();
      this.#groups.shift();
      for (const [index, call] of calls.entries()) {
        const reservation = reservations[index];
        if (reservation !== undefined) this.#send(call, reservation, nowMs);
      }
      group.taken();
    }
  }

  /** Removes from a group the calls that cannot start with the others. */
  #splitPaused(group: CallGroup, nowMs: number): void {
    const kept: WaitingCall[] = [];
    for (const call of group.calls) {
      const { lane } = call;
      const queue = this.#queueOf(lane);
      if (lane.stopped !== null) refuse(call, lane.stopped);
      else if (!isPaused(lane, nowMs)) kept.push(call);
      else if (queue.alone.length < mostAlone) {
        queue.alone.push(call);
        this.#rounds.wakeAt(lane.opensAt(call.tokens, nowMs));
      } else if (!group.isPatient && this.#isAnyRunning(nowMs)) refuse(call, 'later');
      else kept.push(call);
    }
    group.calls = kept;
  }

  /** Returns when all calls of a group may start; Infinity if that depends on another event. */
  #groupOpensAt(calls: readonly WaitingCall[], nowMs: number): number {
    let opensMs = nowMs;
    let retrying = 0;
    for (const call of calls) {
      const queue = this.#queueOf(call.lane);
      retrying += queue.retrying;
      if (isPaused(call.lane, nowMs) || this.#isBusyRetrying(queue)) {
        opensMs = Number.POSITIVE_INFINITY;
      }
      opensMs = Math.max(opensMs, this.#opensAt(call, queue, nowMs));
    }
    const isBusy = retrying > 0 && retrying >= this.#options.concurrency;
    return isBusy ? Number.POSITIVE_INFINITY : opensMs;
  }

  #opensAt(call: WaitingCall, queue: LaneQueue, nowMs: number): number {
    if (!queue.isWarm && !queue.isWarming) {
      queue.isWarming = true;
      this.#options.onCold?.(queue.lane);
    }
    // That call may have completed the warm-up.
    return queue.isWarm ? call.lane.opensAt(call.tokens, nowMs) : Number.POSITIVE_INFINITY;
  }

  /** Returns whether first attempts must wait for the retries of failed calls. */
  #isBusyRetrying({ lane, retrying }: LaneQueue): boolean {
    return retrying >= Math.min(lane.concurrency, this.#options.concurrency);
  }

  #isAnyRunning(nowMs: number): boolean {
    return this.#queues.some(({ lane }) => lane.stopped === null && !isPaused(lane, nowMs));
  }

  #send(call: WaitingCall, reservation: Reservation, nowMs: number): void {
    const { lane } = call;
    if (this.#isUsedUp) {
      this.#isUsedUp = false;
      this.#options.renewal?.onChange(false);
    }
    this.#inFlight++;
    const sent = lane.send(call.tokens, nowMs);
    if (sent.probe) this.#tell({ kind: 'probing', lane });
    call.admitted({ kind: 'sent', ticket: { lane, sent, reservation } });
  }

  /** Shuts the gate, or waits, if the budget can no longer grow. Always returns false. */
  #overBudget(): false {
    const { budget, renewal } = this.#options;
    if (!budget.idle) return false;
    if (renewal === undefined || renewal === null) this.#shutWith('budget reached');
    else if (!this.#isUsedUp) {
      this.#isUsedUp = true;
      renewal.onChange(true);
    }
    return false;
  }

  #shutWith(why: 'budget reached' | 'closed'): void {
    if (this.#shut !== null) return;
    this.#shut = why;
    const waiting = [...this.#delayed.clear(), ...this.#queues.flatMap((queue) => queue.clear())];
    const groups = this.#groups.clear();
    for (const call of waiting) refuse(call, why);
    for (const { calls, taken } of groups) {
      for (const call of calls) refuse(call, why);
      taken();
    }
  }

  #drop(lane: Lane, reason: FailureReason): void {
    this.#tell({ kind: 'stopped', lane, reason });
    const waiting = [...this.#queueOf(lane).clear(), ...this.#delayed.takeLane(lane)];
    for (const call of waiting) refuse(call, reason);
  }

  #tellPause(lane: Lane, nowMs: number): void {
    const pause = lane.pause(nowMs);
    if (pause === null) return;
    const delayMs = Math.max(0, pause.untilMs - nowMs);
    this.#tell({ kind: 'paused', lane, reason: pause.reason, delayMs });
  }

  #tell(news: LaneNews): void {
    this.#options.onNews?.(news);
  }

  #queueOf(lane: Lane): LaneQueue {
    const queue = this.#queueOfLane.get(lane);
    if (queue === undefined) throw new Error(`The gate does not know the lane ${lane.label}.`);
    return queue;
  }
}

const refuse = (call: WaitingCall, why: RefusalReason): void =>
  call.admitted({ kind: 'refused', why });

/** Returns whether a model is paused for so long that calls to other models go ahead without it. */
const isPaused = (lane: Lane, nowMs: number): boolean => {
  const pause = lane.pause(nowMs);
  if (pause === null) return false;
  return pause.untilMs - nowMs > longestTogetherMs || lane.stopped !== null || lane.probes > 0;
};
