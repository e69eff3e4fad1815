/** A limit per span of time, as the provider last said it. `resetMs`: from now until all of it is free. */
export type RateLimit = {
  readonly limit: number | null;
  readonly remaining: number | null;
  readonly resetMs: number | null;
};

/** What a provider says of its limits beside an answer; null for a kind that it does not speak of. */
export type RateLimits = {
  readonly requests: RateLimit | null;
  readonly tokens: RateLimit | null;
};
