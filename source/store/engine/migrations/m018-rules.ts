/** Adds rules: standing decisions that a difference does not count. */
export const m018Rules = `
-- Of a comparison. endpoint is null for all endpoints. Either ignore or tolerance says what does not count
-- at the path. author is a reviewer or, if made_by is configuration, the file with the rule. A rule that
-- was taken back stays, with the moment and with who did it.
create table rule (
  id text not null primary key,
  comparison_id text not null references comparison (id),
  endpoint text,
  path text not null,
  ignore text check (ignore in ('everything', 'case', 'order')),
  tolerance text,
  author text not null,
  made_by text not null check (made_by in ('reviewer', 'configuration')),
  created_at text not null,
  taken_back_at text,
  taken_back_by text,
  check ((ignore is null) <> (tolerance is null)),
  check ((taken_back_at is null) = (taken_back_by is null))
);

create index rule_by_comparison on rule (comparison_id);

-- The rules that settle the pair, a JSON array of their ids; null if none does. outcome is equivalent then,
-- while details keeps what the machine found: different.
alter table outcome add column settled_by text;
`;
