/** Keeps the tokens that a call wrote to a cache for an hour, which cost more than other writes. */
export const m030HourCacheWrites = `
-- Part of cache_write_tokens. Null where the provider does not count them, and for calls of earlier versions.
alter table response add column hour_cache_write_tokens integer;
alter table attempt add column hour_cache_write_tokens integer;
alter table surplus_answer add column hour_cache_write_tokens integer;
alter table judge_call add column hour_cache_write_tokens integer;

-- The part of bound_input_tokens in requests that ask for an hour in the cache.
alter table response add column bound_hour_cache_write_tokens integer;
alter table attempt add column bound_hour_cache_write_tokens integer;
alter table surplus_answer add column bound_hour_cache_write_tokens integer;
alter table judge_call add column bound_hour_cache_write_tokens integer;

drop index response_figures;
create index response_figures on response (
  comparison_id, side, sample, capture_id, recorded, batch, time_to_first_token_ms, total_ms,
  input_tokens, output_tokens, cached_input_tokens, cache_write_tokens, hour_cache_write_tokens,
  reasoning_tokens, cost_usd, model, created_at
);
`;
