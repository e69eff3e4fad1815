/** Adds refused parameters and the remedies for a model. */
export const m003Remedies = `
-- The parameter that the provider refused; null: it named none.
alter table attempt add column parameter text;

-- A change that is made to every request of a comparison to this model, since the provider refused
-- one without it; both values are JSON, from_value '' where it is made of whatever stands there.
create table remedy (
  comparison_id text not null references comparison (id),
  model text not null,
  parameter text not null,
  action text not null check (action in ('removed', 'renamed', 'changed')),
  from_value text not null,
  to_value text,
  reason text not null,
  created_at text not null,
  primary key (comparison_id, model, parameter, from_value)
);
`;
