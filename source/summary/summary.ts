import type { FailureReason } from '../models/answer.ts';
import type { Percentiles } from '../statistics/percentile.ts';
import type { RateInterval } from '../statistics/wilson.ts';
import type { Selection } from '../traffic/selection/selection.ts';

/**
 * What one side's latency was measured by: production's recording, or this replay; `batch`: by
 * nothing, since every answer came in a batch.
 */
export type LatencySource = 'recorded' | 'replayed' | 'batch';

/** Times of one side over the answered pairs, milliseconds. */
export type SideLatency = {
  readonly timeToFirstToken: Percentiles;
  readonly total: Percentiles;
  /** Null while there is no answered pair. */
  readonly source: LatencySource | null;
  /** Answers that came in batches and are left out: a batch measures no times. */
  readonly batchAnswers: number;
};

/** Tokens of one side over the answered pairs; null where no answer says. */
export type SideTokens = {
  readonly input: number | null;
  readonly output: number | null;
  readonly cachedInput: number | null;
  readonly reasoning: number | null;
  /** Answers whose tokens were counted: the sums are over these. */
  readonly answers: number;
};

/** Failed pairs by what failed on each side; null: that side did not fail. */
export type FailureCount = {
  readonly baseline: FailureReason | null;
  readonly candidate: FailureReason | null;
  readonly pairs: number;
};

/** Pairs that were not sent by the reason of each side; null: that side is answered. */
export type NotSentCount = {
  readonly baseline: string | null;
  readonly candidate: string | null;
  readonly pairs: number;
};

/** The figures of a comparison, or of one endpoint of it. */
export type Figures = {
  readonly counts: {
    readonly imported: number;
    readonly replayable: number;
    readonly notReplayable: number;
    readonly answered: number;
    readonly failed: number;
    readonly notSent: number;
    readonly identical: number;
    readonly equivalent: number;
    readonly different: number;
    /** Answered pairs with a verdict. */
    readonly judged: number;
    /** Answered pairs without a verdict that the machine has not settled. */
    readonly unjudged: number;
    /** Of `unjudged`, those that somebody put back. */
    readonly skipped: number;
    /** Identical or equivalent pairs without a verdict. */
    readonly settledByMachine: number;
    /** Of `replayable`, those of which the recording did not keep everything. */
    readonly partial: number;
  };
  readonly verdicts: {
    readonly agree: number;
    readonly worse: number;
    readonly better: number;
    readonly bothBad: number;
  };
  /** agree ÷ verdicts. */
  readonly agreement: RateInterval;
  /** (agree + better) ÷ verdicts. */
  readonly noRegression: RateInterval;
  /** Agreement over all answered pairs, those that the machine settled taken as agreed. */
  readonly overall: RateInterval;
  readonly latency: {
    readonly baseline: SideLatency;
    readonly candidate: SideLatency;
    /**
     * Candidate ÷ baseline at the 95th percentile; null where one is not known, or where one side
     * was recorded and the other replayed.
     */
    readonly ratio: { readonly timeToFirstToken: number | null; readonly total: number | null };
  };
  readonly tokens: { readonly baseline: SideTokens; readonly candidate: SideTokens };
  readonly cost: {
    /** USD over the counted answers of the answered pairs; null without a price or a count. */
    readonly baseline: number | null;
    readonly candidate: number | null;
    /** Baseline ÷ candidate over the pairs that both counted. */
    readonly ratio: number | null;
    readonly currency: 'USD';
    /** Where the prices are from and their date; null when none is known. */
    readonly prices: string | null;
  };
  /** Sums to `counts.failed`, most frequent first. */
  readonly failures: readonly FailureCount[];
  /** Sums to `counts.notSent`, most frequent first. */
  readonly notSentReasons: readonly NotSentCount[];
};

/** What can be said of a comparison at one moment. */
export type Summary = Figures & {
  readonly schema: 'understudy.summary/1';
  /** When it was computed, ISO 8601 in UTC. */
  readonly at: string;
  readonly comparison: {
    readonly id: string;
    readonly name: string;
    readonly baseline: string;
    readonly candidate: string;
    readonly createdAt: string;
    /** What the comparison takes of the captures that are there; null: everything. */
    readonly selection: Selection | null;
  };
  /** Sums to `counts.notReplayable`, most frequent first. Such records have no endpoint. */
  readonly notReplayableReasons: readonly { readonly reason: string; readonly records: number }[];
  /**
   * Captures that the selection left out: they are not among the imported ones of `counts`. The
   * reasons sum to the total, most frequent first.
   */
  readonly leftOut: {
    readonly total: number;
    readonly reasons: readonly { readonly reason: string; readonly captures: number }[];
  };
  /** What the recording did not keep of the partial captures, most frequent first. */
  readonly partialParts: readonly { readonly part: string; readonly captures: number }[];
  /** In alphabetical order. */
  readonly byEndpoint: readonly (Figures & { readonly endpoint: string })[];
};
