import type { Limits } from '../../configuration/settings.ts';
import type { Failure, FailureReason } from '../../models/answer.ts';
import type { RateLimits } from '../../models/call/rate-limits.ts';
import { createHealth, type HealthNews, type Patience } from './health.ts';
import { createSlidingWindow, type Counted } from './window.ts';

/** What a call was counted as when it was sent. */
export type Sent = { readonly probe: boolean; readonly tokens: Counted | null };

/** How a call ended, as far as the limits of its model are concerned. */
export type LaneEnd = {
  /** Null: it was answered. */
  readonly failure: Failure | null;
  /** How long the model wants to be left alone by every call, ms; null: it has not said so. */
  readonly pauseMs: number | null;
  /** Tokens that it used, null where nobody counted. */
  readonly tokens: number | null;
  readonly rateLimits: RateLimits | null;
};

/** One live model with its limits and its health. Times are of one clock, in ms. */
export type Lane = {
  /** The model's label. */
  readonly label: string;
  /** Calls in flight at most; Infinity without a limit. */
  readonly concurrency: number;
  readonly inFlight: number;
  /** Null while it is used; else why nothing more is sent to it in this run. */
  readonly stopped: FailureReason | null;
  /** Whether calls are estimated: there is a limit of tokens a minute, of ours or of the provider's. */
  readonly countsTokens: boolean;
  /** Until when nothing is sent and why; null while it goes on. */
  readonly pause: (
    nowMs: number,
  ) => { readonly untilMs: number; readonly reason: FailureReason } | null;
  /** When a call of so many tokens may be sent: Infinity while only another event can allow it. */
  readonly opensAt: (tokens: number, nowMs: number) => number;
  readonly send: (tokens: number, nowMs: number) => Sent;
  readonly end: (sent: Sent, end: LaneEnd, nowMs: number) => HealthNews | 'waits';
  /** Tries that failed while it was paused. */
  readonly probes: number;
};

/** A pause that is shorter than this is not worth a word. */
const noticeableMs = 1000;

/**
 * A model that nothing has been sent to. It keeps to the limits given and, where the provider's
 * headers name smaller ones, to those; where a header says that nothing remains, it waits for the
 * reset.
 */
export const createLane = (options: {
  readonly label: string;
  readonly limits: Limits;
  readonly patience: Patience;
}): Lane => {
  const { label, limits } = options;
  const health = createHealth(options.patience);
  const requests = createSlidingWindow(limits.requestsPerMinute);
  const tokens = createSlidingWindow(limits.tokensPerMinute);
  const concurrency = limits.concurrency ?? Number.POSITIVE_INFINITY;
  let inFlight = 0;
  let blockedUntilMs = Number.NEGATIVE_INFINITY;

  const block = (untilMs: number, nowMs: number): boolean => {
    const longer = untilMs - Math.max(blockedUntilMs, nowMs) >= noticeableMs;
    blockedUntilMs = Math.max(blockedUntilMs, untilMs);
    return longer;
  };

  const learn = (told: RateLimits, nowMs: number): boolean => {
    let waits = false;
    for (const [window, own, rate] of [
      [requests, limits.requestsPerMinute, told.requests],
      [tokens, limits.tokensPerMinute, told.tokens],
    ] as const) {
      if (rate === null) continue;
      if (rate.limit !== null && rate.limit >= 1) {
        window.limitTo(Math.min(own ?? Number.POSITIVE_INFINITY, rate.limit));
      }
      if (rate.remaining === 0 && rate.resetMs !== null) {
        waits = block(nowMs + rate.resetMs, nowMs) || waits;
      }
    }
    return waits;
  };

  return {
    label,
    concurrency,
    get inFlight() {
      return inFlight;
    },
    get stopped() {
      return health.state === 'stopped' ? health.reason : null;
    },
    get countsTokens() {
      return tokens.limit !== null;
    },
    get probes() {
      return health.probes;
    },
    pause(nowMs) {
      const untilMs = Math.max(health.untilMs, blockedUntilMs);
      if (health.state === 'open' || health.state === 'probing') {
        return { untilMs, reason: health.reason ?? 'server_error' };
      }
      return blockedUntilMs > nowMs ? { untilMs: blockedUntilMs, reason: 'rate_limited' } : null;
    },
    opensAt(amount, nowMs) {
      if (inFlight >= concurrency || health.state === 'probing') return Number.POSITIVE_INFINITY;
      if (health.state === 'stopped') return Number.POSITIVE_INFINITY;
      const opens = Math.max(
        nowMs,
        blockedUntilMs,
        health.state === 'open' ? health.untilMs : nowMs,
      );
      if (opens > nowMs) return opens;
      return Math.max(requests.fitsAt(1, nowMs), tokens.fitsAt(amount, nowMs));
    },
    send(amount, nowMs) {
      inFlight++;
      requests.add(1, nowMs);
      return { probe: health.sent(), tokens: tokens.add(amount, nowMs) };
    },
    end(sent, { failure, pauseMs, tokens: used, rateLimits }, nowMs) {
      inFlight--;
      if (sent.tokens !== null && used !== null) tokens.correct(sent.tokens, used);
      let waits = rateLimits !== null && learn(rateLimits, nowMs);
      if (pauseMs !== null) waits = block(nowMs + pauseMs, nowMs) || waits;
      const news = failure === null ? health.answered() : health.failed(failure, sent.probe, nowMs);
      return news ?? (waits ? 'waits' : null);
    },
  };
};
