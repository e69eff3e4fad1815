/**
 * Numbers bodies and captures sequentially, and refers to bodies by number. With a hash as the key,
 * every new row goes to a different page of a tree. With millions of rows, an import mostly wrote
 * such pages.
 */
export const m009BodyNumbers = `
-- A JSON text, stored once however often it is used. The hash is the SHA-256 of the text.
create table body_numbered (
  number integer not null primary key,
  hash blob not null,
  text text not null,
  bytes integer not null
);
insert into body_numbered (hash, text, bytes) select unhex(hash), text, bytes from body;
drop table body;
alter table body_numbered rename to body;
create unique index body_old on body (hash);

create table capture_numbered (
  number integer not null primary key,
  id text not null unique,
  endpoint text not null,
  timestamp text,
  request_body integer not null references body (number),
  metadata text,
  partial text,
  redacted integer not null default 0 check (redacted in (0, 1)),
  source text not null,
  imported_at text not null
);
insert into capture_numbered (
  id, endpoint, timestamp, request_body, metadata, partial, redacted, source, imported_at
)
select
  id, endpoint, timestamp, (select number from body where hash = unhex(request_hash)), metadata,
  partial, redacted, source, imported_at
from capture;
drop table capture;
alter table capture_numbered rename to capture;
create index capture_redacted on capture (redacted) where redacted = 1;

create table recorded_response_numbered (
  capture_number integer not null references capture (number),
  model text not null,
  production integer not null check (production in (0, 1)),
  response_body integer not null references body (number),
  time_to_first_token_ms double precision,
  total_ms double precision,
  primary key (capture_number, model, production)
) without rowid;
insert into recorded_response_numbered
select
  (select number from capture where id = capture_id), model, production,
  (select number from body where hash = unhex(body_hash)), time_to_first_token_ms, total_ms
from recorded_response;
drop table recorded_response;
alter table recorded_response_numbered rename to recorded_response;

create table response_numbered (
  comparison_id text not null,
  capture_id text not null,
  side text not null check (side in ('baseline', 'candidate')),
  sample integer not null,
  answer_body integer not null references body (number),
  finish_reason text,
  model text,
  input_tokens integer,
  output_tokens integer,
  cached_input_tokens integer,
  reasoning_tokens integer,
  queue_ms double precision,
  time_to_first_token_ms double precision,
  total_ms double precision,
  recorded integer not null check (recorded in (0, 1)),
  adaptations text not null,
  provider_request_id text,
  created_at text not null,
  cost_usd double precision,
  bound_input_tokens integer,
  bound_output_tokens integer,
  batch integer not null default 0 check (batch in (0, 1)),
  reused integer not null default 0 check (reused in (0, 1)),
  primary key (comparison_id, capture_id, side, sample),
  foreign key (comparison_id, capture_id)
    references comparison_capture (comparison_id, capture_id)
);
insert into response_numbered
select
  comparison_id, capture_id, side, sample, (select number from body where hash = unhex(answer_hash)),
  finish_reason, model, input_tokens, output_tokens, cached_input_tokens, reasoning_tokens, queue_ms,
  time_to_first_token_ms, total_ms, recorded, adaptations, provider_request_id, created_at, cost_usd,
  bound_input_tokens, bound_output_tokens, batch, reused
from response;
drop table response;
alter table response_numbered rename to response;

create table attempt_numbered (
  comparison_id text not null,
  capture_id text not null,
  side text not null check (side in ('baseline', 'candidate')),
  sample integer not null,
  number integer not null,
  reason text not null,
  message text not null,
  status integer,
  retry_after_ms double precision,
  partial_body integer references body (number),
  queue_ms double precision,
  time_to_first_token_ms double precision,
  total_ms double precision,
  provider_request_id text,
  final integer not null check (final in (0, 1)),
  created_at text not null,
  input_tokens integer,
  output_tokens integer,
  cached_input_tokens integer,
  reasoning_tokens integer,
  cost_usd double precision,
  bound_input_tokens integer,
  bound_output_tokens integer,
  parameter text,
  batch integer not null default 0 check (batch in (0, 1)),
  reused integer not null default 0 check (reused in (0, 1)),
  primary key (comparison_id, capture_id, side, sample, number),
  foreign key (comparison_id, capture_id)
    references comparison_capture (comparison_id, capture_id)
);
insert into attempt_numbered
select
  comparison_id, capture_id, side, sample, number, reason, message, status, retry_after_ms,
  (select body.number from body where hash = unhex(partial_hash)), queue_ms, time_to_first_token_ms,
  total_ms, provider_request_id, final, created_at, input_tokens, output_tokens,
  cached_input_tokens, reasoning_tokens, cost_usd, bound_input_tokens, bound_output_tokens,
  parameter, batch, reused
from attempt;
drop table attempt;
alter table attempt_numbered rename to attempt;

create table batch_line_numbered (
  job_id text not null references batch_job (id),
  line integer not null,
  custom_id text not null,
  comparison_id text not null,
  capture_id text not null,
  side text not null check (side in ('baseline', 'candidate')),
  sample integer not null,
  adaptations_body integer not null references body (number),
  settled integer not null check (settled in (0, 1)),
  primary key (job_id, line),
  foreign key (comparison_id, capture_id)
    references comparison_capture (comparison_id, capture_id)
);
insert into batch_line_numbered
select
  job_id, line, custom_id, comparison_id, capture_id, side, sample,
  (select number from body where hash = unhex(adaptations_hash)), settled
from batch_line;
drop table batch_line;
alter table batch_line_numbered rename to batch_line;
create unique index batch_line_custom_id on batch_line (job_id, custom_id);
create unique index batch_line_open
  on batch_line (comparison_id, capture_id, side, sample) where settled = 0;

-- The number's higher bits go first, so that new rows stand beside each other; to find a body, each
-- run of 32,768 numbers is asked for.
drop index body_old;
create unique index body_hash on body (number >> 15, hash);
`;
