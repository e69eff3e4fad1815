/** Keeps where each verdict came from. */
export const m029VerdictOrigins = `
-- review: given in a review; file: read from origin_file. Null for events that are no verdict, and for verdicts of
-- earlier versions, which did not record it.
alter table verdict_event add column origin text check (origin in ('review', 'file'));
alter table verdict_event add column origin_file text;
-- The name of the store from which a merge took the verdict: where it was given or read. Null for this store.
alter table verdict_event add column merged_from text;
`;
