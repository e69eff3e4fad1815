/** From these values on, a number is a moment: 2001 in seconds since 1970, and in milliseconds. */
const firstMomentS = 1e9;
const firstMomentMs = 1e12;

const plainNumber = /^\d+(?:\.\d+)?$/;

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

/** A duration as Go and protobuf write it: `1h2m3.5s`, `20ms`, `58s`. Null for anything else. */
const spanMs = (text: string): number | null => {
  const part = /(\d+(?:\.\d+)?)(ms|us|µs|ns|[dhms])/gy;
  let total = 0;
  let end = 0;
  for (const match of text.matchAll(part)) {
    total += Number(match[1]) * (unitMs[match[2] ?? ''] ?? 0);
    end = match.index + match[0].length;
  }
  return end > 0 && end === text.length ? total : null;
};

/** ISO 8601, or one of the three dates of HTTP. Date.parse alone takes `-3` and `soon 1` for dates. */
const moment = /^\d{4}-\d\d-\d\d|^[a-z]{3,9},? +(?:\d{1,2}[ -][a-z]{3}|[a-z]{3} +\d)/i;

/**
 * Reads a wait as a server spells it, in milliseconds ≥ 0: a number of `unit` (seconds or milliseconds),
 * a duration (`6m0s`, `20ms`), or the moment at which the wait ends (seconds or milliseconds since
 * 1970, ISO 8601, an HTTP date), which is compared with `nowMs`. A number that would be a wait of more
 * than 31 years is a moment. Null for anything else.
 */
export const readWait = (
  value: string | null,
  nowMs: number,
  unit: 's' | 'ms' = 's',
): number | null => {
  const text = value?.trim() ?? '';
  if (plainNumber.test(text)) {
    const number = Number(text);
    if (number >= firstMomentMs) return Math.max(0, number - nowMs);
    if (number >= firstMomentS) return Math.max(0, number * 1000 - nowMs);
    return unit === 's' ? number * 1000 : number;
  }
  const span = spanMs(text);
  if (span !== null) return span;
  const endMs = moment.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(endMs) ? null : Math.max(0, endMs - nowMs);
};

/** The server's own clock where the response tells it, else `nowMs`: moments are those of the server. */
export const serverNowMs = (headers: Headers, nowMs: number): number => {
  const server = Date.parse(headers.get('date') ?? '');
  return Number.isNaN(server) ? nowMs : server;
};
