/**
 * The first schema, in SQL that both SQLite and PostgreSQL accept. Flags are 0 or 1, times are ISO
 * 8601 in UTC, durations are milliseconds in columns that end in `_ms`; null is unknown.
 */
export const m001Initial = `
-- A JSON text, stored once however often it is used. The hash is the SHA-256 of the text.
create table body (
  hash text not null primary key,
  text text not null,
  bytes integer not null
);

-- A request that production made, as it was sent. Immutable.
create table capture (
  id text not null primary key,
  endpoint text not null,
  timestamp text,
  request_hash text not null references body (hash),
  metadata text,
  source text not null,
  imported_at text not null
);

-- What a model answered to a capture when the traffic was recorded (a chat.completion object).
-- production = 1: this is what production answered.
create table recorded_response (
  capture_id text not null references capture (id),
  model text not null,
  production integer not null check (production in (0, 1)),
  body_hash text not null references body (hash),
  time_to_first_token_ms double precision,
  total_ms double precision,
  primary key (capture_id, model, production)
);

-- A record that was imported and cannot be replayed, with the reason. The id is a hash of the
-- record, record_id its own id where it could be read.
create table rejected_record (
  id text not null primary key,
  record_id text,
  source text not null,
  line integer not null,
  reason text not null,
  imported_at text not null
);
create index rejected_record_record_id on rejected_record (record_id);

-- A baseline, a candidate and a selection of captures.
create table comparison (
  id text not null primary key,
  name text not null,
  baseline text not null,
  candidate text not null,
  created_at text not null,
  unique (name, baseline, candidate)
);

-- The selection. position orders the queue: a seeded random order.
create table comparison_capture (
  comparison_id text not null references comparison (id),
  capture_id text not null references capture (id),
  position text not null,
  primary key (comparison_id, capture_id)
);
create unique index comparison_capture_position
  on comparison_capture (comparison_id, position, capture_id);

-- The records that were imported for the comparison and cannot be replayed.
create table comparison_rejected (
  comparison_id text not null references comparison (id),
  rejected_id text not null references rejected_record (id),
  primary key (comparison_id, rejected_id)
);

-- What a model answered within a comparison. Immutable. recorded = 1: taken from the recording, no
-- call was made. input_tokens includes cached_input_tokens.
create table response (
  comparison_id text not null,
  capture_id text not null,
  side text not null check (side in ('baseline', 'candidate')),
  sample integer not null,
  answer_hash text not null references body (hash),
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
  primary key (comparison_id, capture_id, side, sample),
  foreign key (comparison_id, capture_id)
    references comparison_capture (comparison_id, capture_id)
);

-- A try that failed. final = 1: no further one was made in that run.
create table attempt (
  comparison_id text not null,
  capture_id text not null,
  side text not null check (side in ('baseline', 'candidate')),
  sample integer not null,
  number integer not null,
  reason text not null,
  message text not null,
  status integer,
  retry_after_ms double precision,
  partial_hash text references body (hash),
  queue_ms double precision,
  time_to_first_token_ms double precision,
  total_ms double precision,
  provider_request_id text,
  final integer not null check (final in (0, 1)),
  created_at text not null,
  primary key (comparison_id, capture_id, side, sample, number),
  foreign key (comparison_id, capture_id)
    references comparison_capture (comparison_id, capture_id)
);

-- Why a side was not sent the last time a replay came to it. A response makes it past.
create table not_sent (
  comparison_id text not null,
  capture_id text not null,
  side text not null check (side in ('baseline', 'candidate')),
  reason text not null,
  created_at text not null,
  primary key (comparison_id, capture_id, side),
  foreign key (comparison_id, capture_id)
    references comparison_capture (comparison_id, capture_id)
);

-- What the machine says of two answers by the comparison rules of that number. details is the whole
-- finding as JSON.
create table outcome (
  comparison_id text not null,
  capture_id text not null,
  rules integer not null,
  outcome text not null check (outcome in ('identical', 'equivalent', 'different')),
  details text not null,
  primary key (comparison_id, capture_id),
  foreign key (comparison_id, capture_id)
    references comparison_capture (comparison_id, capture_id)
);

-- What a person did, in the order of the ids, which are time-ordered. Append-only: an undo is an
-- event that names the one it undoes. A tag event puts the tag on or, if it is on, takes it off.
create table verdict_event (
  id text not null primary key,
  comparison_id text not null,
  capture_id text not null,
  reviewer text not null,
  created_at text not null,
  kind text not null check (kind in ('verdict', 'skip', 'tag', 'comment', 'undo')),
  verdict text check (verdict in ('agree', 'worse', 'better', 'both_bad')),
  tag text,
  comment text,
  undoes text,
  foreign key (comparison_id, capture_id)
    references comparison_capture (comparison_id, capture_id)
);
create index verdict_event_pair on verdict_event (comparison_id, reviewer, capture_id, id);
create index verdict_event_undoes on verdict_event (undoes);

-- The verdict that stands of each reviewer on each pair: the latest that no undo has taken back.
create view current_verdict as
select comparison_id, capture_id, reviewer, verdict, event_id, created_at
from (
  select
    e.comparison_id, e.capture_id, e.reviewer, e.verdict, e.id as event_id, e.created_at,
    row_number() over (
      partition by e.comparison_id, e.reviewer, e.capture_id order by e.id desc
    ) as age
  from verdict_event e
  where e.kind = 'verdict'
    and not exists (
      select 1 from verdict_event u
      where u.kind = 'undo' and u.undoes = e.id and u.reviewer = e.reviewer
    )
) standing
where age = 1;

-- One row for each pair, in queue order when sorted by position. baseline and candidate are
-- answered, failed or not_sent; outcome is failed when a side failed, null while it is not known.
create view pair as
select
  comparison_id, capture_id, position, endpoint, baseline, candidate,
  case
    when baseline = 'failed' or candidate = 'failed' then 'failed'
    when baseline = 'answered' and candidate = 'answered' then outcome
  end as outcome
from (
  select
    s.comparison_id, s.capture_id, s.position, c.endpoint, o.outcome,
    case
      when b.side is not null then 'answered'
      when exists (
        select 1 from attempt a
        where a.comparison_id = s.comparison_id and a.capture_id = s.capture_id
          and a.side = 'baseline' and a.sample = 0 and a.final = 1
      ) then 'failed'
      else 'not_sent'
    end as baseline,
    case
      when k.side is not null then 'answered'
      when exists (
        select 1 from attempt a
        where a.comparison_id = s.comparison_id and a.capture_id = s.capture_id
          and a.side = 'candidate' and a.sample = 0 and a.final = 1
      ) then 'failed'
      else 'not_sent'
    end as candidate
  from comparison_capture s
  join capture c on c.id = s.capture_id
  left join response b
    on b.comparison_id = s.comparison_id and b.capture_id = s.capture_id
    and b.side = 'baseline' and b.sample = 0
  left join response k
    on k.comparison_id = s.comparison_id and k.capture_id = s.capture_id
    and k.side = 'candidate' and k.sample = 0
  left join outcome o
    on o.comparison_id = s.comparison_id and o.capture_id = s.capture_id
) state;

-- What each reviewer found by endpoint: counts of standing verdicts and the rate of agreement
-- (agree / verdicts).
create view agreement_by_endpoint as
select
  v.comparison_id, v.reviewer, c.endpoint,
  count(*) as verdicts,
  sum(case when v.verdict = 'agree' then 1 else 0 end) as agree,
  sum(case when v.verdict = 'worse' then 1 else 0 end) as worse,
  sum(case when v.verdict = 'better' then 1 else 0 end) as better,
  sum(case when v.verdict = 'both_bad' then 1 else 0 end) as both_bad,
  sum(case when v.verdict = 'agree' then 1.0 else 0.0 end) / count(*) as agreement_rate
from current_verdict v
join capture c on c.id = v.capture_id
group by v.comparison_id, v.reviewer, c.endpoint;
`;
