import type { Side } from '../comparison/outcome.ts';
import { medianRatio } from '../statistics/bootstrap.ts';
import { percentiles, type Percentiles } from '../statistics/percentile.ts';
import { ratio } from '../statistics/ratio.ts';
import type { durations, DurationFact } from '../store/comparisons/duration-facts.ts';

/**
 * Where one side's latency comes from: production's recording or this replay. `batch`: there is none,
 * because every answer came in a batch.
 */
export type LatencySource = 'recorded' | 'replayed' | 'batch';

/** Times of one side over the answered pairs, in milliseconds. */
export type SideLatency = {
  readonly timeToFirstToken: Percentiles;
  readonly total: Percentiles;
  /** Null as long as no pair is answered. */
  readonly source: LatencySource | null;
  /** Answers that came in batches; they have no times and are left out. */
  readonly batchAnswers: number;
};

/** How long the candidate takes in comparison with the baseline; null where it is not known. */
export type LatencyRatio = {
  /**
   * The median of candidate ÷ baseline over the pairs of which both answers were timed in the same way, with
   * its 95 % interval and the number of pairs.
   */
  readonly paired: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  readonly n: number;
  /** Candidate ÷ baseline at the 95th percentile of each; null if one was recorded and the other replayed. */
  readonly p95: number | null;
};

/** How long both sides take. */
export type LatencyFigures = {
  readonly baseline: SideLatency;
  readonly candidate: SideLatency;
  readonly timeToFirstToken: LatencyRatio;
  readonly total: LatencyRatio;
};

/** Computes how long both sides take, over the answered pairs. */
export const latencyFigures = (facts: readonly DurationFact[]): LatencyFigures => {
  const baseline = sideLatency(facts, 'baseline');
  const candidate = sideLatency(facts, 'candidate');
  const alike = baseline.source === candidate.source;
  const compared = (what: 'First' | 'Total', key: 'timeToFirstToken' | 'total'): LatencyRatio => {
    const { ratio: paired, ...interval } = medianRatio(ratiosOf(facts, what));
    return {
      paired,
      ...interval,
      p95: alike ? ratio(candidate[key].p95, baseline[key].p95) : null,
    };
  };
  return {
    baseline,
    candidate,
    timeToFirstToken: compared('First', 'timeToFirstToken'),
    total: compared('Total', 'total'),
  };
};

const sideLatency = (facts: readonly DurationFact[], side: Side): SideLatency => {
  const count = (fits: (fact: DurationFact) => boolean): number =>
    facts.reduce((sum, fact) => (fits(fact) ? sum + fact.pairs : sum), 0);
  const answers = count(() => true);
  const batchAnswers = count((fact) => fact[`${side}Batch`]);
  const recorded = facts.at(-1)?.[`${side}Recorded`] ?? null;
  return {
    timeToFirstToken: percentiles(knownDurations(facts, `${side}First`)),
    total: percentiles(knownDurations(facts, `${side}Total`)),
    source:
      recorded === null
        ? null
        : recorded
          ? 'recorded'
          : batchAnswers === answers
            ? 'batch'
            : 'replayed',
    batchAnswers,
  };
};

const knownDurations = (
  facts: readonly DurationFact[],
  column: (typeof durations)[number],
): Float64Array =>
  gathered(facts, (fact, add) => {
    for (const value of fact[column]) if (!Number.isNaN(value)) add(value);
  });

/** Candidate ÷ baseline of each pair that was timed in the same way. */
const ratiosOf = (facts: readonly DurationFact[], what: 'First' | 'Total'): Float64Array =>
  gathered(
    facts.filter((fact) => fact.baselineRecorded === fact.candidateRecorded),
    (fact, add) => {
      const divisors = fact[`baseline${what}`];
      const dividends = fact[`candidate${what}`];
      for (let pair = 0; pair < fact.pairs; pair++) {
        const divisor = divisors[pair] ?? Number.NaN;
        const dividend = dividends[pair] ?? Number.NaN;
        if (divisor > 0 && !Number.isNaN(dividend)) add(dividend / divisor);
      }
    },
  );

/** Gathers at most one value of each pair. */
const gathered = (
  facts: readonly DurationFact[],
  read: (fact: DurationFact, add: (value: number) => void) => void,
): Float64Array => {
  const values = new Float64Array(facts.reduce((sum, { pairs }) => sum + pairs, 0));
  let count = 0;
  for (const fact of facts) {
    read(fact, (value) => {
      values[count] = value;
      count++;
    });
  }
  return values.subarray(0, count);
};
