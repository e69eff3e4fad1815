import type { Side, Verdict } from '../comparison/outcome.ts';
import { cohenKappa, krippendorffAlpha, type Kappa } from '../statistics/agreement-coefficients.ts';
import { wilson, type RateInterval } from '../statistics/wilson.ts';
import type { RepeatFact } from '../store/comparisons/control-facts.ts';
import type { BlindFact, Votes } from '../store/comparisons/pair-facts.ts';
import type { StandingVerdict } from '../store/comparisons/standing-verdicts.ts';

/** What all reviewers of a pair say together. `conflict`: no verdict has more than half of them. */
export type CommonVerdict = Verdict | 'conflict';

/** Pairs by their common verdict. */
export type VerdictCounts = {
  readonly agree: number;
  readonly worse: number;
  readonly better: number;
  readonly bothBad: number;
  readonly conflict: number;
};

const verdicts: readonly Verdict[] = ['agree', 'worse', 'better', 'both_bad'];

/**
 * The verdict of a pair with these votes: the one that resolves their conflict, else that of all
 * reviewers or of more than half of them, else `conflict`; null without a vote. The time of a verdict
 * does not matter, and nobody's replaces another's.
 */
export const commonVerdict = (
  votes: Votes,
  resolved: Verdict | null = null,
): CommonVerdict | null => {
  const given = verdicts.reduce((sum, verdict) => sum + votes[verdict], 0);
  if (given === 0) return null;
  if (resolved !== null) return resolved;
  return verdicts.find((verdict) => votes[verdict] * 2 > given) ?? 'conflict';
};

/** Whether several reviewers have given a pair a verdict, and whether these differ. */
export const severalVotes = (
  votes: Votes,
): { readonly several: boolean; readonly differ: boolean } => {
  const given = verdicts.filter((verdict) => votes[verdict] > 0);
  const differ = given.length > 1;
  return { several: differ || given.some((verdict) => votes[verdict] > 1), differ };
};

/** The verdicts of blind reviews. */
export type BlindFigures = {
  readonly verdicts: number;
  /** The share of the left side among the verdicts that prefer a side; 0.5 is no preference. */
  readonly left: RateInterval;
  /**
   * The same of the pairs that came back and so were seen both ways, with both of their verdicts: the
   * difference between the answers cancels out, and what is left is the place.
   */
  readonly leftOfRepeats: RateInterval;
};

/** Computes how often the left side was preferred. */
export const blindFigures = (
  facts: readonly BlindFact[],
  repeats: readonly RepeatFact[],
): BlindFigures => {
  const count = (preferred: BlindFact['preferred']): number =>
    facts.reduce((sum, fact) => (fact.preferred === preferred ? sum + fact.verdicts : sum), 0);
  const [left, right] = [count('left'), count('right')];
  return {
    verdicts: left + right + count(null),
    left: wilson(left, left + right),
    leftOfRepeats: leftOfRepeats(repeats),
  };
};

const leftOfRepeats = (facts: readonly RepeatFact[]): RateInterval => {
  const counts = { left: 0, right: 0 };
  for (const { again, againLeft, first, firstLeft, pairs } of facts) {
    for (const place of [preferredPlace(first, firstLeft), preferredPlace(again, againLeft)]) {
      if (place !== null) counts[place] += pairs;
    }
  }
  return wilson(counts.left, counts.left + counts.right);
};

/** The place of the answer that a verdict prefers; null if it prefers none. */
const preferredPlace = (verdict: Verdict, left: Side): 'left' | 'right' | null => {
  if (verdict !== 'better' && verdict !== 'worse') return null;
  return (verdict === 'better') === (left === 'candidate') ? 'left' : 'right';
};

/** How often pairs that came back unannounced got the same verdict again. */
export const selfAgreement = (facts: readonly RepeatFact[]): RateInterval => {
  const count = (chosen: readonly RepeatFact[]): number =>
    chosen.reduce((sum, { pairs }) => sum + pairs, 0);
  return wilson(count(facts.filter(({ again, first }) => again === first)), count(facts));
};

/** The verdicts of one reviewer on answered pairs. */
export type ReviewerCounts = {
  readonly reviewer: string;
  /** Verdicts on pairs that need a person. */
  readonly judged: number;
  readonly verdicts: Omit<VerdictCounts, 'conflict'>;
  /** Verdicts on pairs that the machine settled. */
  readonly settled: number;
  /** The pairs that came back unannounced and got the same verdict, of all that came back. */
  readonly selfAgreement: RateInterval;
};

/** Counts the verdicts of each reviewer, in the order of their names. */
export const countByReviewer = (
  standing: readonly StandingVerdict[],
  repeats: readonly RepeatFact[],
): readonly ReviewerCounts[] => {
  const byName = Map.groupBy(standing, ({ reviewer }) => reviewer);
  return [...byName.keys()].toSorted().map((reviewer) => {
    const own = byName.get(reviewer) ?? [];
    const open = own.filter(({ settled }) => !settled);
    const as = (verdict: Verdict): number => open.filter((one) => one.verdict === verdict).length;
    return {
      reviewer,
      judged: open.length,
      verdicts: {
        agree: as('agree'),
        worse: as('worse'),
        better: as('better'),
        bothBad: as('both_bad'),
      },
      settled: own.length - open.length,
      selfAgreement: selfAgreement(repeats.filter((fact) => fact.reviewer === reviewer)),
    };
  });
};

/** How far the reviewers agree beyond chance, on the pairs that several of them have judged. */
export type ReviewerAgreement = {
  readonly pairs: number;
  /** Krippendorff's alpha; null without such pairs, and if all verdicts are the same. */
  readonly alpha: number | null;
  /** Cohen's kappa if all these pairs were judged by the same two; else null, and where alpha is. */
  readonly kappa:
    | (Pick<Kappa, 'kappa' | 'lower' | 'upper' | 'n'> & {
        readonly reviewers: readonly [string, string];
      })
    | null;
};

/** Computes how far reviewers agree beyond chance, on the pairs that need a person. */
export const reviewerAgreement = (standing: readonly StandingVerdict[]): ReviewerAgreement => {
  const open = standing.filter(({ settled }) => !settled);
  const pairs = [...Map.groupBy(open, ({ captureId }) => captureId).values()].filter(
    (own) => own.length > 1,
  );
  return {
    pairs: pairs.length,
    alpha: krippendorffAlpha(pairs.map((own) => own.map(({ verdict }) => verdict))),
    kappa: kappaOfTwo(pairs),
  };
};

const kappaOfTwo = (pairs: readonly (readonly StandingVerdict[])[]): ReviewerAgreement['kappa'] => {
  const names = [...new Set(pairs.flatMap((own) => own.map(({ reviewer }) => reviewer)))];
  const [first, second] = names.toSorted();
  if (first === undefined || second === undefined || names.length > 2) return null;
  const isOf = (own: readonly StandingVerdict[], name: string, verdict: Verdict): boolean =>
    own.some((one) => one.reviewer === name && one.verdict === verdict);
  const found = cohenKappa(
    verdicts.map((row) =>
      verdicts.map(
        (column) =>
          pairs.filter((own) => isOf(own, first, row) && isOf(own, second, column)).length,
      ),
    ),
  );
  if (found === null) return null;
  const { kappa, lower, n, upper } = found;
  return { reviewers: [first, second], kappa, lower, upper, n };
};
