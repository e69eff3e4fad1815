/** Whether a verdict kept to the random order. */
export const m014Order = `
-- Of a verdict: 1 if the reviewer chose the pair while pairs before it in the random order waited for
-- their verdicts, 0 if not; null for other events and for verdicts of versions that did not record it.
alter table verdict_event add column ahead integer check (ahead in (0, 1));
`;
