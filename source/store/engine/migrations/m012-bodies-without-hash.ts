/**
 * Each body that is saved is a row of its own. To look for an equal one, by its hash, took half of the time
 * in which an import writes, and found next to nothing: a request is one row that any number of
 * comparisons refer to, and so is an answer that is used again. Rows that share a body from before keep
 * sharing it.
 */
export const m012BodiesWithoutHash = `
drop index body_hash;
alter table body drop column hash;
`;
