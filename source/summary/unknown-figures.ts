import { sides } from '../comparison/outcome.ts';
import type { Summary } from './gather-summary.ts';

/** The answers that a percentile needs. */
const needed = { p90: 10, p95: 20, p99: 100 } as const;

/**
 * Says in a sentence which figures are known of neither side, and why; null if all are known of one. Reports leave
 * out the rows and columns of such figures; in JSON they are null.
 */
export const unknownText = (summary: Summary): string | null => {
  if (summary.counts.answered === 0) {
    return 'Not known: rates, latency, tokens and cost, because no pair is answered yet.';
  }
  const parts = [
    ...unknownRates(summary),
    ...unknownLatency(summary),
    ...unknownPercentiles(summary),
    ...unknownTokens(summary),
    ...unknownCost(summary),
  ];
  return parts.length === 0 ? null : `Not known: ${parts.join('; ')}.`;
};

const unknownRates = ({ counts, judgedRates, noWorse }: Summary): readonly string[] => {
  if (judgedRates.agreement.n > 0) return [];
  const why =
    counts.judgedAhead === 0
      ? 'nothing is judged yet'
      : 'nothing is judged in the random order yet';
  return [noWorse.rate === null ? `all rates, because ${why}` : `judged rates, because ${why}`];
};

const isTimed = ({ latency }: Summary, what: 'timeToFirstToken' | 'total'): boolean =>
  sides.some((side) => latency[side][what].n > 0);

const unknownLatency = (summary: Summary): readonly string[] => {
  if (isTimed(summary, 'total') && isTimed(summary, 'timeToFirstToken')) return [];
  const sources = new Set(sides.map((side) => summary.latency[side].source));
  const why =
    sources.size === 1 && sources.has('batch')
      ? 'all answers came in batches'
      : sources.size === 1 && sources.has('recorded')
        ? 'the recording has no times'
        : 'no answer was timed';
  if (isTimed(summary, 'total')) return [`time to the first token, because ${why}`];
  return isTimed(summary, 'timeToFirstToken')
    ? [`time to the whole answer, because ${why}`]
    : [`latency, because ${why}`];
};

/** Percentiles for which neither side has enough answers. */
const unknownPercentiles = (summary: Summary): readonly string[] => {
  const { latency } = summary;
  const timed = (['timeToFirstToken', 'total'] as const).filter((what) => isTimed(summary, what));
  const missing = (['p90', 'p95', 'p99'] as const).filter(
    (point) =>
      timed.length > 0 &&
      timed.every((what) => sides.every((side) => latency[side][what][point] === null)),
  );
  const [first] = missing;
  if (first === undefined) return [];
  const few = `fewer than ${needed[first]} answers were timed`;
  return [`${missing.join(', ')} of the latency, because ${few}`];
};

const unknownTokens = ({ tokens }: Summary): readonly string[] => {
  if (sides.every((side) => tokens[side].answers === 0)) {
    return ['tokens, because no answer reports its usage'];
  }
  const parts = [
    ['cachedInput', 'cached input'],
    ['reasoning', 'reasoning tokens'],
  ] as const;
  const missing = parts.filter(([key]) => sides.every((side) => tokens[side][key] === null));
  return missing.length === 0
    ? []
    : [`${missing.map(([, name]) => name).join(' and ')}, because no answer reports them`];
};

const unknownCost = ({ cost, tokens }: Summary): readonly string[] => {
  if (sides.some((side) => cost[side] !== null)) return [];
  const noUsage = sides.every((side) => tokens[side].answers === 0);
  const why = [
    ...(noUsage ? ['no answer reports its usage'] : []),
    ...(cost.prices === null ? ['no price is known'] : []),
  ];
  return [
    `cost, because ${why.length === 0 ? 'no side has a price for all of its answers' : why.join(' and ')}`,
  ];
};
