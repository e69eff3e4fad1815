/** Makes the summary of a large comparison fast to read. */
export const m020Summary = `
-- 1: neither answer can be used by a program or a reader: both have badges.
alter table outcome add column unusable integer not null default 0 check (unusable in (0, 1));
update outcome set unusable = 1
where case
  when json_valid(details) then
    json_array_length(details, '$.badges.baseline') > 0
    and json_array_length(details, '$.badges.candidate') > 0
  else 0
end;

-- What is counted of each pair, in the order of the captures: the rows of the tables are ten times as much
-- and in the order in which they were stored.
drop index outcome_of_pair;
create index outcome_of_pair on outcome (comparison_id, capture_id, outcome, settled_by, unusable);
create index capture_endpoint on capture (id, endpoint);
create index capture_partial on capture (id, endpoint, partial) where partial is not null;
create index response_figures on response (
  comparison_id, side, sample, capture_id, recorded, batch, time_to_first_token_ms, total_ms,
  input_tokens, output_tokens, cached_input_tokens, reasoning_tokens, cost_usd, model
);

drop view pair;

-- One row for each pair, in queue order when sorted by position. baseline and candidate are
-- answered, failed or not_sent; outcome is failed when a side failed, null while it is not known.
-- Between is how SQLite is made to use these indexes: for an equal id it takes the unique index and
-- then reads the row.
create view pair as
select
  comparison_id, capture_id, position, endpoint, baseline, candidate,
  case
    when baseline = 'failed' or candidate = 'failed' then 'failed'
    when baseline = 'answered' and candidate = 'answered' then outcome
  end as outcome,
  settled_by, unusable
from (
  select
    s.comparison_id, s.capture_id, s.position, c.endpoint, o.outcome, o.settled_by, o.unusable,
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
  join capture c on c.id between s.capture_id and s.capture_id
  left join response b
    on b.comparison_id = s.comparison_id and b.capture_id = s.capture_id
    and b.side = 'baseline' and b.sample = 0
  left join response k
    on k.comparison_id = s.comparison_id and k.capture_id = s.capture_id
    and k.side = 'candidate' and k.sample = 0
  left join outcome o
    on o.comparison_id = s.comparison_id
    and o.capture_id between s.capture_id and s.capture_id
) state;
`;
