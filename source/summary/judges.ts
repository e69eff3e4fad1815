import { sides } from '../comparison/outcome.ts';
import {
  predictionPoweredRate,
  type PredictionPoweredRate,
} from '../statistics/judge-correction.ts';
import { wilson, type RateInterval } from '../statistics/wilson.ts';
import { judgePairFacts, type SinglePairFact } from '../store/comparisons/pair-facts.ts';
import type { PairScope } from '../store/comparisons/pair-scope.ts';
import {
  hasJudge,
  listChangedVerdicts,
  listJudgements,
  type Judgement,
} from '../store/judge-calls.ts';
import type { Store } from '../store/open.ts';
import { commonVerdict, type CommonVerdict } from './reviewers.ts';

/** What a judge said of the pairs that were left open, and how far that can be relied on. */
export type JudgeFigures = {
  /** The label of the model. */
  readonly judge: string;
  /** The version of the prompt. */
  readonly prompt: number;
  /** The pairs that it judged in both orders, and those that neither the machine nor a rule settled. */
  readonly judged: number;
  readonly pairs: number;
  /** Its verdicts: those that were the same in both orders, and `undecided`. */
  readonly verdicts: {
    readonly agree: number;
    readonly worse: number;
    readonly better: number;
    readonly bothBad: number;
    readonly undecided: number;
  };
  /**
   * The undecided pairs where an answer of the judge has no verdict that can be read, and why the first of them
   * has none, which may quote the answer; null if there are none.
   */
  readonly unreadable: { readonly pairs: number; readonly example: string | null };
  /**
   * Of the pairs that people found worse, those that the judge did, too; of the others, those that it decided and
   * did not find worse. Undecided counts as an error in both.
   */
  readonly sensitivity: RateInterval;
  readonly specificity: RateInterval;
  /** Pairs whose verdict was changed after the judge's, which may have been seen. They certify nothing. */
  readonly notBlind: number;
  /** Whether both lower bounds reach `certificationBound`. */
  readonly certified: boolean;
  /** Null unless the judge is certified and enough pairs were judged in the random order. */
  readonly estimate: JudgeEstimate | null;
};

/**
 * The rates of the pairs left open, as people would judge them, estimated with the judge's help. `n`: the pairs
 * that people judged in the random order; `others`: those that only the judge did, or people ahead of the order.
 */
export type JudgeEstimate = {
  readonly others: number;
  readonly agreement: PredictionPoweredRate;
  readonly noWorse: PredictionPoweredRate;
};

/** What the lower bounds of sensitivity and specificity of a judge must reach. */
export const certificationBound = 0.8;

/** The fewest verdicts for an estimate: its interval is a normal one. */
export const fewestLabels = 30;

/** Reads the figures of every judge of a comparison. `pairs`: the number of pairs left open. */
export const gatherJudges = async (
  store: Store,
  comparisonId: string,
  options: {
    readonly reviewer: string | null;
    readonly scope: PairScope;
    readonly pairs: number;
  },
): Promise<readonly JudgeFigures[]> => {
  if (!(await hasJudge(store, comparisonId))) return [];
  const facts = new Map(
    (await judgePairFacts(store, comparisonId, options)).map((fact) => [fact.captureId, fact]),
  );
  const changed = await listChangedVerdicts(store, comparisonId);
  const judgements = (await listJudgements(store, comparisonId)).flatMap((judgement) => {
    const fact = facts.get(judgement.captureId);
    if (fact?.outcome !== 'different') return [];
    const changedAt = changed.get(judgement.captureId) ?? '';
    return [judgedPair(judgement, fact, changedAt > judgement.at)];
  });
  const groups = Map.groupBy(judgements, ({ judge, prompt }) => JSON.stringify([judge, prompt]));
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { judge, prompt } = first;
    return [{ judge, prompt, pairs: options.pairs, ...computeJudge(group) }];
  });
};

/** A pair with the judge's verdict and that of people. */
export type PairOfJudge = {
  readonly verdict: Judgement['verdict'];
  /** Why an answer of the judge has no verdict; null if both have one. */
  readonly unreadable: string | null;
  /** The common verdict of the reviewers; null without one. */
  readonly label: CommonVerdict | null;
  /** Whether every label was given without the judge's verdict in view. */
  readonly blind: boolean;
  /** Whether the label belongs to the random sample. */
  readonly drawn: boolean;
};

const judgedPair = (
  { judge, orders, prompt, verdict }: Judgement,
  { order, resolved, votes }: SinglePairFact,
  isChanged: boolean,
): PairOfJudge & Pick<Judgement, 'judge' | 'prompt'> => ({
  judge,
  prompt,
  verdict,
  unreadable: sides.map((side) => orders[side]).find((one) => one.verdict === null)?.reason ?? null,
  label: commonVerdict(votes, resolved),
  blind: !isChanged,
  drawn: order !== 'ahead',
});

/**
 * Computes what a judge's verdicts are worth by those of people. Certified by Wilson's 95 % lower bounds. Sources of
 * the estimate: see `predictionPoweredRate`.
 */
export const computeJudge = (
  pairs: readonly PairOfJudge[],
): Omit<JudgeFigures, 'judge' | 'pairs' | 'prompt'> => {
  const given = (verdict: PairOfJudge['verdict']): number =>
    pairs.filter((pair) => pair.verdict === verdict).length;
  const unreadable = pairs.flatMap((pair) => pair.unreadable ?? []);
  const labelled = pairs.filter(({ label }) => label !== null && label !== 'conflict');
  const blind = labelled.filter((pair) => pair.blind);
  const worse = blind.filter(({ label }) => label === 'worse');
  const others = blind.filter(({ label }) => label !== 'worse');
  const sensitivity = wilson(
    worse.filter(({ verdict }) => verdict === 'worse').length,
    worse.length,
  );
  const specificity = wilson(others.filter(isNoWorse).length, others.length);
  const isAtLeast = ({ lower }: RateInterval): boolean => (lower ?? 0) >= certificationBound;
  const certified = isAtLeast(sensitivity) && isAtLeast(specificity);
  return {
    judged: pairs.length,
    verdicts: {
      agree: given('agree'),
      worse: given('worse'),
      better: given('better'),
      bothBad: given('both_bad'),
      undecided: given('undecided'),
    },
    unreadable: { pairs: unreadable.length, example: unreadable[0] ?? null },
    sensitivity,
    specificity,
    notBlind: labelled.length - blind.length,
    certified,
    estimate: certified ? estimateWith(pairs, blind) : null,
  };
};

const isNoWorse = ({ verdict }: PairOfJudge): boolean =>
  verdict !== 'worse' && verdict !== 'undecided';

/**
 * The pairs that were judged ahead of the random order are no part of the sample, but are of what it stands for: of
 * them, only the judge's verdict counts.
 */
const estimateWith = (
  pairs: readonly PairOfJudge[],
  blind: readonly PairOfJudge[],
): JudgeEstimate | null => {
  const drawn = blind.filter((pair) => pair.drawn);
  const sample = new Set(drawn);
  const rest = pairs.filter((pair) => !sample.has(pair));
  if (drawn.length < fewestLabels || rest.length === 0) return null;
  const rate = (
    person: (pair: PairOfJudge) => boolean,
    judge: (pair: PairOfJudge) => boolean,
  ): PredictionPoweredRate => {
    const number = (byPerson: boolean, byJudge: boolean): number =>
      drawn.filter((pair) => person(pair) === byPerson && judge(pair) === byJudge).length;
    return predictionPoweredRate(
      {
        both: number(true, true),
        personOnly: number(true, false),
        judgeOnly: number(false, true),
        neither: number(false, false),
      },
      { successes: rest.filter(judge).length, n: rest.length },
    );
  };
  return {
    others: rest.length,
    agreement: rate(
      ({ label }) => label === 'agree',
      ({ verdict }) => verdict === 'agree',
    ),
    noWorse: rate(({ label }) => label !== 'worse', isNoWorse),
  };
};
