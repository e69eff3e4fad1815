/** Keeps the tokens that a call wrote to a cache, which have a price of their own. */
export const m024CacheWrites = `
-- Part of input_tokens, as cached_input_tokens are. Null where the provider does not count them, and for calls of
-- earlier versions.
alter table response add column cache_write_tokens integer;
alter table attempt add column cache_write_tokens integer;
alter table surplus_answer add column cache_write_tokens integer;

drop index response_figures;
create index response_figures on response (
  comparison_id, side, sample, capture_id, recorded, batch, time_to_first_token_ms, total_ms,
  input_tokens, output_tokens, cached_input_tokens, cache_write_tokens, reasoning_tokens, cost_usd,
  model, created_at
);
`;
