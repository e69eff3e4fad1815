/** What a recording did not keep of a request. */
export const m007Partial = `
-- Parameters and parts of the request that the recording did not keep, as a JSON array of their
-- names; null: nothing is missing.
alter table capture add column partial text;
`;
