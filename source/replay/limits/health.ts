import type { Failure, FailureReason } from '../../models/answer.ts';
import { asksTooMuch, probeDelayMs } from './retry.ts';

/**
 * Failures that affect every call to a model and do not pass by waiting: key, account, model name.
 */
const lasting: ReadonlySet<FailureReason> = new Set(['unauthorized', 'no_credit', 'not_found']);

/** Failures of a single request. They show that the server works. */
const requestFailures: ReadonlySet<FailureReason> = new Set(['rejected', 'too_large']);

/** The number of consecutive lasting failures after which the model is stopped. */
const lastingLimit = 5;
const connectionLimit = 5;
const failureLimit = 10;

/** How long to probe a failing model. The model is stopped when both limits are reached. */
export type Patience = { readonly totalMs: number; readonly probes: number };

export const defaultPatience: Patience = { totalMs: 900_000, probes: 10 };

/** A limit by the minute is nothing unusual, however impatient the run. */
const shortestPatienceMs = 60_000;

/** The longest wait that a server may ask for before nothing more is sent to it, in milliseconds. */
export const longestWaitMs = ({ totalMs }: Patience): number =>
  Math.max(totalMs, shortestPatienceMs);

/** The effect of a call's end. */
export type HealthChange = 'paused' | 'resumed' | 'stopped' | null;

/**
 * A circuit breaker for one model. After 5 attempts in a row without a connection, or 10 that failed
 * otherwise, nothing is sent for 5 s (or for as long as `Retry-After` says); then one call goes as a
 * probe. When it fails, the pause doubles, up to 5 minutes; any answer ends it. The model is given up
 * for this run when `patience` is used up, at once when it asks for a longer wait than that, and after 5
 * failures in a row that no waiting mends: a wrong key, no money, an unknown model. A refusal of one request shows that the server is well.
 * Times are of one clock, in ms.
 */
export class Health {
  readonly #patience: Patience;
  #state: 'closed' | 'open' | 'probing' | 'stopped' = 'closed';
  #reason: FailureReason | null = null;
  #untilMs = 0;
  #pausedAtMs = 0;
  #probes = 0;
  #lastingInRow = 0;
  #unconnectedInRow = 0;
  #failedInRow = 0;

  constructor(patience: Patience) {
    this.#patience = patience;
  }

  /**
   * In use (`closed`), paused until `untilMs` (`open`), awaiting the answer to a probe, or stopped.
   */
  get state(): 'closed' | 'open' | 'probing' | 'stopped' {
    return this.#state;
  }

  /** The time of the next probe of a paused model. */
  get untilMs(): number {
    return this.#untilMs;
  }

  /** The reason why the model is paused or stopped; null while it is in use. */
  get reason(): FailureReason | null {
    return this.#reason;
  }

  /** The number of failed probes since the pause began. */
  get probes(): number {
    return this.#probes;
  }

  /** Counts a call that is being sent; true if it is a probe. */
  sent(): boolean {
    if (this.#state !== 'open') return false;
    this.#state = 'probing';
    return true;
  }

  answered(): HealthChange {
    this.#lastingInRow = 0;
    return this.#state === 'stopped' ? null : this.#close();
  }

  failed(failure: Failure, isProbe: boolean, nowMs: number): HealthChange {
    const { reason } = failure;
    if (this.#state === 'stopped') return null;
    if (reason === 'interrupted') {
      if (isProbe) this.#state = 'open';
      return null;
    }
    if (requestFailures.has(reason)) return this.#close();
    if (asksTooMuch(failure, longestWaitMs(this.#patience))) return this.#stop(reason);
    if (lasting.has(reason)) {
      this.#lastingInRow++;
      if (this.#lastingInRow >= lastingLimit) return this.#stop(reason);
      return this.#state === 'closed' ? null : this.#close();
    }
    this.#lastingInRow = 0;
    if (isProbe) {
      this.#probes++;
      return this.#pause(failure, nowMs);
    }
    // A call sent before the pause carries no new information.
    if (this.#state !== 'closed') return null;
    this.#failedInRow++;
    this.#unconnectedInRow = reason === 'connection' ? this.#unconnectedInRow + 1 : 0;
    if (this.#unconnectedInRow < connectionLimit && this.#failedInRow < failureLimit) return null;
    this.#pausedAtMs = nowMs;
    this.#probes = 0;
    return this.#pause(failure, nowMs);
  }

  #close(): HealthChange {
    this.#unconnectedInRow = 0;
    this.#failedInRow = 0;
    if (this.#state !== 'open' && this.#state !== 'probing') return null;
    this.#state = 'closed';
    this.#reason = null;
    this.#probes = 0;
    return 'resumed';
  }

  #stop(reason: FailureReason): HealthChange {
    this.#state = 'stopped';
    this.#reason = reason;
    return 'stopped';
  }

  #pause(failure: Failure, nowMs: number): HealthChange {
    const { probes, totalMs } = this.#patience;
    if (this.#probes >= probes && nowMs - this.#pausedAtMs >= totalMs) {
      return this.#stop(failure.reason);
    }
    this.#reason = failure.reason;
    this.#state = 'open';
    this.#untilMs = nowMs + probeDelayMs(failure, this.#probes);
    return 'paused';
  }
}
