import type { Side } from '../comparison/outcome.ts';
import type { Answer, FailureReason } from '../models/answer.ts';
import { isTagged } from '../models/stream/think-tags.ts';

/** The number of failures by reason. */
export type FailureCounts = Readonly<Partial<Record<FailureReason, number>>>;

/** The reason why a run ended. The last three leave work for the next run. */
export type RunEnd = 'done' | 'budget' | 'waiting' | 'interrupted';

/** The reason for answers that are not sent because they exceed the budget. */
export const budgetReached = 'budget reached';

/** The progress of a run, live or in batches. */
export type RunProgress = {
  /** The number of pairs in the run. */
  readonly total: number;
  /** The number of pairs that have both answers or need nothing more in this run. */
  readonly done: number;
  /**
   * The number of answers that this run added, from a call, the recording or another comparison.
   */
  readonly answered: number;
  /** Of `answered`, those whose text held reasoning in tags, which is kept apart. */
  readonly tagged: number;
  /** Answers that failed in this run, by reason. Over all comparisons, one that several share counts once. */
  readonly failures: Readonly<Record<Side, FailureCounts>>;
  /** The number of answers that were not requested, by reason; shared ones as in `failures`. */
  readonly notSent: Readonly<Record<string, number>>;
  /**
   * USD over all comparisons, as reported by the providers or from the usage they counted; null if
   * the price of a live model is unknown. Unreported costs of failed calls are not included.
   */
  readonly cost: number | null;
  /**
   * The number of answers without a token count from the provider. If positive, `cost` is a lower
   * bound.
   */
  readonly uncountedAnswers: number;
  /** USD; null without a budget. */
  readonly budget: number | null;
};

/** Returns whether a run left answers out because they exceeded the budget. */
export const isBudgetReached = ({ notSent }: Pick<RunProgress, 'notSent'>): boolean =>
  notSent[budgetReached] !== undefined;

/** Counts the outcomes of answers. */
export class AnswerTally {
  answered = 0;
  tagged = 0;
  readonly #failures: Record<Side, Partial<Record<FailureReason, number>>> = {
    baseline: {},
    candidate: {},
  };
  readonly #notSent: Record<string, number> = {};

  /** Adds up several tallies. */
  static sum(tallies: readonly AnswerTally[]): AnswerTally {
    const sum = new AnswerTally();
    for (const tally of tallies) {
      sum.answered += tally.answered;
      sum.tagged += tally.tagged;
      for (const side of ['baseline', 'candidate'] as const)
        addAll(sum.#failures[side], tally.#failures[side]);
      addAll(sum.#notSent, tally.#notSent);
    }
    return sum;
  }

  /** Counts an answer; null: one that is not at hand, as another comparison has it. */
  addAnswer(answer: Answer | null): void {
    this.answered++;
    if (answer !== null && isTagged(answer.reasoning)) this.tagged++;
  }

  addFailure(side: Side, reason: FailureReason): void {
    addAll(this.#failures[side], { [reason]: 1 });
  }

  addNotSent(reason: string, answers: number): void {
    if (answers > 0) addAll(this.#notSent, { [reason]: answers });
  }

  /** The current counts. */
  get counts(): Pick<RunProgress, 'answered' | 'tagged' | 'failures' | 'notSent'> {
    const { baseline, candidate } = this.#failures;
    return {
      answered: this.answered,
      tagged: this.tagged,
      failures: { baseline: { ...baseline }, candidate: { ...candidate } },
      notSent: { ...this.#notSent },
    };
  }
}

const addAll = (
  into: Partial<Record<string, number>>,
  counts: Partial<Record<string, number>>,
): void => {
  for (const [key, count = 0] of Object.entries(counts)) into[key] = (into[key] ?? 0) + count;
};
