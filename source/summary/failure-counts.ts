import type { FailureReason } from '../models/answer.ts';
import type { FailureFact, NotSentFact } from '../store/comparisons/pair-facts.ts';

/** Failed pairs by the failures of both sides; null: that side did not fail. */
export type FailureCount = {
  readonly baseline: FailureReason | null;
  readonly candidate: FailureReason | null;
  readonly pairs: number;
};

/** Pairs that were not sent, by the reasons of both sides; null: that side is answered. */
export type NotSentCount = {
  readonly baseline: string | null;
  readonly candidate: string | null;
  readonly pairs: number;
};

/** The reason shown for a pair that no replay has reached yet. */
const notYet = 'not sent yet';

/** Counts failed pairs by their reasons, whatever their endpoints; most frequent first. */
export const countFailures = (facts: readonly FailureFact[]): readonly FailureCount[] =>
  merged(facts.map(({ baseline, candidate, pairs }) => ({ baseline, candidate, pairs })));

/** Counts pairs that were not sent by their reasons, whatever their endpoints; most frequent first. */
export const countNotSent = (facts: readonly NotSentFact[]): readonly NotSentCount[] =>
  merged(
    facts.map(({ baseline, candidate, pairs }) => ({
      baseline: baseline === '' ? notYet : baseline,
      candidate: candidate === '' ? notYet : candidate,
      pairs,
    })),
  );

/** Merges counts with the same reasons, which come from several endpoints; most frequent first. */
const merged = <Count extends FailureCount | NotSentCount>(
  counts: readonly Count[],
): readonly Count[] => {
  const byReasons = new Map<string, Count>();
  for (const count of counts) {
    const key = JSON.stringify([count.baseline, count.candidate]);
    const pairs = (byReasons.get(key)?.pairs ?? 0) + count.pairs;
    byReasons.set(key, { ...count, pairs });
  }
  return [...byReasons.values()].toSorted((a, b) => b.pairs - a.pairs);
};
