/** Adds the parts of a request that its recording lost. */
export const m007Partial = `
-- Parameters and parts of the request that the recording did not keep, as a JSON array of their
-- names; null: nothing is missing.
alter table capture add column partial text;
`;
