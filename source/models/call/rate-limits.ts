import { readWait, serverNowMs } from './wait-spelling.ts';

/** A limit as the provider last reported it; numbers that it does not report are null. */
export type RateLimit = {
  readonly limit: number | null;
  readonly remaining: number | null;
  /** The time until the limit is fully restored, in whole milliseconds ≥ 0. */
  readonly resetMs: number | null;
};

/** The limits that a response reports; null for a kind that it does not mention. */
export type RateLimits = {
  readonly requests: RateLimit | null;
  readonly tokens: RateLimit | null;
};

type Names = { readonly limit: string; readonly remaining: string; readonly reset: string };

const between = (before: string, after: string): Names => ({
  limit: `${before}limit${after}`,
  remaining: `${before}remaining${after}`,
  reset: `${before}reset${after}`,
});

/** OpenAI, Azure and Groq; Anthropic; Mistral and Cerebras; OpenRouter and Together; the IETF draft. */
const requestNames: readonly Names[] = [
  between('x-ratelimit-', '-requests'),
  between('anthropic-ratelimit-requests-', ''),
  between('x-ratelimit-', '-req-minute'),
  between('x-ratelimit-', '-requests-minute'),
  between('x-ratelimit-', '-requests-day'),
  between('x-ratelimit-', ''),
  between('ratelimit-', ''),
];

const tokenNames: readonly Names[] = [
  between('x-ratelimit-', '-tokens'),
  between('anthropic-ratelimit-tokens-', ''),
  between('anthropic-ratelimit-input-tokens-', ''),
  between('anthropic-ratelimit-output-tokens-', ''),
  between('x-ratelimit-', '-tokens-minute'),
  between('x-tokenlimit-', ''),
];

/**
 * Reads the limits in the headers of a response; null when there are none. A reset is read as
 * `readWait` reads it; a moment is compared with the server's own clock where the response tells it,
 * else with `nowMs`.
 */
export const readRateLimits = (headers: Headers, nowMs = Date.now()): RateLimits | null => {
  const requests = readFirst(headers, requestNames, nowMs);
  const tokens = readFirst(headers, tokenNames, nowMs);
  return requests === null && tokens === null ? null : { requests, tokens };
};

const readFirst = (
  headers: Headers,
  spellings: readonly Names[],
  nowMs: number,
): RateLimit | null => {
  for (const names of spellings) {
    const limit = count(headers.get(names.limit));
    const remaining = count(headers.get(names.remaining));
    if (limit === null && remaining === null) continue;
    const resetMs = readWait(headers.get(names.reset), serverNowMs(headers, nowMs));
    return { limit, remaining, resetMs: resetMs === null ? null : Math.round(resetMs) };
  }
  return null;
};

const plainNumber = /^\d+(?:\.\d+)?$/;

const count = (text: string | null): number | null =>
  text !== null && plainNumber.test(text.trim()) ? Number(text) : null;
