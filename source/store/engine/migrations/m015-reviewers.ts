/** Lets several reviewers share a comparison and resolve conflicts, and keeps what a blind one saw. */
export const m015Reviewers = `
-- 1: done while resolving a conflict, with everybody's verdicts in view. Such a verdict is that of the
-- pair; it replaces nobody's own.
alter table verdict_event add column resolves integer not null default 0 check (resolves in (0, 1));

-- Of a verdict that was given without knowing the models: the side that stood on the left.
alter table verdict_event add column left_side text check (left_side in ('baseline', 'candidate'));

-- The share of pairs that every reviewer judges, from 0 to 1; the others are judged by one. Null: 1.
alter table comparison add column overlap double precision;

-- The pair that a reviewer has on the screen, until a time that the review puts off while it is open.
create table reservation (
  comparison_id text not null,
  reviewer text not null,
  capture_id text not null,
  until text not null,
  primary key (comparison_id, reviewer)
);

drop view agreement_by_endpoint;
drop view current_verdict;

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
  where e.kind = 'verdict' and e.resolves = 0
    and not exists (
      select 1 from verdict_event u
      where u.kind = 'undo' and u.undoes = e.id and u.reviewer = e.reviewer
    )
) standing
where age = 1;

-- The verdict that resolves a conflict: the latest that no undo has taken back, whoever gave it.
create view resolved_verdict as
select comparison_id, capture_id, reviewer, verdict, event_id, created_at
from (
  select
    e.comparison_id, e.capture_id, e.reviewer, e.verdict, e.id as event_id, e.created_at,
    row_number() over (partition by e.comparison_id, e.capture_id order by e.id desc) as age
  from verdict_event e
  where e.kind = 'verdict' and e.resolves = 1
    and not exists (
      select 1 from verdict_event u
      where u.kind = 'undo' and u.undoes = e.id and u.reviewer = e.reviewer
    )
) standing
where age = 1;

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
