import type { Side } from '../comparison/outcome.ts';
import type { FailureReason } from '../models/answer.ts';

/** How often each reason applied. */
export type FailureCounts = Readonly<Partial<Record<FailureReason, number>>>;

/** How far a replay is. Pairs are counted over the whole comparison, calls and money in this run. */
export type ReplayProgress = {
  /** Pairs that the run is about: all of the comparison or, if it was given a choice, those. */
  readonly total: number;
  /** Pairs that this run is through with, or that had both answers before it. */
  readonly done: number;
  /** Of `done`, those that this run is through with. */
  readonly doneInRun: number;
  /** Calls that were sent and have not ended. */
  readonly inFlight: number;
  /** Calls that wait for their next try. */
  readonly retrying: number;
  /** Sides that were answered, by a call or from the recording. */
  readonly answered: number;
  /** Sides that failed for good in this run, by reason. */
  readonly failures: Readonly<Record<Side, FailureCounts>>;
  /** Sides that were not sent, by reason. */
  readonly notSent: Readonly<Record<string, number>>;
  /**
   * USD by the usage that the providers counted; null when a live side has no price. What a failed
   * call cost without saying so is not in it.
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

/** What a run counts while it runs; plain fields, so that an event costs next to nothing. */
export type Tally = {
  total: number;
  doneBefore: number;
  doneInRun: number;
  retrying: number;
  answered: number;
  readonly failures: Record<Side, Partial<Record<FailureReason, number>>>;
  readonly notSent: Record<string, number>;
  cost: number;
  uncountedAnswers: number;
};

export const createTally = (): Tally => ({
  total: 0,
  doneBefore: 0,
  doneInRun: 0,
  retrying: 0,
  answered: 0,
  failures: { baseline: {}, candidate: {} },
  notSent: {},
  cost: 0,
  uncountedAnswers: 0,
});
