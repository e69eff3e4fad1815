import { requireCounts } from './counts.ts';
import { z95, type RateInterval } from './wilson.ts';

/** Items that both a person and a judge (a model) decided, by who said yes: integers ≥ 0. */
export type JudgedByBoth = {
  readonly both: number;
  readonly personOnly: number;
  readonly judgeOnly: number;
  readonly neither: number;
};

/** Some items, and how many of them are said or known to be so: integers ≥ 0. */
export type Share = { readonly successes: number; readonly n: number };

/** A rate that a judge helped to estimate. `n`: the number of items with a person's verdict. */
export type PredictionPoweredRate = RateInterval & {
  /** How much the judge counts: 0 not at all, 1 fully. Null without a rate. */
  readonly lambda: number | null;
};

/**
 * The rate at which a person would say yes, from a random sample that a person and the judge decided and other
 * items of the same traffic that the judge alone decided: the judge's rate, corrected by how far the judge is off
 * where both decided. It is right however bad the judge is. `tuned` chooses the weight of the judge that makes the
 * interval narrowest. A normal 95 % interval, cut at 0 and 1. All are null without items of either kind. Verdicts
 * that the judge was tuned on must not be among them. Throws RangeError for impossible counts.
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
 * The fewest items for a correction that is worth its name: of each class that a person decided, and of the sample
 * whose rate is asked for. 65 know a sensitivity of 90 % to within 7.5 points, 150 any rate to within 8 (Wilson).
 */
export const judgeFloors = { perClass: 65, sample: 150 } as const;

/**
 * The rate at which a person would say yes, from the judge's rate on a sample and the judge's errors where a person
 * decided: `sensitivity`, of the items that a person said yes to, those that the judge did, and `specificity`, of the
 * others, those that the judge said no to. The estimate is (rate + specificity - 1) / (sensitivity + specificity - 1),
 * cut at 0 and 1, with a 95 % interval that allows for all three being estimated and contains the estimate. `n` is the size of the sample. All
 * are null without items, or if the judge is no better than chance. Throws RangeError for impossible counts.
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
  // So few decided that the judge may be no better than chance.
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

/** A share with observations added, half of them successes, and its variance. */
const added = (
  { n, successes }: Share,
  observations: number,
): { readonly share: number; readonly variance: number } => {
  const whole = n + observations;
  const share = (successes + observations / 2) / whole;
  return { share, variance: (share * (1 - share)) / whole };
};
