/** A limit as last reported by the provider; numbers that it does not report are null. */
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

/** OpenAI, Azure and Groq; Anthropic; Mistral and Cerebras; OpenRouter and Together. */
const requestNames: readonly Names[] = [
  between('x-ratelimit-', '-requests'),
  between('anthropic-ratelimit-requests-', ''),
  between('x-ratelimit-', '-req-minute'),
  between('x-ratelimit-', '-requests-minute'),
  between('x-ratelimit-', '-requests-day'),
  between('x-ratelimit-', ''),
];

const tokenNames: readonly Names[] = [
  between('x-ratelimit-', '-tokens'),
  between('anthropic-ratelimit-tokens-', ''),
  between('x-ratelimit-', '-tokens-minute'),
  between('x-tokenlimit-', ''),
];

/**
 * Reads the limits in the headers of a response; null if there are none. A reset may be a duration
 * (`6m0s`, `20ms`, a number of seconds) or a time (ISO 8601, seconds or milliseconds since 1970). A
 * time is compared with the server's own clock if the response states it, otherwise with `nowMs`.
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
    const server = Date.parse(headers.get('date') ?? '');
    const resetMs = untilReset(headers.get(names.reset), Number.isNaN(server) ? nowMs : server);
    return { limit, remaining, resetMs: resetMs === null ? null : Math.round(resetMs) };
  }
  return null;
};

const plainNumber = /^\d+(?:\.\d+)?$/;

const count = (text: string | null): number | null =>
  text !== null && plainNumber.test(text.trim()) ? Number(text) : null;

/** The smallest numbers that are times: 2001 in seconds, and in milliseconds. */
const firstTimeS = 1e9;
const firstTimeMs = 1e12;

const untilReset = (value: string | null, nowMs: number): number | null => {
  const text = value?.trim() ?? '';
  if (plainNumber.test(text)) {
    const number = Number(text);
    if (number < firstTimeS) return number * 1000;
    return Math.max(0, (number < firstTimeMs ? number * 1000 : number) - nowMs);
  }
  const duration = durationMs(text);
  if (duration !== null) return duration;
  const time = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? null : Math.max(0, time - nowMs);
};

const unitMs: Readonly<Record<string, number>> = {
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
  us: 0.001,
  µs: 0.001,
  ns: 0.000_001,
};

/** Parses a duration in Go's format: `1h2m3.5s`, `20ms`. */
const durationMs = (text: string): number | null => {
  const part = /(\d+(?:\.\d+)?)(ms|us|µs|ns|[dhms])/gy;
  let total = 0;
  let end = 0;
  for (const match of text.matchAll(part)) {
    total += Number(match[1]) * (unitMs[match[2] ?? ''] ?? 0);
    end = match.index + match[0].length;
  }
  return end > 0 && end === text.length ? total : null;
};
