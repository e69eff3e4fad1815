/** Adds costs that token counts do not cover. */
export const m002Money = `
-- USD as the provider said it in the answer; null where it said nothing.
alter table response add column cost_usd double precision;

-- What counts against a budget where the provider counted no tokens: the most that the call can have
-- used. Null where it counted, and where nothing was paid.
alter table response add column bound_input_tokens integer;
alter table response add column bound_output_tokens integer;

-- What a failed try was charged for, as far as the provider said so before it failed.
alter table attempt add column input_tokens integer;
alter table attempt add column output_tokens integer;
alter table attempt add column cached_input_tokens integer;
alter table attempt add column reasoning_tokens integer;
alter table attempt add column cost_usd double precision;
alter table attempt add column bound_input_tokens integer;
alter table attempt add column bound_output_tokens integer;
`;
