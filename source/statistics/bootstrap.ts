import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { binomialUpperTail } from './binomial.ts';
import { quantile, quantileRanks } from './percentile.ts';
import { atRanks } from './ranks.ts';

/** A ratio with its 95 % interval; null if it is unknown. `n`: the number of units. */
export type RatioInterval = {
  readonly ratio: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  readonly n: number;
};

/** The two sums of a pair, or of all pairs of a conversation. Finite numbers ≥ 0. */
export type RatioUnit = { readonly numerator: number; readonly denominator: number };

/** If there are more units, they are put into this many groups. */
const mostUnits = 1000;

/** With fewer values, no order statistic is a 95 % bound. */
const leastForMedian = 6;

/**
 * The sum of the numerators divided by that of the denominators, with a percentile bootstrap interval: for
 * example the candidate's cost divided by the baseline's. Units are resampled whole, which keeps the two
 * sides of a pair together. Pass the pairs of a conversation as one unit for a cluster bootstrap. The same
 * integer `seed` gives the same interval. More than 1,000 units are randomly divided into 1,000 groups, which
 * are resampled instead. The ratio is null if the denominators add up to 0, and the bounds are null with
 * fewer than two units. Throws RangeError for a number that is negative or not finite.
 *
 * Sources: Efron & Tibshirani, An Introduction to the Bootstrap, 1993, chapters 8 and 13; random groups:
 * Wolter, Introduction to Variance Estimation, 2007, chapter 2.
 */
export const bootstrapRatio = (
  units: readonly RatioUnit[],
  seed: number,
  resamples: number = 2000,
): RatioInterval => {
  const generator = xoroshiro128plus(seed);
  const groups = Math.min(units.length, mostUnits);
  const numerators = new Float64Array(groups);
  const denominators = new Float64Array(groups);
  for (const [index, { denominator, numerator }] of units.entries()) {
    if (!(numerator >= 0 && denominator >= 0 && Number.isFinite(numerator + denominator))) {
      throw new RangeError(`Impossible ratio: ${numerator} to ${denominator}.`);
    }
    const group = units.length > groups ? uniformInt(generator, 0, groups - 1) : index;
    numerators[group] = (numerators[group] ?? 0) + numerator;
    denominators[group] = (denominators[group] ?? 0) + denominator;
  }
  const n = units.length;
  const whole = denominators.reduce((sum, value) => sum + value, 0);
  if (whole === 0) return { ratio: null, lower: null, upper: null, n };
  const ratio = numerators.reduce((sum, value) => sum + value, 0) / whole;
  if (n < 2) return { ratio, lower: null, upper: null, n };
  const ratios = resampledRatios(numerators, denominators, generator, resamples);
  return { ratio, lower: quantile(ratios, 0.025), upper: quantile(ratios, 0.975), n };
};

/** The sorted ratios of the resamples. A resample whose denominators are all 0 is drawn again. */
const resampledRatios = (
  numerators: Float64Array,
  denominators: Float64Array,
  generator: RandomGenerator,
  resamples: number,
): Float64Array => {
  const last = numerators.length - 1;
  return Float64Array.from({ length: resamples }, () => {
    let [above, below] = [0, 0];
    while (below === 0) {
      above = 0;
      for (let drawn = 0; drawn <= last; drawn++) {
        const unit = uniformInt(generator, 0, last);
        above += numerators[unit] ?? 0;
        below += denominators[unit] ?? 0;
      }
    }
    return above / below;
  }).sort();
};

/**
 * The median of the ratios of pairs, such as the candidate's latency divided by the baseline's, with the
 * percentile bootstrap interval. The distribution of the median of a resample is known, so nothing is drawn:
 * the interval is that of infinitely many resamples. Bounds are null with fewer than six pairs, because even
 * the smallest and greatest ratio then cover less than 95 %. Throws RangeError unless every ratio is a finite
 * number ≥ 0. A Float64Array is not copied: its values are put into another order.
 *
 * Source: Efron 1982, The Jackknife, the Bootstrap and Other Resampling Plans, chapter 10.
 */
export const medianRatio = (pairs: ArrayLike<number>): RatioInterval => {
  const ratios = pairs instanceof Float64Array ? pairs : new Float64Array(pairs);
  const wrong = ratios.find((ratio) => !(ratio >= 0 && Number.isFinite(ratio)));
  if (wrong !== undefined) throw new RangeError(`Impossible ratio: ${wrong}.`);
  const n = ratios.length;
  // With an even number, the lower bound uses the lower of the two middle values, the upper bound the upper.
  const bounds =
    n < leastForMedian
      ? []
      : [rankOf(n, Math.ceil(n / 2), 0.025), rankOf(n, Math.floor(n / 2) + 1, 0.975)];
  atRanks(ratios, [...quantileRanks(n, 0.5), ...bounds]);
  const [lower = null, upper = null] = bounds.map((rank) => ratios[rank] ?? null);
  return { ratio: quantile(ratios, 0.5), lower, upper, n };
};

/** The index of the value that the `middle`-th smallest of a resample does not exceed with a probability. */
const rankOf = (n: number, middle: number, probability: number): number => {
  let [tooLow, enough] = [0, n];
  while (enough - tooLow > 1) {
    const at = Math.floor((tooLow + enough) / 2);
    if (binomialUpperTail(n, middle, at / n) >= probability) enough = at;
    else tooLow = at;
  }
  return enough - 1;
};
