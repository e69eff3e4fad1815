/** Adds the places at which imports from services stopped. */
export const m027ServiceImports = `
-- One row for each project of a service whose import did not end: the calls between range_start and range_end
-- are read, newest first, down to the page that cursor names; records counts them. Source is a hash of the
-- service, its host and the project.
create table service_import (
  source text not null primary key,
  range_start text not null,
  range_end text not null,
  cursor text not null,
  records integer not null
);
`;
