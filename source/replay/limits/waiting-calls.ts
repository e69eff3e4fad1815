import type { FailureReason } from '../../models/answer.ts';
import type { Reservation } from './budget.ts';
import type { Lane, Sent } from './lane.ts';

/** A call that waits at the gate. */
export type WaitingCall = {
  readonly lane: Lane;
  /** The most that it can cost, in USD. */
  readonly atMost: number;
  /** The number of tokens that it is expected to use. */
  readonly tokens: number;
  /** Called once, with the gate's decision. */
  readonly admitted: (admission: Admission) => void;
};

/** A call in flight, returned to the gate when it ends. */
export type CallTicket = {
  readonly lane: Lane;
  readonly sent: Sent;
  readonly reservation: Reservation;
};

/**
 * The gate's decision: send the call now, or the reason why not. Reasons are that the run was
 * closed, the budget is exhausted or smaller than the call, the model was stopped, or too many calls wait for a paused model
 * and this one must return `later`.
 */
export type Admission =
  | { readonly kind: 'sent'; readonly ticket: CallTicket }
  | { readonly kind: 'refused'; readonly why: RefusalReason };

export type RefusalReason = 'budget reached' | typeof overDay | 'closed' | 'later' | FailureReason;

/** The reason for not sending a call that may cost more than a whole day's budget. */
export const overDay = 'may cost more than the budget of a day';

/** A FIFO queue with operations in constant time. */
export class Line<Item> {
  #items: Item[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  push(item: Item): void {
    this.#items.push(item);
  }

  first(): Item | undefined {
    return this.#items[this.#head];
  }

  shift(): Item | undefined {
    const item = this.#items[this.#head];
    if (item === undefined) return undefined;
    this.#head++;
    if (this.#head > 100 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** Empties the queue and returns its calls. */
  clear(): readonly Item[] {
    const rest = this.#items.slice(this.#head);
    this.#items = [];
    this.#head = 0;
    return rest;
  }
}

/** Retries that are not due yet, ordered by due time. */
export class DelayedCalls {
  #entries: { readonly dueMs: number; readonly call: WaitingCall }[] = [];

  /** The due time of the next retry; Infinity if there is none. */
  get nextMs(): number {
    return this.#entries[0]?.dueMs ?? Number.POSITIVE_INFINITY;
  }

  push(call: WaitingCall, dueMs: number): void {
    let at = this.#entries.length;
    while (at > 0 && (this.#entries[at - 1]?.dueMs ?? 0) > dueMs) at--;
    this.#entries.splice(at, 0, { dueMs, call });
  }

  /** Removes and returns the calls that are due, the earliest first. */
  takeDue(nowMs: number): readonly WaitingCall[] {
    const later = this.#entries.findIndex(({ dueMs }) => dueMs > nowMs);
    return this.#entries
      .splice(0, later === -1 ? this.#entries.length : later)
      .map(({ call }) => call);
  }

  /** Removes and returns the calls of one model. */
  takeLane(lane: Lane): readonly WaitingCall[] {
    const taken = this.#entries.filter(({ call }) => call.lane === lane);
    this.#entries = this.#entries.filter(({ call }) => call.lane !== lane);
    return taken.map(({ call }) => call);
  }

  clear(): readonly WaitingCall[] {
    const all = this.#entries.map(({ call }) => call);
    this.#entries = [];
    return all;
  }
}

/** The calls that wait for one model. */
export class LaneQueue {
  readonly lane: Lane;
  /** Retries that are due. */
  readonly retries = new Line<WaitingCall>();
  /** First attempts whose model was paused when the rest of their group was sent. */
  readonly alone = new Line<WaitingCall>();
  /** The number of retries that are not due yet; `DelayedCalls` holds them. */
  delayed = 0;
  /** Whether the model was warmed up. Until then its calls wait. */
  isWarm: boolean;
  /** Whether the warm-up was requested. */
  isWarming = false;

  constructor(lane: Lane, isWarm: boolean) {
    this.lane = lane;
    this.isWarm = isWarm;
  }

  /** The number of failed calls waiting for their next attempt. */
  get retrying(): number {
    return this.retries.length + this.delayed;
  }

  /**
   * Removes and returns the calls that wait here. Delayed calls are no longer counted, but stay in
   * `DelayedCalls`.
   */
  clear(): readonly WaitingCall[] {
    this.delayed = 0;
    return [...this.retries.clear(), ...this.alone.clear()];
  }
}
