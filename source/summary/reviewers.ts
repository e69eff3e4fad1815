import type { Side, Verdict } from '../comparison/outcome.ts';
import {
  cohenKappa,
  fleissKappa,
  krippendorffAlpha,
} from '../statistics/agreement-coefficients.ts';
import { wilson, type RateInterval } from '../statistics/wilson.ts';
import type { RepeatFact } from '../store/comparisons/control-facts.ts';
import type { Votes } from '../store/comparisons/pair-facts.ts';
import type { BlindFact, ReviewerFact } from '../store/comparisons/reviewer-facts.ts';
import type { SharedVerdict } from '../store/comparisons/shared-verdicts.ts';

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
  /** These verdicts by where they came from, most first. They add up to `judged` and `settled`. */
  readonly origins: readonly OriginCount[];
  /** The pairs that came back unannounced and got the same verdict, of all that came back. */
  readonly selfAgreement: RateInterval;
};

/** Verdicts that came from the same place. */
export type OriginCount = {
  /** Null if an earlier version stored them. */
  readonly kind: 'review' | 'pattern' | 'file' | null;
  /** The name of the file that they were read from. */
  readonly file: string | null;
  /** The store in which they were given or read, and from which a merge took them; null for this one. */
  readonly store: string | null;
  readonly verdicts: number;
};

const countOrigins = (facts: readonly ReviewerFact[]): readonly OriginCount[] => {
  const named = facts.map(({ origin, pairs }) => ({
    kind: origin.kind === 'unknown' ? null : origin.kind,
    file: origin.kind === 'file' ? origin.file : null,
    store: origin.store,
    verdicts: pairs,
  }));
  return [
    ...Map.groupBy(named, ({ file, kind, store }) => JSON.stringify([kind, file, store])).values(),
  ]
    .flatMap((own) => {
      const [first] = own;
      const sum = own.reduce((all, one) => all + one.verdicts, 0);
      return first === undefined ? [] : [{ ...first, verdicts: sum }];
    })
    .toSorted((a, b) => b.verdicts - a.verdicts);
};

/** Counts the verdicts of each reviewer. */
export const countByReviewer = (
  facts: readonly ReviewerFact[],
  repeats: readonly RepeatFact[],
): readonly ReviewerCounts[] =>
  [...Map.groupBy(facts, ({ reviewer }) => reviewer)].map(([reviewer, own]) => {
    const count = (fits: (fact: ReviewerFact) => boolean): number =>
      own.reduce((sum, fact) => (fits(fact) ? sum + fact.pairs : sum), 0);
    const as = (verdict: Verdict): number =>
      count((fact) => !fact.settled && fact.verdict === verdict);
    return {
      reviewer,
      judged: count((fact) => !fact.settled),
      verdicts: {
        agree: as('agree'),
        worse: as('worse'),
        better: as('better'),
        bothBad: as('both_bad'),
      },
      settled: count((fact) => fact.settled),
      origins: countOrigins(own),
      selfAgreement: selfAgreement(repeats.filter((fact) => fact.reviewer === reviewer)),
    };
  });

/**
 * Cohen's kappa of two reviewers over the pairs that both judged; null where all verdicts are the same. Its bounds are
 * within -1 and 1. They are null where the reviewers agree on every pair or, as in a single pair, on none that varies:
 * the standard error is then 0, which says nothing.
 */
export type KappaOfTwo = {
  readonly reviewers: readonly [string, string];
  readonly kappa: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  readonly n: number;
};

/** How far the reviewers agree beyond chance, on the pairs that several of them have judged. */
export type ReviewerAgreement = {
  readonly pairs: number;
  /** Krippendorff's alpha; null without such pairs, and if all verdicts are the same. */
  readonly alpha: number | null;
  /** Fleiss' kappa; null unless each of these pairs has as many verdicts as the others, and where alpha is. */
  readonly fleiss: number | null;
  /** Cohen's kappa if all these pairs were judged by the same two; else null, and where alpha is. */
  readonly kappa: (Omit<KappaOfTwo, 'kappa'> & { readonly kappa: number }) | null;
  /** Cohen's kappa of any two reviewers who judged the same pairs, those with most of them first. */
  readonly kappas: readonly KappaOfTwo[];
};

/** Computes how far reviewers agree beyond chance. */
export const reviewerAgreement = (shared: readonly SharedVerdict[]): ReviewerAgreement => {
  const pairs = [...Map.groupBy(shared, ({ captureId }) => captureId).values()];
  const kappas = kappasOfTwo(pairs);
  const [only] = kappas;
  const isKnown = only !== undefined && kappas.length === 1;
  const { kappa = null, lower = null, upper = null } = isKnown ? only : {};
  return {
    pairs: pairs.length,
    alpha: krippendorffAlpha(pairs.map((own) => own.map(({ verdict }) => verdict))),
    fleiss: fleissOf(pairs),
    kappa:
      isKnown && kappa !== null
        ? { reviewers: only.reviewers, kappa, lower, upper, n: only.n }
        : null,
    kappas,
  };
};

const fleissOf = (pairs: readonly (readonly SharedVerdict[])[]): number | null => {
  const counts = pairs.map((own) =>
    verdicts.map((verdict) => own.filter((one) => one.verdict === verdict).length),
  );
  const raters = pairs[0]?.length;
  return pairs.every((own) => own.length === raters) ? fleissKappa(counts) : null;
};

const kappasOfTwo = (pairs: readonly (readonly SharedVerdict[])[]): readonly KappaOfTwo[] => {
  const tables = new Map<
    string,
    { readonly reviewers: readonly [string, string]; readonly counts: number[][] }
  >();
  for (const own of pairs) {
    const inOrder = own.toSorted((a, b) => (a.reviewer < b.reviewer ? -1 : 1));
    for (const [index, first] of inOrder.entries()) {
      for (const second of inOrder.slice(index + 1)) {
        const reviewers = [first.reviewer, second.reviewer] as const;
        const key = JSON.stringify(reviewers);
        const table = tables.get(key) ?? {
          reviewers,
          counts: verdicts.map(() => verdicts.map(() => 0)),
        };
        tables.set(key, table);
        const row = table.counts[verdicts.indexOf(first.verdict)] ?? [];
        const column = verdicts.indexOf(second.verdict);
        row[column] = (row[column] ?? 0) + 1;
      }
    }
  }
  return [...tables.values()]
    .map(({ counts, reviewers }) => {
      const found = cohenKappa(counts);
      const isEstimated = found !== null && found.standardError > 1e-9;
      return {
        reviewers,
        kappa: found?.kappa ?? null,
        lower: isEstimated ? Math.max(-1, found.lower) : null,
        upper: isEstimated ? Math.min(1, found.upper) : null,
        n: counts.flat().reduce((sum, count) => sum + count, 0),
      };
    })
    .toSorted(
      (a, b) => b.n - a.n || (JSON.stringify(a.reviewers) < JSON.stringify(b.reviewers) ? -1 : 1),
    );
};
