/** How a reviewer came to a pair, and verdicts that were given to many pairs at once. */
export const m016ChosenPairs = `
-- Of a verdict: what chose the pair if not the order of the queue. chosen_by is filter or pattern, chosen
-- the filter or the pattern in words. group_id is the same for all verdicts that were given at once to the
-- pairs of a pattern that nobody looked at; group_seen is the number that were looked at before.
alter table verdict_event add column chosen_by text check (chosen_by in ('filter', 'pattern'));
alter table verdict_event add column chosen text;
alter table verdict_event add column group_id text;
alter table verdict_event add column group_seen integer;
`;
