/** Adds the selection of a comparison from the captures offered to it. */
export const m004Selection = `
-- The latest selection as JSON; null: everything.
alter table comparison add column selection text;

-- A capture that was offered to the comparison and that its selection left out, with the reason. It
-- is not in comparison_capture.
create table comparison_left_out (
  comparison_id text not null references comparison (id),
  capture_id text not null references capture (id),
  reason text not null,
  primary key (comparison_id, capture_id)
);
`;
