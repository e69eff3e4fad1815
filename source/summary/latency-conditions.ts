import type { Side } from '../comparison/outcome.ts';
import { percentiles, type Percentiles } from '../statistics/percentile.ts';
import { wilson, type RateInterval } from '../statistics/wilson.ts';
import type { CallSpan, TimedCall } from '../store/comparisons/call-conditions.ts';
import { count, duration, percent } from '../text/numbers.ts';
import type { Figures } from './figures.ts';

/** Under which conditions the replay measured latency. Recorded answers and those of batches are in none of it. */
export type LatencyConditions = {
  /** The calls that were looked at: those of all pairs, or of the first of the random order. */
  readonly calls: number;
  /** The mean number of calls that were in flight when one of them began, with itself, failed ones and all samples. */
  readonly inFlight: number;
  /** How long calls waited for their turn, in milliseconds. No latency includes it. */
  readonly queue: Percentiles;
  /** How far apart the two calls of a pair began, in milliseconds. */
  readonly apart: Percentiles;
  /** The share of pairs whose baseline began first. */
  readonly baselineFirst: RateInterval;
  /** Cached ÷ input tokens of each side; null if a provider does not say. */
  readonly cachedInput: Readonly<Record<Side, number | null>>;
  /** Each endpoint is asked once before its first call. */
  readonly warmUp: 'each endpoint';
};

/**
 * Computes the conditions from some calls; null without any. `beside`: what else was in flight about the same pairs.
 * `share`: the share of all pairs whose calls they are, above 0 and at most 1.
 */
export const latencyConditions = (
  calls: readonly TimedCall[],
  {
    beside,
    share,
    tokens,
  }: {
    readonly beside: readonly CallSpan[];
    readonly share: number;
    readonly tokens: Figures['tokens'];
  },
): LatencyConditions | null => {
  if (calls.length === 0) return null;
  const others = othersInFlight(calls, beside);
  const pairs = [...Map.groupBy(calls, ({ captureId }) => captureId).values()].flatMap((own) => {
    const [baseline, candidate] = (['baseline', 'candidate'] as const).map((side) =>
      own.find((call) => call.side === side),
    );
    return baseline === undefined || candidate === undefined
      ? []
      : [candidate.startedAt - baseline.startedAt];
  });
  const cached = (side: Side): number | null => {
    const { cachedInput, input } = tokens[side];
    return cachedInput === null || input === null || input === 0 ? null : cachedInput / input;
  };
  return {
    calls: calls.length,
    inFlight: 1 + others / calls.length / share,
    queue: percentiles(calls.flatMap(({ queueMs }) => queueMs ?? [])),
    apart: percentiles(pairs.map(Math.abs)),
    baselineFirst: wilson(pairs.filter((apart) => apart > 0).length, pairs.length),
    cachedInput: { baseline: cached('baseline'), candidate: cached('candidate') },
    warmUp: 'each endpoint',
  };
};

/** Adds up, over the beginnings of some calls, how many others were in flight. */
const othersInFlight = (calls: readonly CallSpan[], beside: readonly CallSpan[]): number => {
  const starts = [...calls, ...beside]
    .map((call, index) => ({ at: call.startedAt, isCounted: index < calls.length }))
    .toSorted((a, b) => a.at - b.at);
  const ends = [...calls, ...beside].map(({ endedAt }) => endedAt).toSorted((a, b) => a - b);
  let ended = 0;
  let others = 0;
  for (const [before, { at, isCounted }] of starts.entries()) {
    while (ended < ends.length && (ends[ended] ?? Infinity) <= at) ended++;
    if (isCounted) others += Math.max(0, before - ended);
  }
  return others;
};

/** The conditions in a sentence; null if nothing was measured. */
export const conditionsText = (conditions: LatencyConditions | null): string | null => {
  if (conditions === null) return null;
  const { apart, baselineFirst, inFlight, queue } = conditions;
  const waited =
    queue.p50 === null
      ? []
      : [
          `a call waited ${duration(queue.p50)}${queue.p95 === null ? '' : ` (p95 ${duration(queue.p95)})`} for its turn, which no latency includes`,
        ];
  const together =
    apart.p50 === null
      ? []
      : [
          `the two calls of a pair began ${duration(apart.p50)} apart, the baseline first in ${percent(baselineFirst.rate)} of ${count(baselineFirst.n)}`,
        ];
  return `Measured with ${inFlight.toFixed(1)} calls in flight on average; ${[...waited, ...together, 'each endpoint was warmed up before its first call'].join('; ')}.`;
};
