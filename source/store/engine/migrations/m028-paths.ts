/** Keeps how each request reached the model, and remedies by the dialect that they are about. */
export const m028Paths = `
-- native: in its own dialect; bridged: translated into another; lossy: translated, and a part of it was lost.
alter table response add column path text not null default 'native'
  check (path in ('native', 'bridged', 'lossy'));

-- The requests that were translated, which a summary counts.
create index response_path on response (comparison_id, path, side, capture_id)
  where path <> 'native' and sample = 0;

create table remedy_by_dialect (
  comparison_id text not null references comparison (id),
  model text not null,
  dialect text not null default 'chat' check (dialect in ('chat', 'responses', 'messages', 'gemini')),
  parameter text not null,
  action text not null check (action in ('removed', 'renamed', 'changed')),
  from_value text not null,
  to_value text,
  reason text not null,
  created_at text not null,
  primary key (comparison_id, model, dialect, parameter, from_value)
);
insert into remedy_by_dialect
  (comparison_id, model, parameter, action, from_value, to_value, reason, created_at)
  select comparison_id, model, parameter, action, from_value, to_value, reason, created_at from remedy;
drop table remedy;
alter table remedy_by_dialect rename to remedy;
`;
