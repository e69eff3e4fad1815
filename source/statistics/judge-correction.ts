import { requireCounts } from './counts.ts';
import { z95, type RateInterval } from './wilson.ts';

/** Items decided by both a person and a judge (a model), by who said yes: integers ≥ 0. */
export type JudgedByBoth = {
  readonly both: number;
  readonly personOnly: number;
  readonly judgeOnly: number;
  readonly neither: number;
};

/** A number of items, and how many of them are positive: integers ≥ 0. */
export type Share = { readonly successes: number; readonly n: number };

/** A rate estimated with the help of a judge. `n`: the number of items with a person's verdict. */
export type PredictionPoweredRate = RateInterval & {
  /** The weight of the judge: 0 not at all, 1 fully. Null without a rate. */
  readonly lambda: number | null;
};

/**
 * The rate at which a person would say yes, estimated from a random sample that both a person and the judge
 * decided, and other items of the same traffic that only the judge decided. It is the judge's rate, corrected
 * by the judge's error on the common items, and is unbiased however bad the judge is. `tuned` chooses the
 * weight of the judge that makes the interval narrowest. The interval is a normal one at 95 %, cut at 0 and 1.
 * Rate and bounds are null without items of either kind. Do not pass verdicts on which the judge was tuned.
 * Throws RangeError for impossible counts.
 *
 * Sources: Angelopoulos et al., Prediction-powered inference, 2023; the tuned weight: Angelopoulos, Duchi & Zrnic,
 * PPI++, 2023, as in their ppi_py.
 */
export const predictionPoweredRate = (
  { both, judgeOnly, neither, personOnly }: JudgedByBoth,
  unlabelled: Share,
  lambda: number | 'tuned' = 'tuned',
): PredictionPoweredRate => {
  const n = both + judgeOnly + neither + personOnly;
  for (const count of [both, judgeOnly, neither, personOnly]) requireCounts(count, n);
  requireCounts(unlabelled.successes, unlabelled.n);
  if (lambda !== 'tuned' && !(lambda >= 0 && lambda <= 1)) {
    throw new RangeError(`A weight must be between 0 and 1, not ${lambda}.`);
  }
  if (n === 0 || unlabelled.n === 0) {
    return { rate: null, lower: null, upper: null, lambda: null, n };
  }
  const person = (both + personOnly) / n;
  const judge = (both + judgeOnly) / n;
  const judgeElsewhere = unlabelled.successes / unlabelled.n;
  const covariance = both / n - person * judge;
  const used =
    lambda === 'tuned' ? tunedLambda(both + judgeOnly, n, unlabelled, covariance) : lambda;
  const rate = used * judgeElsewhere + person - used * judge;
  const correctionVariance =
    person * (1 - person) + used * used * judge * (1 - judge) - 2 * used * covariance;
  const half =
    z95 *
    Math.sqrt(
      (used * used * judgeElsewhere * (1 - judgeElsewhere)) / unlabelled.n +
        Math.max(0, correctionVariance) / n,
    );
  const between = (value: number): number => Math.min(1, Math.max(0, value));
  return {
    rate: between(rate),
    lower: between(rate - half),
    upper: between(rate + half),
    lambda: used,
    n,
  };
};

/** The weight with the least variance: the covariance divided by the judge's variance over all items. */
const tunedLambda = (
  judgeYes: number,
  n: number,
  unlabelled: Share,
  covariance: number,
): number => {
  const items = n + unlabelled.n;
  const mean = (judgeYes + unlabelled.successes) / items;
  const variance = (mean * (1 - mean) * items) / (items - 1);
  if (variance === 0) return 0;
  return Math.min(1, Math.max(0, covariance / ((1 + n / unlabelled.n) * variance)));
};

/**
 * The fewest items for a useful correction: in each class that a person decided, and in the sample whose rate
 * is estimated. 65 items measure a sensitivity of 90 % to within 7.5 points, 150 any rate to within 8 (Wilson).
 */
export const judgeFloors = { perClass: 65, sample: 150 } as const;

/**
 * The rate at which a person would say yes, from the judge's rate on a sample and the judge's error rates.
 * `sensitivity`: of the items to which a person said yes, those to which the judge did, too. `specificity`: of
 * the other items, those to which the judge said no. The estimate is
 * (rate + specificity - 1) / (sensitivity + specificity - 1), cut at 0 and 1. The 95 % interval allows for the
 * error of all three and contains the estimate. `n` is the size of the sample. Rate and bounds are null without
 * items, or if the judge is no better than chance. Throws RangeError for impossible counts.
 *
 * Sources: Rogan & Gladen 1978; the interval: Lang & Reiczigel 2014.
 */
export const roganGladen = (
  sample: Share,
  sensitivity: Share,
  specificity: Share,
): RateInterval => {
  for (const { n, successes } of [sample, sensitivity, specificity]) requireCounts(successes, n);
  const { n } = sample;
  const unknown = { rate: null, lower: null, upper: null, n };
  if (n === 0 || sensitivity.n === 0 || specificity.n === 0) return unknown;
  const share = ({ n: whole, successes }: Share): number => successes / whole;
  if (share(sensitivity) + share(specificity) <= 1) return unknown;
  const corrected = (apparent: number, yes: number, no: number): number =>
    (apparent + no - 1) / (yes + no - 1);
  // Pseudo-observations, as in the intervals of Agresti and Coull.
  const z2 = z95 * z95;
  const seen = added(sample, z2);
  const yes = added(sensitivity, 2);
  const no = added(specificity, 2);
  // With so few items, the judge may be no better than chance.
  if (yes.share + no.share <= 1) return unknown;
  const centre = corrected(seen.share, yes.share, no.share);
  const shift = 2 * z2 * (centre * yes.variance - (1 - centre) * no.variance);
  const half =
    (z95 *
      Math.sqrt(seen.variance + centre * centre * yes.variance + (1 - centre) ** 2 * no.variance)) /
    (yes.share + no.share - 1);
  const between = (value: number): number => Math.min(1, Math.max(0, value));
  const rate = between(corrected(share(sample), share(sensitivity), share(specificity)));
  return {
    rate,
    lower: Math.min(rate, between(centre + shift - half)),
    upper: Math.max(rate, between(centre + shift + half)),
    n,
  };
};

/** A share and its variance, after adding observations of which half are successes. */
const added = (
  { n, successes }: Share,
  observations: number,
): { readonly share: number; readonly variance: number } => {
  const whole = n + observations;
  const share = (successes + observations / 2) / whole;
  return { share, variance: (share * (1 - share)) / whole };
};
