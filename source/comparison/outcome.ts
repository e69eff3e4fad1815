/** The two sides of a comparison. */
export type Side = 'baseline' | 'candidate';

export const sides: readonly Side[] = ['baseline', 'candidate'];

/** What the machine says of a pair. `failed`: a side has no answer. */
export type Outcome = 'identical' | 'equivalent' | 'different' | 'failed';

/** What a person says about the candidate's answer, compared with the baseline's. */
export type Verdict = 'agree' | 'worse' | 'better' | 'both_bad';

/** What stands out in one answer, whether or not it differs from the other. */
export type Badge =
  /** The request asked for JSON and the answer does not parse. */
  | 'json_invalid'
  /** Finish reason `length`. */
  | 'truncated'
  | 'refusal'
  | 'empty'
  /** Blocked by the provider's content filter. */
  | 'content_filter';

/** The outcome of a pair with its reason: one short sentence without names (`1 field differs`). */
export type PairComparison = {
  readonly outcome: Exclude<Outcome, 'failed'>;
  readonly reason: string;
  readonly badges: { readonly baseline: readonly Badge[]; readonly candidate: readonly Badge[] };
  /** Differences between the sides that are worth a badge of their own. */
  readonly differs: {
    readonly toolCalls: boolean;
    readonly language: boolean;
    readonly finishReason: boolean;
  };
};
