import type { PairFact } from '../store/comparisons/pair-facts.ts';
import type { TurnFact } from '../store/comparisons/turn-facts.ts';
import { commonVerdict, type CommonVerdict, type VerdictCounts } from './reviewers.ts';

/** Pairs with what their reviewers say together. */
export type JudgedFact = PairFact & { readonly verdict: CommonVerdict | null };

/** The same of one pair, with its conversation. */
export type JudgedTurn = TurnFact & JudgedFact;

/** Adds what the reviewers of pairs say together. */
export const withVerdict = <Fact extends PairFact>(
  pair: Fact,
): Fact & { readonly verdict: CommonVerdict | null } => ({
  ...pair,
  verdict: commonVerdict(pair.votes, pair.resolved),
});

/** The number of pairs that fit. */
export const countPairs = (
  pairs: readonly JudgedFact[],
  fits: (pair: JudgedFact) => boolean,
): number => pairs.reduce((sum, pair) => (fits(pair) ? sum + pair.pairs : sum), 0);

/** The number of pairs with each common verdict. */
export const countVerdicts = (pairs: readonly JudgedFact[]): VerdictCounts => {
  const judgedAs = (verdict: CommonVerdict): number =>
    countPairs(pairs, (pair) => pair.verdict === verdict);
  return {
    agree: judgedAs('agree'),
    worse: judgedAs('worse'),
    better: judgedAs('better'),
    bothBad: judgedAs('both_bad'),
    conflict: judgedAs('conflict'),
  };
};

/** Whether both sides have an answer. */
export const isAnswered = (pair: JudgedFact): boolean =>
  pair.baseline === 'answered' && pair.candidate === 'answered';

/** Whether the machine or a rule settled the pair. */
export const isSettledFact = (pair: JudgedFact): boolean =>
  pair.outcome === 'identical' || pair.outcome === 'equivalent';

/** Whether the pair needed a person and has a verdict, in the random order or ahead of it. */
export const isJudged = (pair: JudgedFact): boolean =>
  isAnswered(pair) && !isSettledFact(pair) && pair.verdict !== null;

/** Whether the pair belongs to the random sample. */
export const isDrawn = (pair: JudgedFact): boolean => pair.order !== 'ahead';

/** Whether the pair needs a person and has no verdict. */
export const isUnjudged = (pair: JudgedFact): boolean =>
  pair.outcome === 'different' && pair.verdict === null;

/** Whether a run was stopped before it compared the answers, which have no verdict either. */
export const isNotCompared = (pair: JudgedFact): boolean =>
  isAnswered(pair) && pair.outcome === null && pair.verdict === null;
