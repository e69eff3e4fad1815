/** Adds jobs for the Batch APIs of providers, and marks the answers that came from them. */
export const m005Batches = `
-- 1: answered in a batch, at the price of batches and with no times of its own.
alter table response add column batch integer not null default 0 check (batch in (0, 1));

-- 1: a try that was a line of a batch.
alter table attempt add column batch integer not null default 0 check (batch in (0, 1));

-- A file of requests for the Batch API of a provider. Everything is stored before it is awaited.
-- planned: being written or uploaded, nothing can have been charged; uploaded: the provider has the
-- file, and since create_sent_at a batch of it may exist; submitted: the batch exists; done: what came
-- of it is stored; refused: the provider did not take it. at_most_usd is the most that it can cost.
create table batch_job (
  id text not null primary key,
  comparison_id text not null references comparison (id),
  side text not null check (side in ('baseline', 'candidate')),
  state text not null check (state in ('planned', 'uploaded', 'submitted', 'done', 'refused')),
  lines integer not null,
  bytes integer not null,
  at_most_usd double precision,
  input_file_id text,
  create_sent_at text,
  batch_id text,
  provider_state text,
  completed integer,
  failed integer,
  total integer,
  problem text,
  created_at text not null,
  updated_at text not null
);
create index batch_job_comparison on batch_job (comparison_id, state);

-- The lines of the jobs that are not done. settled = 1: what came of the line is stored.
create table batch_line (
  job_id text not null references batch_job (id),
  line integer not null,
  custom_id text not null,
  comparison_id text not null,
  capture_id text not null,
  side text not null check (side in ('baseline', 'candidate')),
  sample integer not null,
  adaptations_hash text not null references body (hash),
  settled integer not null check (settled in (0, 1)),
  primary key (job_id, line),
  foreign key (comparison_id, capture_id)
    references comparison_capture (comparison_id, capture_id)
);
create unique index batch_line_custom_id on batch_line (job_id, custom_id);
-- No answer is ordered twice at the same time.
create unique index batch_line_open
  on batch_line (comparison_id, capture_id, side, sample) where settled = 0;

-- The process that works on the batches of a comparison; only one may.
create table batch_run (
  comparison_id text not null primary key references comparison (id),
  host text not null,
  pid integer not null,
  touched_at text not null
);
`;
