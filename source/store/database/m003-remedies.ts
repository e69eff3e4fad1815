/** What refusals have taught about a model. */
export const m003Remedies = `
-- A change that is made to every request of a comparison to this model, since the provider refused
-- one without it. from_value and to_value are JSON; null: none. The latest for a parameter stands.
create table remedy (
  comparison_id text not null references comparison (id),
  model text not null,
  parameter text not null,
  action text not null check (action in ('removed', 'renamed', 'changed')),
  from_value text,
  to_value text,
  reason text not null,
  created_at text not null,
  primary key (comparison_id, model, parameter)
);
`;
