import type { Limits } from '../../configuration/settings.ts';

/** The load on one model at one address. */
export type LaneLoad = {
  readonly label: string;
  readonly calls: number;
  /** Input and output tokens together. */
  readonly tokens: number;
  readonly limits: Limits;
};

export type ExpectedDuration = {
  readonly ms: number;
  /** The limiting factor, for people. */
  readonly limitedBy: string;
};

/**
 * Estimates how long the calls take if each takes `latencyMs` and none fails. Returns the longest
 * of three bounds: calls in flight overall, calls in flight per lane, and a lane's limits per
 * minute.
 */
export const expectedDuration = (
  lanes: readonly LaneLoad[],
  options: { readonly concurrency: number; readonly latencyMs: number },
): ExpectedDuration => {
  const { concurrency, latencyMs } = options;
  const inFlight = (calls: number, atOnce: number): number => Math.ceil(calls / atOnce) * latencyMs;
  const calls = lanes.reduce((sum, lane) => sum + lane.calls, 0);
  const candidates: ExpectedDuration[] = [
    { ms: inFlight(calls, concurrency), limitedBy: `${concurrency} calls in flight` },
  ];
  for (const { label, limits, ...lane } of lanes) {
    const atOnce = limits.concurrency;
    if (atOnce !== null) {
      const limitedBy = `${atOnce} calls in flight to ${label}`;
      candidates.push({ ms: inFlight(lane.calls, atOnce), limitedBy });
    }
    for (const [amount, most, what] of [
      [lane.calls, limits.requestsPerMinute, 'requests'],
      [lane.tokens, limits.tokensPerMinute, 'tokens'],
    ] as const) {
      if (most === null) continue;
      const limitedBy = `${most.toLocaleString('en-US')} ${what} per minute of ${label}`;
      candidates.push({ ms: (amount / most) * 60_000, limitedBy });
    }
  }
  return candidates.reduce((longest, one) => (one.ms > longest.ms ? one : longest));
};
