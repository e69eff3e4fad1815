import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sides, type Outcome, type Side } from '../comparison/outcome.ts';
import { comesFromElsewhere } from '../recording/access.ts';
import { answerError, answerText } from '../recording/own-answers.ts';
import type { ReplayProgress } from '../replay/run.ts';
import { metricSample, metricsOf, metricsType } from '../text/prometheus.ts';
import { UserError } from '../text/user-error.ts';

/** The durations (ms) and costs (USD) of both answers of a pair; null where they are not known. */
export type PairUse = Readonly<
  Record<Side, { readonly totalMs: number | null; readonly usd: number | null }>
>;

type Sums = Record<Side, number>;

/** The counts of one comparison since a run that follows traffic began. */
export class ShadowCounts {
  readonly candidate: string;
  readonly outcomes = { identical: 0, equivalent: 0, by_rule: 0, different: 0 };
  readonly failures = new Map<string, number>();
  readonly notSent = new Map<string, number>();
  candidateFailures = 0;
  /** Sums over the pairs of which both are known. */
  readonly ms: Sums = { baseline: 0, candidate: 0 };
  readonly usd: Sums = { baseline: 0, candidate: 0 };

  /** `candidate` is its label. */
  constructor(candidate: string) {
    this.candidate = candidate;
  }

  addOutcome(outcome: Exclude<Outcome, 'failed'>, byRule: boolean, use: PairUse): void {
    this.outcomes[byRule && outcome !== 'different' ? 'by_rule' : outcome]++;
    const { baseline, candidate } = use;
    addBoth(this.ms, baseline.totalMs, candidate.totalMs);
    addBoth(this.usd, baseline.usd, candidate.usd);
  }

  addFailure(side: Side, reason: string): void {
    const key = JSON.stringify({ side, reason });
    this.failures.set(key, (this.failures.get(key) ?? 0) + 1);
    if (side === 'candidate') this.candidateFailures++;
  }

  addNotSent(side: Side, reason: string): void {
    const key = JSON.stringify({ side, reason });
    this.notSent.set(key, (this.notSent.get(key) ?? 0) + 1);
  }

  /**
   * The share of requests that the machine or a rule settled, of those that were compared or that the
   * candidate failed; null without any.
   */
  get settledShare(): number | null {
    const { by_rule: byRule, different, equivalent, identical } = this.outcomes;
    const settled = identical + equivalent + byRule;
    return ratio(settled, settled + different + this.candidateFailures);
  }
}

const addBoth = (sums: Sums, baseline: number | null, candidate: number | null): void => {
  if (baseline === null || candidate === null) return;
  sums.baseline += baseline;
  sums.candidate += candidate;
};

const ratio = (part: number, whole: number): number | null => (whole > 0 ? part / whole : null);

const { family, gauge } = metricsOf('understudy_shadow');

/** Returns the counts and the state of a run as metrics for Prometheus. */
export const shadowMetricsText = (
  comparisons: readonly ShadowCounts[],
  progress: ReplayProgress,
): string => {
  const each = (
    samples: (counts: ShadowCounts, labels: { readonly candidate: string }) => readonly string[],
  ): readonly string[] =>
    comparisons.flatMap((counts) => samples(counts, { candidate: counts.candidate }));
  const known = (labels: Readonly<Record<string, string>>, value: number | null) =>
    value === null ? [] : [metricSample(labels, value)];
  const counted = (counts: ReadonlyMap<string, number>, labels: { readonly candidate: string }) =>
    [...counts].map(([key, count]) => {
      const { reason, side } = JSON.parse(key) as {
        readonly side: string;
        readonly reason: string;
      };
      return metricSample({ ...labels, side, reason }, count);
    });
  const bySide = (sums: Sums, labels: { readonly candidate: string }, unit: number) =>
    sides.map((side) => metricSample({ ...labels, side }, sums[side] / unit));
  const { budget, isBudgetUsedUp, paused, spentToday } = progress;
  return [
    ...family(
      'pairs_total',
      'counter',
      'Compared pairs; by_rule: settled by a rule.',
      each(({ outcomes }, labels) =>
        Object.entries(outcomes).map(([outcome, count]) =>
          metricSample({ ...labels, outcome }, count),
        ),
      ),
    ),
    ...family(
      'failures_total',
      'counter',
      'Answers that failed and are not tried again.',
      each(({ failures }, labels) => counted(failures, labels)),
    ),
    ...family(
      'not_sent_total',
      'counter',
      'Answers that were not asked for.',
      each(({ notSent }, labels) => counted(notSent, labels)),
    ),
    ...family(
      'settled_ratio',
      'gauge',
      'Pairs settled by the machine or a rule, of the compared ones and those that the candidate failed.',
      each((counts, labels) => known(labels, counts.settledShare)),
    ),
    ...family(
      'latency_seconds_total',
      'counter',
      'Time of the answers of compared pairs.',
      each(({ ms }, labels) => bySide(ms, labels, 1000)),
    ),
    ...family(
      'latency_ratio',
      'gauge',
      'Time of the candidate against that of the baseline.',
      each(({ ms }, labels) => known(labels, ratio(ms.candidate, ms.baseline))),
    ),
    ...family(
      'cost_usd_total',
      'counter',
      'Cost of the answers of compared pairs.',
      each(({ usd }, labels) => bySide(usd, labels, 1)),
    ),
    ...family(
      'cost_ratio',
      'gauge',
      'Cost of the candidate against that of the baseline.',
      each(({ usd }, labels) => known(labels, ratio(usd.candidate, usd.baseline))),
    ),
    ...gauge('waiting', 'Pairs that wait for an answer.', progress.total - progress.done),
    ...gauge('in_flight', 'Calls that have not ended.', progress.inFlight),
    ...family('paused', 'gauge', '1 while nothing is sent for this reason.', [
      metricSample({ reason: 'budget' }, isBudgetUsedUp ? 1 : 0),
      ...paused.map(({ model, reason }) => metricSample({ reason, model }, 1)),
    ]),
    ...(spentToday === null
      ? []
      : gauge('spent_today_usd', 'Spent on this day (UTC).', spentToday)),
    ...(budget === null ? [] : gauge('budget_per_day_usd', 'What a day may cost.', budget)),
    '',
  ].join('\n');
};

/**
 * Serves metrics at `/metrics` on a port of this machine; 0 is any free one. Resolves to the server and its
 * address. Throws UserError if the port is not free.
 */
export const serveMetrics = async (
  port: number,
  text: () => string,
): Promise<{ readonly server: Server; readonly url: string }> => {
  const server = createServer((request, response) => {
    const isOurs = request.method === 'GET' && request.url === '/metrics';
    if (isOurs && !comesFromElsewhere(request.headers)) {
      answerText(request, response, metricsType, text());
    } else {
      const message = 'Only /metrics is here. This is said by understudy, not by a provider.';
      answerError(request, response, { status: 404, code: 'not_found', message });
    }
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening').catch(() => {
    throw new UserError(
      `Metrics cannot be served on port ${port} of this machine. Choose another --metrics-port.`,
    );
  });
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics` };
};
