import type { Side } from '../comparison/outcome.ts';
import type { FailureReason } from '../models/answer.ts';

/** How often each reason applied. */
export type FailureCounts = Readonly<Partial<Record<FailureReason, number>>>;

/** A model that nothing is sent to for now. */
export type PausedModel = {
  readonly model: string;
  readonly reason: FailureReason;
  /** Until it is probed or used again; 0 while a probe is under way. */
  readonly leftMs: number;
};

/**
 * How far a replay is, over all of its comparisons or in one of them. Pairs are counted over the whole
 * comparison, calls and money in this run.
 */
export type ReplayProgress = {
  /** Pairs that the run is about: all of the comparison or, if it was given a choice, those. */
  readonly total: number;
  /** Pairs that this run is through with, or that other runs have answered. */
  readonly done: number;
  /** Of `done`, those that this run is through with, be it that it waited for another run's answers. */
  readonly doneInRun: number;
  /** Calls that were sent and have not ended, over all comparisons. */
  readonly inFlight: number;
  /** Calls that wait for their next try, over all comparisons. */
  readonly retrying: number;
  /** Pairs with an answer that another run is getting. */
  readonly awaited: number;
  readonly paused: readonly PausedModel[];
  /** Answers that this run added, by a call, from the recording or from another comparison. */
  readonly answered: number;
  /** Answers that other runs added while this one was at work; 0 until it ends. */
  readonly answeredElsewhere: number;
  /** Answers that failed for good in this run, by reason. */
  readonly failures: Readonly<Record<Side, FailureCounts>>;
  /** Answers that were not asked for, by reason. */
  readonly notSent: Readonly<Record<string, number>>;
  /**
   * USD over all comparisons, as the providers said it or by the usage that they counted; null when a
   * live model has no price. What a failed call cost without saying so is not in it.
   */
  readonly cost: number | null;
  /** Answers whose provider did not count tokens: the cost is then at least `cost`. */
  readonly uncountedAnswers: number;
  /** USD; null without a budget. */
  readonly budget: number | null;
  /** What counts against the budget: the cost, and the most that the uncounted calls can have cost. */
  readonly spentAtMost: number;
  /** Since the run began. */
  readonly elapsedMs: number;
};

/** What a run counts of one comparison; plain fields, so that an event costs next to nothing. */
export type Tally = {
  total: number;
  doneBefore: number;
  doneInRun: number;
  /** Pairs that other runs have answered and this one never came to. */
  doneElsewhere: number;
  /** Answers that were there when the run began. */
  answersBefore: number;
  answered: number;
  answeredElsewhere: number;
  readonly failures: Record<Side, Partial<Record<FailureReason, number>>>;
  readonly notSent: Record<string, number>;
};

export const createTally = (): Tally => ({
  total: 0,
  doneBefore: 0,
  doneInRun: 0,
  doneElsewhere: 0,
  answersBefore: 0,
  answered: 0,
  answeredElsewhere: 0,
  failures: { baseline: {}, candidate: {} },
  notSent: {},
});

/** Several tallies as one. */
export const sumOfTallies = (tallies: readonly Tally[]): Tally => {
  const sum = createTally();
  const addAll = <Key extends string>(
    into: Partial<Record<Key, number>>,
    counts: Partial<Record<Key, number>>,
  ): void => {
    for (const [key, count] of Object.entries(counts) as [Key, number][]) {
      into[key] = (into[key] ?? 0) + count;
    }
  };
  for (const tally of tallies) {
    sum.total += tally.total;
    sum.doneBefore += tally.doneBefore;
    sum.doneInRun += tally.doneInRun;
    sum.doneElsewhere += tally.doneElsewhere;
    sum.answersBefore += tally.answersBefore;
    sum.answered += tally.answered;
    sum.answeredElsewhere += tally.answeredElsewhere;
    addAll(sum.failures.baseline, tally.failures.baseline);
    addAll(sum.failures.candidate, tally.failures.candidate);
    addAll(sum.notSent, tally.notSent);
  }
  return sum;
};
