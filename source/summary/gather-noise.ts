import { stratifiedAgreement } from '../statistics/stratified.ts';
import { independentDifference, type RateDifference } from '../statistics/rate-difference.ts';
import { wilson, type RateInterval } from '../statistics/wilson.ts';
import type { ComparisonRecord } from '../store/comparisons/comparisons.ts';
import { judgedNoiseFacts, noiseFact, type JudgedNoiseFact } from '../store/comparisons/noise.ts';
import { noiseDifferences } from '../store/comparisons/noise-differences.ts';
import type { Store } from '../store/open.ts';
import { NoiseCounter, type AgainstNoise, type NoiseTables } from './against-noise.ts';
import { commonVerdict, type CommonVerdict } from './reviewers.ts';

/** How much of what the candidate does differently, the baseline does differently as well. */
export type Noise = AgainstNoise &
  Omit<NoiseTables, 'whole'> & {
    /** The comparison of the baseline with itself. */
    readonly comparisonId: string;
    /** Identical or equivalent ÷ requests that the baseline answered twice. */
    readonly baseline: RateInterval;
    /** Identical or equivalent ÷ the same requests, of baseline and candidate. */
    readonly candidate: RateInterval;
    /** As judged by persons, to whom two answers that differ were shown among the other pairs. */
    readonly judged: {
      /** agree ÷ judged pairs. */
      readonly differing: RateInterval;
      /** Over all requests that the baseline answered twice; what the machine settled counts as agreed. */
      readonly overall: RateInterval;
      /**
       * The agreement of the baseline with itself on all requests of the comparison, of which those that it answered
       * twice are a sample, minus that of the candidate; as if both were of different requests.
       */
      readonly excess: RateDifference;
    };
  };

/**
 * Gathers the noise of the baseline; null if no request was asked twice. `agreement`: that of the candidate over
 * all requests. `reviewer`: whose verdicts count; null: everybody's.
 */
export const gatherNoise = async (
  store: Store,
  comparison: ComparisonRecord,
  { agreement, reviewer }: { readonly agreement: RateInterval; readonly reviewer: string | null },
): Promise<Noise | null> => {
  const fact = await noiseFact(store, comparison);
  if (fact === null) return null;
  const { baselineSettled, candidateSettled, comparisonId, pairs } = fact;
  const facts = await judgedNoiseFacts(store, comparison, comparisonId, reviewer);
  const common = [...Map.groupBy(facts, ({ captureId }) => captureId).values()].map(ofPair);
  const judged = common.length;
  const agreed = common.filter((verdict) => verdict === 'agree').length;
  const known = { known: baselineSettled, knownAgreed: baselineSettled };
  const rest = pairs - baselineSettled;
  // As of all verdicts, a conflict does not agree, and might once it is resolved.
  const possibly = agreed + common.filter((verdict) => verdict === 'conflict').length;
  const differing = { ...wilson(agreed, judged), upper: wilson(possibly, judged).upper };
  const overallOf = (size: number): RateInterval => ({
    ...stratifiedAgreement([{ size, ...known, rest, judged, agreed }]),
    upper: stratifiedAgreement([{ size, ...known, rest, judged, agreed: possibly }]).upper,
  });
  const counter = new NoiseCounter();
  for await (const difference of noiseDifferences(store, comparison.id, comparisonId)) {
    counter.add(difference);
  }
  const { whole, ...tables } = counter.tables();
  return {
    comparisonId,
    baseline: wilson(baselineSettled, pairs),
    candidate: wilson(candidateSettled, pairs),
    ...whole,
    ...tables,
    judged: {
      differing,
      overall: overallOf(pairs),
      excess: independentDifference(overallOf(Math.max(pairs, agreement.n)), agreement),
    },
  };
};

/** The common verdict of the reviewers of one pair. */
const ofPair = (facts: readonly JudgedNoiseFact[]): CommonVerdict | null => {
  const votes = { agree: 0, worse: 0, better: 0, both_bad: 0 };
  for (const { reviewers, verdict } of facts) votes[verdict] += reviewers;
  return commonVerdict(votes);
};
