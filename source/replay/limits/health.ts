import type { Failure, FailureReason } from '../../models/answer.ts';
import { requestedWaitMs } from '../../models/call/retry-after.ts';

/** What is the same for every call to a model and never passes by itself: key, account, name. */
const lasting: ReadonlySet<FailureReason> = new Set(['unauthorized', 'no_credit', 'not_found']);

/** What concerns one request only: the server is there, and took a look at it. */
const ofTheRequest: ReadonlySet<FailureReason> = new Set(['rejected', 'too_large']);

/** Calls in a row after which there is no use in going on. */
const lastingLimit = 5;
const connectionLimit = 5;
const failureLimit = 10;

const firstPauseMs = 5_000;
const longestPauseMs = 300_000;

/** How long a provider that keeps failing is probed: given up when both have been used up. */
export type Patience = { readonly totalMs: number; readonly probes: number };

export const defaultPatience: Patience = { totalMs: 900_000, probes: 10 };

/** What has changed with a call's end. */
export type HealthNews = 'paused' | 'resumed' | 'stopped' | null;

/** Whether it makes sense to send anything to a model now. Times are of one clock, in ms. */
export type Health = {
  /** Ready, waiting until `untilMs`, waiting for the answer to a probe, or given up. */
  readonly state: 'closed' | 'open' | 'probing' | 'stopped';
  /** When a paused model is probed next. */
  readonly untilMs: number;
  /** Why it is paused or was stopped; null while all is well. */
  readonly reason: FailureReason | null;
  /** Probes that failed since the pause began. */
  readonly probes: number;
  /** A call is sent; true when it is a probe. */
  readonly sent: () => boolean;
  readonly answered: () => HealthNews;
  readonly failed: (failure: Failure, probe: boolean, nowMs: number) => HealthNews;
};

/**
 * A circuit breaker. After 5 tries in a row without a connection, or 10 that failed otherwise, nothing
 * is sent for 5 s (or for as long as `Retry-After` says); then one call goes as a probe. When it
 * fails, the pause doubles, up to 5 minutes; any answer ends it. When `patience` is used up the model
 * is given up for this run, as it is after 5 in a row that no waiting mends: a wrong key, no money, an
 * unknown model. A refusal of one request for its own sake shows that the server is well.
 */
export const createHealth = (patience: Patience): Health => {
  let state: Health['state'] = 'closed';
  let reason: FailureReason | null = null;
  let untilMs = 0;
  let pausedAtMs = 0;
  let probes = 0;
  let lastingInARow = 0;
  let refusedInARow = 0;
  let failedInARow = 0;

  const close = (): HealthNews => {
    refusedInARow = 0;
    failedInARow = 0;
    if (state !== 'open' && state !== 'probing') return null;
    state = 'closed';
    reason = null;
    probes = 0;
    return 'resumed';
  };
  const stop = (why: FailureReason): HealthNews => {
    state = 'stopped';
    reason = why;
    return 'stopped';
  };
  const pause = (failure: Failure, nowMs: number): HealthNews => {
    reason = failure.reason;
    if (probes >= patience.probes && nowMs - pausedAtMs >= patience.totalMs) {
      return stop(failure.reason);
    }
    state = 'open';
    const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** probes);
    untilMs = nowMs + (requestedWaitMs(failure) ?? pauseMs);
    return 'paused';
  };

  return {
    get state() {
      return state;
    },
    get untilMs() {
      return untilMs;
    },
    get reason() {
      return reason;
    },
    get probes() {
      return probes;
    },
    sent() {
      if (state !== 'open') return false;
      state = 'probing';
      return true;
    },
    answered() {
      lastingInARow = 0;
      return state === 'stopped' ? null : close();
    },
    failed(failure, probe, nowMs) {
      const why = failure.reason;
      if (state === 'stopped') return null;
      if (why === 'interrupted') {
        if (probe) state = 'open';
        return null;
      }
      if (ofTheRequest.has(why)) return close();
      if (lasting.has(why)) {
        lastingInARow++;
        if (lastingInARow >= lastingLimit) return stop(why);
        return state === 'closed' ? null : close();
      }
      lastingInARow = 0;
      if (probe) {
        probes++;
        return pause(failure, nowMs);
      }
      // What was sent before the pause tells nothing new.
      if (state !== 'closed') return null;
      failedInARow++;
      refusedInARow = why === 'connection' ? refusedInARow + 1 : 0;
      if (refusedInARow < connectionLimit && failedInARow < failureLimit) return null;
      pausedAtMs = nowMs;
      probes = 0;
      return pause(failure, nowMs);
    },
  };
};
