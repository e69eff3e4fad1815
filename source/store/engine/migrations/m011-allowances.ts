/** Adds the amounts that active runs may still spend of a month's budget. */
export const m011Allowances = `
-- One row for each process with a run whose spending a month's budget limits. It counts while that
-- process is alive.
create table allowance (
  host text not null,
  pid integer not null,
  usd real not null,
  taken_at text not null,
  primary key (host, pid)
);
`;
