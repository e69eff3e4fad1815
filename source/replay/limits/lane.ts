import type { Limits } from '../../configuration/settings.ts';
import type { Failure, FailureReason } from '../../models/answer.ts';
import type { RateLimits } from '../../models/call/rate-limits.ts';
import { Health, longestWaitMs, type HealthChange, type Patience } from './health.ts';
import { SlidingWindow, type Counted } from './window.ts';

/** The counts made when a call was sent. */
export type Sent = { readonly probe: boolean; readonly tokens: Counted | null };

/** The end of a call, for the limits of its model. */
export type LaneEnd = {
  /** Null when it was answered. */
  readonly failure: Failure | null;
  /** The time to hold back every call to the model, in ms; null to hold back only this one. */
  readonly pauseMs: number | null;
  /** The tokens used; null if nobody counted them. */
  readonly tokens: number | null;
  readonly rateLimits: RateLimits | null;
};

/** A shorter pause is not announced. */
const noticeableMs = 1000;

/**
 * A live model with its limits and its health. It applies the configured limits or, if the
 * provider's headers name smaller ones, those. If a header says that nothing remains, it waits for
 * the reset. Times are in ms, all of one clock.
 */
export class Lane {
  /** The model's label. */
  readonly label: string;
  /** The most calls in flight; Infinity without a limit. */
  readonly concurrency: number;
  readonly #limits: Limits;
  readonly #health: Health;
  readonly #longestWaitMs: number;
  readonly #requests: SlidingWindow;
  readonly #tokens: SlidingWindow;
  #inFlight = 0;
  #blockedUntilMs = Number.NEGATIVE_INFINITY;

  constructor(options: {
    readonly label: string;
    readonly limits: Limits;
    readonly patience: Patience;
  }) {
    const { label, limits, patience } = options;
    this.label = label;
    this.concurrency = limits.concurrency ?? Number.POSITIVE_INFINITY;
    this.#limits = limits;
    this.#health = new Health(patience);
    this.#longestWaitMs = longestWaitMs(patience);
    this.#requests = new SlidingWindow(limits.requestsPerMinute);
    this.#tokens = new SlidingWindow(limits.tokensPerMinute);
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** The reason why the model is stopped in this run; null while it is in use. */
  get stopped(): FailureReason | null {
    return this.#health.state === 'stopped' ? this.#health.reason : null;
  }

  /** Whether a limit of tokens per minute is known, from the configuration or the provider. */
  get countsTokens(): boolean {
    return this.#tokens.limit !== null;
  }

  /** The number of failed probes since the model was paused. */
  get probes(): number {
    return this.#health.probes;
  }

  /** Returns the end of the pause and its reason; null while the model is in use. */
  pause(nowMs: number): { readonly untilMs: number; readonly reason: FailureReason } | null {
    const { reason, state, untilMs } = this.#health;
    if (state === 'open' || state === 'probing') {
      return {
        untilMs: Math.max(untilMs, this.#blockedUntilMs),
        reason: reason ?? 'server_error',
      };
    }
    return this.#blockedUntilMs > nowMs
      ? { untilMs: this.#blockedUntilMs, reason: 'rate_limited' }
      : null;
  }

  /**
   * Returns when a call of this many tokens may be sent; Infinity if that depends on another event.
   */
  opensAt(tokens: number, nowMs: number): number {
    const { state, untilMs } = this.#health;
    if (this.#inFlight >= this.concurrency || state === 'probing' || state === 'stopped') {
      return Number.POSITIVE_INFINITY;
    }
    const opensMs = Math.max(nowMs, this.#blockedUntilMs, state === 'open' ? untilMs : nowMs);
    if (opensMs > nowMs) return opensMs;
    return Math.max(this.#requests.fitsAt(1, nowMs), this.#tokens.fitsAt(tokens, nowMs));
  }

  /** Counts a call as sent, with its expected tokens. */
  send(tokens: number, nowMs: number): Sent {
    this.#inFlight++;
    this.#requests.add(1, nowMs);
    return { probe: this.#health.sent(), tokens: this.#tokens.add(tokens, nowMs) };
  }

  /**
   * Counts the end of a call. Returns `waits` if the model is healthy but asks for a noticeable
   * pause.
   */
  end(sent: Sent, end: LaneEnd, nowMs: number): HealthChange | 'waits' {
    const { failure, pauseMs, rateLimits, tokens } = end;
    this.#inFlight--;
    if (sent.tokens !== null && tokens !== null) this.#tokens.correct(sent.tokens, tokens);
    let waits = rateLimits !== null && this.#keepTo(rateLimits, nowMs);
    if (pauseMs !== null) waits = this.#block(nowMs + pauseMs, nowMs) || waits;
    const change =
      failure === null ? this.#health.answered() : this.#health.failed(failure, sent.probe, nowMs);
    return change ?? (waits ? 'waits' : null);
  }

  /** Applies the provider's rate-limit headers. Returns whether the model must wait noticeably longer. */
  #keepTo({ requests, tokens }: RateLimits, nowMs: number): boolean {
    let waits = false;
    for (const [window, own, rate] of [
      [this.#requests, this.#limits.requestsPerMinute, requests],
      [this.#tokens, this.#limits.tokensPerMinute, tokens],
    ] as const) {
      if (rate === null) continue;
      if (rate.limit !== null && rate.limit >= 1) {
        window.limitTo(Math.min(own ?? Number.POSITIVE_INFINITY, rate.limit));
      }
      // A reset that the run does not wait for holds nothing back: the next call hears of it, if it is meant.
      const isSoon = rate.resetMs !== null && rate.resetMs <= this.#longestWaitMs;
      if (rate.remaining === 0 && rate.resetMs !== null && isSoon) {
        waits = this.#block(nowMs + rate.resetMs, nowMs) || waits;
      }
    }
    return waits;
  }

  #block(untilMs: number, nowMs: number): boolean {
    const longerMs = untilMs - Math.max(this.#blockedUntilMs, nowMs);
    this.#blockedUntilMs = Math.max(this.#blockedUntilMs, untilMs);
    return longerMs >= noticeableMs;
  }
}
