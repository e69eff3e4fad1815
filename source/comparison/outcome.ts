/** The two sides of a comparison. */
export type Side = 'baseline' | 'candidate';

export const sides: readonly Side[] = ['baseline', 'candidate'];

/** The machine's result for a pair. `failed`: at least one side has no answer. */
export type Outcome = 'identical' | 'equivalent' | 'different' | 'failed';

/** A person's judgement of the candidate's answer, compared with the baseline's. */
export type Verdict = 'agree' | 'worse' | 'better' | 'both_bad';

/** A property of one answer that a reviewer should notice, even if both answers share it. */
export type Badge =
  /** The request asked for JSON and the answer does not parse. */
  | 'json_invalid'
  /** Finish reason `length`. */
  | 'truncated'
  | 'refusal'
  | 'empty'
  /** Blocked by the provider's content filter. */
  | 'content_filter';

/**
 * One change from the baseline to the candidate. `path` is raw: a JSON path without indexes
 * (`items[].score`), a tool call (`search()`, `search().date`), or words (`finish reason`). The values are
 * JSON text of at most some 40 characters, null if a side has none. `text`: prose that differs freely.
 */
export type Change = {
  readonly kind: 'missing' | 'extra' | 'type' | 'value' | 'order' | 'text';
  readonly path: string;
  readonly baseline: string | null;
  readonly candidate: string | null;
};

/**
 * All differences of one kind at one path, the unit that rules cover. `path`: as in a rule, without the
 * positions of items. `number`: the greatest distance of two numbers, as a share of the baseline's (null if
 * that is 0) and as an amount. `case`: strings that differ only in case. `order`: items in a different order.
 * `other`: anything else.
 */
export type Divergence = { readonly path: string } & (
  | { readonly kind: 'number'; readonly share: number | null; readonly amount: number }
  | { readonly kind: 'case' | 'order' | 'other' }
);

/**
 * How far the tool calls of two answers agree. `names`: they call different tools. `arguments`: the same tools with
 * different arguments. `order`: equal calls in a different order.
 */
export type CallAgreement = 'names' | 'arguments' | 'order' | 'same';

/** The outcome of a pair. `reason` is one short phrase that is safe to print: `1 field differs`. */
export type PairComparison = {
  readonly outcome: Exclude<Outcome, 'failed'>;
  readonly reason: string;
  readonly badges: { readonly baseline: readonly Badge[]; readonly candidate: readonly Badge[] };
  /** Differences between the sides that have their own badges. */
  readonly differs: {
    readonly toolCalls: boolean;
    readonly language: boolean;
    readonly finishReason: boolean;
  };
  /** Missing if neither side calls a tool, and if an earlier version compared the pair. */
  readonly calls?: CallAgreement;
  /** The share of words that both answers have, from 0 to 1. Missing if an earlier version compared the pair. */
  readonly likeness?: number;
  /** The first changes; only for `different`. Missing if an earlier version compared the pair. */
  readonly changes?: readonly Change[];
  /**
   * The number of changes that are not among `changes`. Missing if there are few, and if an earlier version
   * compared the pair.
   */
  readonly omittedChanges?: number;
  /**
   * The divergences of the pair; null if no rule can cover one of its differences, or if there are too many.
   * Only for `different`; missing if an earlier version compared the pair.
   */
  readonly divergences?: readonly Divergence[] | null;
};
