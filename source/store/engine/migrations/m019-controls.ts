/** Keeps what reviewers did on control pairs, apart from their verdicts on the candidate. */
export const m019Controls = `
-- A reviewer's actions on pairs that a blind review showed among the others to measure itself. control is
-- noise for the baseline against its own second answer, and repeat for a judged pair that came back with
-- its sides swapped; repeats is then the verdict event that it repeats. Otherwise as verdict_event.
create table control_event (
  id text not null primary key,
  comparison_id text not null,
  capture_id text not null,
  reviewer text not null,
  created_at text not null,
  control text not null check (control in ('noise', 'repeat')),
  repeats text check ((repeats is null) = (control = 'noise')),
  kind text not null check (kind in ('verdict', 'skip', 'tag', 'comment', 'undo')),
  verdict text check (verdict in ('agree', 'worse', 'better', 'both_bad')),
  left_side text check (left_side in ('baseline', 'candidate')),
  tag text,
  comment text,
  undoes text,
  foreign key (comparison_id, capture_id)
    references comparison_capture (comparison_id, capture_id)
);
create index control_event_pair on control_event (comparison_id, reviewer, capture_id, id);
create index control_event_undoes on control_event (undoes);

-- The verdict that stands of each reviewer on each control pair: the latest that no undo has taken back. Of
-- a repeat also the verdict that it repeats; one whose first verdict was taken back is left out.
create view judged_control as
select
  c.comparison_id, c.capture_id, c.reviewer, c.control, c.verdict, c.left_side, c.event_id,
  c.created_at, f.verdict as first_verdict, f.left_side as first_left_side
from (
  select
    e.comparison_id, e.capture_id, e.reviewer, e.control, e.repeats, e.verdict, e.left_side,
    e.id as event_id, e.created_at,
    row_number() over (
      partition by e.comparison_id, e.reviewer, e.control, e.capture_id order by e.id desc
    ) as age
  from control_event e
  where e.kind = 'verdict'
    and not exists (
      select 1 from control_event u
      where u.kind = 'undo' and u.undoes = e.id and u.reviewer = e.reviewer
    )
) c
left join verdict_event f on f.id = c.repeats and f.kind = 'verdict'
where c.age = 1
  and (c.control = 'noise' or (
    f.id is not null
    and not exists (
      select 1 from verdict_event u
      where u.kind = 'undo' and u.undoes = f.id and u.reviewer = f.reviewer
    )
  ));
`;
