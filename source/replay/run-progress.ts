import type { Side } from '../comparison/outcome.ts';
import type { Answer, FailureReason } from '../models/answer.ts';
import { isTagged } from '../models/stream/think-tags.ts';

/** How often each reason applied. */
export type FailureCounts = Readonly<Partial<Record<FailureReason, number>>>;

/** Why a run came to its end. The last three leave work for the next run. */
export type RunEnd = 'done' | 'budget' | 'waiting' | 'interrupted';

/** The reason of answers that are not sent because the budget has no room for them. */
export const budgetReached = 'budget reached';

/** The progress of a run, live or in batches. */
export type RunProgress = {
  /** Pairs that the run is about. */
  readonly total: number;
  /** Of these, those that have both answers or need nothing more of this run. */
  readonly done: number;
  /** Answers that this run added, by a call, from the recording or from another comparison. */
  readonly answered: number;
  /** Of `answered`, those whose text held reasoning in tags, which is kept apart. */
  readonly tagged: number;
  /** Answers that failed in this run, by reason. */
  readonly failures: Readonly<Record<Side, FailureCounts>>;
  /** Answers that were not asked for, by reason. */
  readonly notSent: Readonly<Record<string, number>>;
  /**
   * USD over all comparisons, as the providers reported it or by the usage that they counted; null
   * when the price of a live model is not known. What a failed call cost unreported is not in it.
   */
  readonly cost: number | null;
  /** Answers whose provider counted no tokens: the cost is then at least `cost`. */
  readonly uncountedAnswers: number;
  /** USD; null without a budget. */
  readonly budget: number | null;
};

/** Whether a run left answers out because its budget has no room for them. */
export const isBudgetReached = ({ notSent }: Pick<RunProgress, 'notSent'>): boolean =>
  notSent[budgetReached] !== undefined;

/** Counts what becomes of answers. */
export class AnswerTally {
  answered = 0;
  tagged = 0;
  readonly #failures: Record<Side, Partial<Record<FailureReason, number>>> = {
    baseline: {},
    candidate: {},
  };
  readonly #notSent: Record<string, number> = {};

  /** The sum of several tallies. */
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
