import type { Side } from '../comparison/outcome.ts';
import type { CaptureRate } from '../store/comparisons/capture-rates.ts';
import { count, dollars, unknown } from '../text/numbers.ts';

/** What the traffic costs in a month of 365.25 ÷ 12 days. */
export type MonthlyCost = {
  /** Null if no rate is known. */
  readonly requests: number | null;
  /** Where the number of requests is from: timestamps of captures, or the user. */
  readonly source: 'captured' | 'given' | null;
  /** From the first timestamp to the last; null if the rate is not from timestamps. */
  readonly days: number | null;
  /** USD; null if the number of requests or the cost of one is not known. */
  readonly baseline: number | null;
  readonly candidate: number | null;
};

/** USD for one answer of each side; null if unknown. */
type PerRequest = Readonly<Record<Side, number | null>>;

const dayMs = 86_400_000;
const daysOfMonth = 365.25 / 12;

/** What a rate needs: timestamps over less time, or fewer of them, tell none. */
const leastSpanMs = 3_600_000;
const leastTimestamps = 10;

/**
 * Projects the cost of one request to a month of the traffic. The requests are those of the endpoints that the
 * comparison has, also those that its selection left out. Each endpoint counts with its own cost, so that
 * a sample that took as many of a rare one as of a common one gives the right sum; one without an answer counts with
 * the cost of all. `given`: the number of requests in a month, instead of the captured rate.
 */
export const monthlyCosts = (
  rates: readonly CaptureRate[],
  perRequest: {
    readonly whole: PerRequest;
    readonly byEndpoint: ReadonlyMap<string, PerRequest>;
  },
  given: number | null,
): { readonly whole: MonthlyCost; readonly byEndpoint: ReadonlyMap<string, MonthlyCost> } => {
  const own = rates.filter(({ endpoint }) => perRequest.byEndpoint.has(endpoint));
  const spanMs = spanOf(rates);
  const timed = own.reduce((sum, rate) => sum + rate.timed, 0);
  const all = own.reduce((sum, rate) => sum + rate.captures, 0);
  const isCaptured = given === null && spanMs >= leastSpanMs && timed >= leastTimestamps;
  const days = isCaptured ? spanMs / dayMs : null;
  // Between n timestamps there are n − 1 intervals.
  const requests = given ?? (days === null ? null : ((timed - 1) / days) * daysOfMonth);
  const source = given === null ? (isCaptured ? 'captured' : null) : 'given';
  const byEndpoint = new Map(
    own.map(({ captures, endpoint, timed: ownTimed }): [string, MonthlyCost] => {
      const share = isCaptured ? ownTimed / timed : captures / all;
      const ownRequests = requests === null ? null : requests * share;
      const cost = (side: Side): number | null =>
        product(ownRequests, perRequest.byEndpoint.get(endpoint)?.[side] ?? perRequest.whole[side]);
      return [
        endpoint,
        {
          requests: ownRequests,
          source,
          days,
          baseline: cost('baseline'),
          candidate: cost('candidate'),
        },
      ];
    }),
  );
  const parts = [...byEndpoint.values()];
  const whole = (side: Side): number | null =>
    parts.length === 0
      ? null
      : parts.reduce<number | null>((sum, part) => total(sum, part[side]), 0);
  return {
    whole: {
      requests,
      source,
      days,
      baseline: whole('baseline'),
      candidate: whole('candidate'),
    },
    byEndpoint,
  };
};

/** From the first timestamp of all to the last, in milliseconds; 0 if there are none. */
const spanOf = (rates: readonly CaptureRate[]): number => {
  const firsts = rates.flatMap(({ first }) => (first === null ? [] : Date.parse(first)));
  const lasts = rates.flatMap(({ last }) => (last === null ? [] : Date.parse(last)));
  if (firsts.length === 0) return 0;
  return lasts.reduce((a, b) => Math.max(a, b)) - firsts.reduce((a, b) => Math.min(a, b));
};

const product = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? null : a * b;

const total = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? null : a + b;

/** What a month and a thousand requests cost on each side, in one sentence; null if no cost is known. */
export const monthlyText = ({
  monthly,
  perRequest,
}: {
  readonly monthly: MonthlyCost;
  readonly perRequest: PerRequest;
}): string | null => {
  const { days, requests, source } = monthly;
  if (perRequest.baseline === null && perRequest.candidate === null) return null;
  if (requests === null) {
    return `Per 1,000 requests: ${bySides(perRequest, 1000)}. No rate per month is known: name one with --monthly-requests.`;
  }
  const from =
    source === 'given'
      ? `At ${count(requests)} requests a month`
      : `At the captured rate of ${count(roundedRate(requests))} requests a month (${spanText(days ?? 0)} of timestamps)`;
  const thousand = requests === 0 ? '' : `; ${bySides(monthly, 1000 / requests)} per 1,000`;
  return `${from}: ${bySides(monthly, 1)} a month${thousand}.`;
};

const bySides = (costs: PerRequest, factor: number): string =>
  `${amount(product(costs.baseline, factor))} → ${amount(product(costs.candidate, factor))}`;

/** Dollars; whole ones from 100 on, where cents say nothing. */
const amount = (usd: number | null): string =>
  usd !== null && usd >= 99.995 ? `$${count(usd)}` : dollars(usd);

/** A rate from timestamps has three significant digits at most. */
const roundedRate = (requests: number): number => Number(requests.toPrecision(3));

const spanText = (days: number): string =>
  days < 2
    ? `${(days * 24).toFixed(1)} hours`
    : `${days < 100 ? days.toFixed(1) : days.toFixed(0)} days`;

/** Tokens and USD of a table; `unknown` where they are not known. */
export const shortCount = (tokens: number | null): string => {
  if (tokens === null) return unknown;
  if (tokens < 1e6) return count(tokens);
  return tokens < 1e9 ? `${(tokens / 1e6).toFixed(1)}M` : `${(tokens / 1e9).toFixed(1)}G`;
};
