import { wilson, type RateInterval } from './wilson.ts';

/** What is known of the answered pairs of a comparison. All counts are whole and ≥ 0. */
export type Strata = {
  /** Pairs that the machine settled and nobody has judged: they count as agreed. */
  readonly settled: number;
  /** Pairs that the machine settled and a person has judged all the same, and how many agree. */
  readonly settledJudged: number;
  readonly settledAgreed: number;
  /** The rest, judged or not. */
  readonly rest: number;
  /** Verdicts on pairs of the rest, drawn at random from it, and how many agree. */
  readonly judged: number;
  readonly agreed: number;
};

/**
 * The agreement rate over all answered pairs, stratified: what is known pair by pair (settled by the
 * machine, or settled and judged) has no sampling error, and the rate of the rest is estimated from
 * its judged pairs by a 95 % Wilson interval, weighted by the stratum's size. The interval is a
 * little too wide once much of the rest is judged, since no finite-population correction is made.
 * `n` is the number of pairs that the rate speaks of. Rate and bounds are null while there is a rest
 * and none of it is judged.
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
