/** What a provider allows a model; null: no limit that we know of. Whole numbers ≥ 1. */
export type Limits = {
  /** Calls in flight at once. */
  readonly concurrency: number | null;
  /** Calls that may begin within any 60 seconds. */
  readonly requestsPerMinute: number | null;
  /** Tokens, of input and output together, of the calls that began within any 60 seconds. */
  readonly tokensPerMinute: number | null;
};

export const noLimits: Limits = {
  concurrency: null,
  requestsPerMinute: null,
  tokensPerMinute: null,
};
