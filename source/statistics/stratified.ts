import { scoreInterval, wilson, type RateInterval } from './wilson.ts';

/** The results of the machine and of the verdicts for a list of pairs: integers ≥ 0. */
export type JudgedList = {
  /** Pairs with a known result, and how many of them agree. */
  readonly known: number;
  readonly knownAgreed: number;
  /** All other pairs, judged or not. */
  readonly rest: number;
  /** Verdicts on a random sample of the rest, and how many of them agree. */
  readonly judged: number;
  readonly agreed: number;
};

/** The pairs of one stratum. */
export type Stratum = JudgedList & {
  /** The number of requests that the stratum represents: at least as many as it has pairs. */
  readonly size: number;
};

/**
 * The population of a rate. `finite`: only the requests that the strata represent. `infinite`: production,
 * which continues to send similar requests.
 */
export type Population = 'finite' | 'infinite';

/** An estimated rate, and the distances to the bounds of its interval. */
type Estimate = { readonly rate: number; readonly below: number; readonly above: number };

/**
 * The agreement rate over all requests that the strata represent, weighted by their sizes, with a 95 %
 * interval. There are two sampling errors: only some of the rest were judged, and only some requests of the
 * population were drawn. Both are Wilson intervals. Finite populations get a correction (n becomes
 * n (N - 1) / (N - n)): known pairs have no sampling error, and a `finite` population has none once
 * everything is known. The errors are combined by the method of variance estimates recovery (Newcombe 1998,
 * method 10; Zou, Huang & Zhang 2009), which keeps the Wilson intervals' behaviour near 0 and 1. `n` is the
 * number of pairs. Rate and bounds are null without pairs, and while a stratum has no pairs or has a rest
 * without any verdict.
 *
 * `loss`: by how much the number of drawn requests is divided, if they were drawn in conversations (`drawnEffect`).
 * The verdicts are on single requests in a random order, which is a random sample of the list whatever conversations
 * these come from.
 *
 * Source: double sampling for stratification, Cochran, Sampling Techniques, section 12.2.
 */
export const stratifiedAgreement = (
  strata: readonly Stratum[],
  population: Population = 'finite',
  loss = 1,
): RateInterval => {
  const n = strata.reduce((sum, { known, rest }) => sum + known + rest, 0);
  return combined(
    strata.map((stratum) => ({
      weight: stratum.size,
      estimate: wholeStratum(stratum, population === 'finite' ? stratum.size : Infinity, loss),
    })),
    n,
  );
};

/**
 * The agreement rate over the requests that need a person, with a 95 % interval. Each stratum is weighted by
 * the number of such requests that it represents. With one stratum, it is the Wilson interval. `n` is the
 * number of verdicts. Rate and bounds are null while a stratum with a rest has no verdict, or a stratum has
 * no pairs. `loss`: by how much the number of verdicts is divided, if they are on turns of conversations
 * (`judgedEffect`).
 */
export const judgedAgreement = (strata: readonly Stratum[], loss = 1): RateInterval => {
  const [first, ...more] = strata;
  if (first !== undefined && more.length === 0) return judgedOf(first, loss);
  const n = strata.reduce((sum, { judged }) => sum + judged, 0);
  return combined(
    strata.map((stratum) => ({
      weight: restOf(stratum),
      estimate: judgedRest(stratum, loss),
    })),
    n,
  );
};

/** How many requests of a stratum need a person, estimated from its pairs; all if it has no pairs. */
const restOf = ({ known, rest, size }: Stratum): number =>
  known + rest === 0 ? size : (size * rest) / (known + rest);

const combined = (
  parts: readonly { readonly weight: number; readonly estimate: Estimate | null }[],
  n: number,
): RateInterval => {
  const weighing = parts.filter(({ weight }) => weight > 0);
  const total = weighing.reduce((sum, { weight }) => sum + weight, 0);
  let rate = 0;
  let below = 0;
  let above = 0;
  for (const { estimate, weight } of weighing) {
    if (estimate === null) return { rate: null, lower: null, upper: null, n };
    const share = weight / total;
    rate += share * estimate.rate;
    below += (share * estimate.below) ** 2;
    above += (share * estimate.above) ** 2;
  }
  if (total === 0) return { rate: null, lower: null, upper: null, n };
  const between = (value: number): number => Math.min(1, Math.max(0, value));
  return {
    rate: between(rate),
    lower: between(rate - Math.sqrt(below)),
    upper: between(rate + Math.sqrt(above)),
    n,
  };
};

const wholeStratum = (list: JudgedList, population: number, loss: number): Estimate | null => {
  const { agreed, judged, known, knownAgreed, rest } = list;
  const pairs = known + rest;
  if (pairs === 0 || (rest > 0 && judged === 0)) return null;
  const ofRest = sampled(rest === 0 ? 0 : agreed / judged, judged, rest, 1);
  const share = rest / pairs;
  const rate = (knownAgreed + rest * ofRest.rate) / pairs;
  const drawn = sampled(rate, pairs, population, loss);
  return {
    rate,
    below: Math.hypot(drawn.below, share * ofRest.below),
    above: Math.hypot(drawn.above, share * ofRest.above),
  };
};

/** A rate observed in `n` members of a population; it is certain if these are all members. */
const sampled = (rate: number, n: number, population: number, loss: number): Estimate => {
  if (n >= population) return { rate, below: 0, above: 0 };
  const corrected = population === Infinity ? n : (n * (population - 1)) / (population - n);
  const { lower, upper } = scoreInterval(rate, corrected / loss);
  return { rate, below: rate - lower, above: upper - rate };
};

const judgedRest = (stratum: Stratum, loss: number): Estimate | null => {
  const { lower, rate, upper } = judgedOf(stratum, loss);
  if (rate === null || lower === null || upper === null) return null;
  return { rate, below: rate - lower, above: upper - rate };
};

const judgedOf = ({ agreed, judged }: Stratum, loss: number): RateInterval => {
  const plain = wilson(agreed, judged);
  return plain.rate === null ? plain : { ...plain, ...scoreInterval(plain.rate, judged / loss) };
};
