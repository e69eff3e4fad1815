/** Adds repeated answers, and answers that serve several comparisons. */
export const m006Samples = `
-- 1: made and paid for in another comparison with the same baseline, and counted there.
alter table response add column reused integer not null default 0 check (reused in (0, 1));
alter table attempt add column reused integer not null default 0 check (reused in (0, 1));

-- Why an answer was not asked for the last time a replay came to it. A response makes it past.
alter table not_sent rename to not_sent_before;
create table not_sent (
  comparison_id text not null,
  capture_id text not null,
  side text not null check (side in ('baseline', 'candidate')),
  sample integer not null default 0,
  reason text not null,
  created_at text not null,
  primary key (comparison_id, capture_id, side, sample),
  foreign key (comparison_id, capture_id)
    references comparison_capture (comparison_id, capture_id)
);
insert into not_sent (comparison_id, capture_id, side, reason, created_at)
select comparison_id, capture_id, side, reason, created_at from not_sent_before;
drop table not_sent_before;
`;
