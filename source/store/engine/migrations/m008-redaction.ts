/** Adds the salt of placeholders and the counts of redacted values. */
export const m008Redaction = `
-- The salt of the placeholders in this store, in its only row; made before the first one.
create table redaction_salt (
  id integer not null primary key check (id = 1),
  salt text not null
);

-- How many values of each rule were replaced on their way into the store, or by a scrub; never which.
create table redaction (
  rule text not null primary key,
  findings integer not null
);

-- 1: the request holds placeholders, and they are what a replay sends.
alter table capture add column redacted integer not null default 0 check (redacted in (0, 1));
create index capture_redacted on capture (redacted) where redacted = 1;
`;
