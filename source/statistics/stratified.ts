import { wilson, type RateInterval } from './wilson.ts';

/** Counts of the answered pairs of a comparison: integers ≥ 0. */
export type Strata = {
  /** Pairs that the machine settled and nobody judged; they count as agreed. */
  readonly settled: number;
  /** Pairs that the machine settled and a person judged anyway, and how many of these agree. */
  readonly settledJudged: number;
  readonly settledAgreed: number;
  /** All other pairs, judged or not. */
  readonly rest: number;
  /** Verdicts on a random sample of the rest, and how many of them agree. */
  readonly judged: number;
  readonly agreed: number;
};

/**
 * The stratified agreement rate over all answered pairs. Pairs that the machine settled are known one
 * by one and have no sampling error. The rate of the rest is estimated from its judged pairs with a
 * 95 % Wilson interval and weighted by the size of the stratum. The interval is slightly too wide
 * once most of the rest is judged, because there is no finite population correction. `n` is the
 * number of answered pairs. Rate and bounds are null if there is a rest and none of it is judged.
 */
export const stratifiedAgreement = (strata: Strata): RateInterval => {
  const known = strata.settled + strata.settledAgreed;
  const n = strata.settled + strata.settledJudged + strata.rest;
  if (n === 0) return { rate: null, lower: null, upper: null, n };
  const judged = wilson(strata.agreed, strata.judged);
  const over = (share: number | null): number | null => {
    if (strata.rest === 0) return known / n;
    return share === null ? null : (known + strata.rest * share) / n;
  };
  return { rate: over(judged.rate), lower: over(judged.lower), upper: over(judged.upper), n };
};
