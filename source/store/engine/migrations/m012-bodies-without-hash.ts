/**
 * Stores each saved body in its own row. Searching for an equal body by hash took half of an
 * import's write time and found almost nothing: a request is already one row that any number of
 * comparisons refer to, and so is a reused answer. Existing rows that share a body keep sharing it.
 */
export const m012BodiesWithoutHash = `
drop index body_hash;
alter table body drop column hash;
`;
