/** Adds the runs that are answering sides, and paid answers that came too late. */
export const m013Claims = `
-- One row for each run that is at work. A run whose process is gone, or that has not touched its row
-- for a minute, has ended.
create table claimant (
  id text not null primary key,
  host text not null,
  pid integer not null,
  started_at text not null,
  touched_at text not null
);

-- A side that a run is about to send or has sent. No other run sends it until the claim is released,
-- which happens in the transaction that stores the answer, or when the run gives the side up.
create table claim (
  capture_id text not null,
  side text not null check (side in ('baseline', 'candidate')),
  sample integer not null,
  comparison_id text not null,
  claimant_id text not null references claimant (id) on delete cascade,
  primary key (capture_id, side, sample, comparison_id)
);

-- What was paid for an answer whose side had one already. Only the ledger needs it: the first answer
-- stands.
create table surplus_answer (
  comparison_id text not null,
  capture_id text not null,
  side text not null check (side in ('baseline', 'candidate')),
  sample integer not null,
  input_tokens integer,
  output_tokens integer,
  cached_input_tokens integer,
  reasoning_tokens integer,
  cost_usd double precision,
  bound_input_tokens integer,
  bound_output_tokens integer,
  batch integer not null check (batch in (0, 1)),
  provider_request_id text,
  created_at text not null,
  foreign key (comparison_id, capture_id)
    references comparison_capture (comparison_id, capture_id)
);
create index surplus_answer_side on surplus_answer (comparison_id, side);
`;
