import { requireCounts } from './counts.ts';
import { logBeta, logGamma } from './log-gamma.ts';
import type { JudgedList } from './stratified.ts';
import type { RateInterval } from './wilson.ts';

/** Verdicts in random order, and the population from which they were drawn. */
export type Draws = {
  readonly successes: number;
  readonly n: number;
  /**
   * The length of the list from which the pairs are drawn without replacement; `Infinity` for production,
   * where the next request is always new.
   */
  readonly population: number;
};

/**
 * The number of verdicts for which the line is tightest: a planned number, or none in particular. It
 * changes how soon the line decides, never whether it holds.
 */
export type Tuning = { readonly planned: number } | 'flat';

/** Whether a rate is at least a target. Valid after every verdict. */
export type Decision = {
  /** `reached`: the rate is at least the target. `ruled_out`: it is less. `open`: not known yet. */
  readonly decision: 'reached' | 'ruled_out' | 'open';
  /**
   * About how many more verdicts decide at the present rate, or if all agree when there are none yet. 0 if
   * decided; null if it takes more than a million.
   */
  readonly more: number | null;
};

/** For an error of 5 %, evidence of 20 to 1 excludes a rate. */
const logThreshold = Math.log(20);

/** The most further verdicts that a forecast considers. */
const furthest = 1_000_000;

/** The precision of a bound for production. */
const precision = 1e-9;

/**
 * The logarithm of the evidence against a `rate` from 0 to 1: the likelihood of the verdicts averaged over
 * a beta prior of other rates, divided by their likelihood at this rate. If the rate is true, the evidence is
 * a martingale that starts at 1, so the probability that it *ever* reaches 20 is at most 5 % (Ville's
 * inequality). It is therefore valid to look after every verdict and stop when it decides.
 *
 * For `planned` verdicts, the prior is centred at the rate, with the weight that makes the interval tightest
 * at that number; `flat` is Beta(1, 1). For a list, the likelihood is that of drawing without replacement,
 * and the evidence is the prior-posterior ratio.
 *
 * Sources: two-sided beta-binomial mixture, Robbins 1970, Howard, Ramdas, McAuliffe & Sekhon 2021 (tuning:
 * their confseq); without replacement, Waudby-Smith & Ramdas 2020.
 */
export const logEvidence = (draws: Draws, rate: number, tuning: Tuning): number => {
  const { n, successes } = draws;
  const likelihood = logLikelihood(draws, rate);
  if (likelihood === -Infinity) return Infinity;
  const { mass, mean } = prior(rate, tuning);
  // A prior at exactly 0 or 1 predicts only one kind of verdict, with certainty.
  if (mean === 0 || mean === 1) return -likelihood;
  const [a, b] = [mass * mean, mass * (1 - mean)];
  return logBeta(a + successes, b + n - successes) - logBeta(a, b) - likelihood;
};

const prior = (rate: number, tuning: Tuning): { readonly mass: number; readonly mean: number } => {
  if (tuning === 'flat') return { mass: 2, mean: 0.5 };
  const spread = 2 * logThreshold + Math.log1p(2 * logThreshold);
  return { mass: Math.max(tuning.planned / spread - 1, 0.001), mean: rate };
};

/** The logarithm of the probability of drawing these verdicts in one particular order. */
const logLikelihood = ({ n, population, successes }: Draws, rate: number): number => {
  const failures = n - successes;
  if (population === Infinity) {
    return times(successes, Math.log(rate)) + times(failures, Math.log1p(-rate));
  }
  const agreeing = Math.round(rate * population);
  if (successes > agreeing || failures > population - agreeing) return -Infinity;
  return (
    logFalling(agreeing, successes) +
    logFalling(population - agreeing, failures) -
    logFalling(population, n)
  );
};

/** The product, where no times an impossibility is no impossibility. */
const times = (count: number, logarithm: number): number => (count === 0 ? 0 : count * logarithm);

/** ln (n (n - 1) … (n - k + 1)). */
const logFalling = (n: number, k: number): number => logGamma(n + 1) - logGamma(n - k + 1);

/**
 * The interval of rates that the verdicts do not exclude. It covers the true rate after every verdict, with
 * 95 % for all of them together. Rate and bounds are null without verdicts. Throws RangeError for impossible
 * counts.
 */
export const confidenceSequence = (draws: Draws, tuning: Tuning): RateInterval => {
  requireDraws(draws);
  const { n, population, successes } = draws;
  if (n === 0) return { rate: null, lower: null, upper: null, n };
  const rate = successes / n;
  const isExcluded = (value: number): boolean => logEvidence(draws, value, tuning) >= logThreshold;
  if (population === Infinity) {
    return {
      rate,
      lower: isExcluded(precision) ? bisected(isExcluded, precision, rate) : 0,
      upper: isExcluded(1 - precision) ? bisected(isExcluded, 1 - precision, rate) : 1,
      n,
    };
  }
  const [least, most] = [successes, population - (n - successes)];
  const likely = Math.min(most, Math.max(least, Math.round(rate * population)));
  const isCountExcluded = (count: number): boolean => isExcluded(count / population);
  return {
    rate,
    lower: lastIncluded(isCountExcluded, likely, least - 1) / population,
    upper: lastIncluded(isCountExcluded, likely, most + 1) / population,
    n,
  };
};

/** The value at which exclusion ends, by bisection. */
const bisected = (
  isExcluded: (value: number) => boolean,
  excluded: number,
  included: number,
): number => {
  let [outside, inside] = [excluded, included];
  while (Math.abs(inside - outside) > precision) {
    const middle = (outside + inside) / 2;
    if (isExcluded(middle)) outside = middle;
    else inside = middle;
  }
  return inside;
};

/** The same for whole numbers: the included number next to an excluded one. */
const lastIncluded = (
  isExcluded: (value: number) => boolean,
  included: number,
  excluded: number,
): number => {
  let [inside, outside] = [included, excluded];
  while (Math.abs(outside - inside) > 1) {
    const middle = Math.round((outside + inside) / 2);
    if (isExcluded(middle)) outside = middle;
    else inside = middle;
  }
  return inside;
};

/**
 * Decides whether the rate is at least `target`, a fraction of 1, and forecasts how many more verdicts that
 * takes. Agrees with `confidenceSequence`. Costs two evaluations if decided, some forty otherwise. Throws
 * RangeError for impossible counts.
 */
export const decisionLine = (draws: Draws, target: number, tuning: Tuning): Decision => {
  requireDraws(draws);
  const bounds = boundsOf(draws.population, target);
  const decision = decide(draws, bounds, tuning);
  return { decision, more: decision === 'open' ? forecast(draws, bounds, tuning) : 0 };
};

/**
 * The same for the rate of a whole list of which the machine settled a part. The rest is judged in random
 * order and must have as many agreeing pairs as the target needs beyond the known ones.
 */
export const listDecision = (list: JudgedList, target: number, tuning: Tuning): Decision => {
  requireCounts(list.knownAgreed, list.known);
  const needed = wholeNeeded((list.known + list.rest) * target) - list.knownAgreed;
  if (needed <= 0) return { decision: 'reached', more: 0 };
  if (needed > list.rest) return { decision: 'ruled_out', more: 0 };
  const draws = { successes: list.agreed, n: list.judged, population: list.rest };
  return decisionLine(draws, needed / list.rest, tuning);
};

/**
 * The agreement rate of such a list with its anytime-valid interval. `n` is the number of verdicts. Before
 * the first verdict the rate is null, and the bounds assume that none or all pairs of the rest agree. All three
 * are null without pairs.
 */
export const listConfidenceSequence = (list: JudgedList, tuning: Tuning): RateInterval => {
  const { agreed, judged, known, knownAgreed, rest } = list;
  requireCounts(knownAgreed, known);
  const pairs = known + rest;
  if (pairs === 0) return { rate: null, lower: null, upper: null, n: judged };
  const whole = (share: number): number => (knownAgreed + share * rest) / pairs;
  if (rest === 0) return { rate: whole(0), lower: whole(0), upper: whole(0), n: judged };
  const draws = { successes: agreed, n: judged, population: rest };
  const { lower, rate, upper } = confidenceSequence(draws, tuning);
  return {
    rate: rate === null ? null : whole(rate),
    lower: whole(lower ?? 0),
    upper: whole(upper ?? 1),
    n: judged,
  };
};

/** The highest possible rate below the target and the lowest that reaches it; null if there is none. */
type TargetBounds = { readonly below: number | null; readonly least: number | null };

const boundsOf = (population: number, target: number): TargetBounds => {
  if (!(target >= 0 && target <= 1)) {
    throw new RangeError(`A target must be between 0 and 1, not ${target}.`);
  }
  if (population === Infinity) return { below: target, least: target };
  const needed = wholeNeeded(target * population);
  return {
    below: needed === 0 ? null : (needed - 1) / population,
    least: needed > population ? null : needed / population,
  };
};

/** The number of pairs that a target needs, protected against rounding up by floating-point error. */
const wholeNeeded = (share: number): number => Math.ceil(share - 1e-9);

const decide = (
  draws: Draws,
  { below, least }: TargetBounds,
  tuning: Tuning,
): Decision['decision'] => {
  if (below === null) return 'reached';
  if (least === null) return 'ruled_out';
  const { n, successes } = draws;
  if (n === 0) return 'open';
  const rate = successes / n;
  const isExcluded = (value: number): boolean => logEvidence(draws, value, tuning) >= logThreshold;
  if (rate > below && isExcluded(below)) return 'reached';
  if (rate < least && isExcluded(least)) return 'ruled_out';
  return 'open';
};

/** How many more verdicts decide, by doubling and bisection. */
const forecast = (draws: Draws, bounds: TargetBounds, tuning: Tuning): number | null => {
  const { n, population, successes } = draws;
  const rate = n === 0 ? 1 : successes / n;
  const left = population - n;
  const decides = (more: number): boolean =>
    more >= left ||
    decide({ successes: successes + rate * more, n: n + more, population }, bounds, tuning) !==
      'open';
  let enough = 1;
  while (!decides(enough)) {
    enough *= 2;
    if (enough > furthest) return null;
  }
  let tooFew = Math.floor(enough / 2);
  enough = Math.min(enough, left);
  while (enough - tooFew > 1) {
    const middle = Math.floor((tooFew + enough) / 2);
    if (decides(middle)) enough = middle;
    else tooFew = middle;
  }
  return enough;
};

const requireDraws = ({ n, population, successes }: Draws): void => {
  requireCounts(successes, n);
  if (population !== Infinity) requireCounts(n, population);
};
