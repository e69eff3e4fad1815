/** Makes the queue of a large comparison fast to read. */
export const m017Queue = `
-- The outcome of each pair, in the order of the captures, without its details: they are ten times as much.
create index outcome_of_pair on outcome (comparison_id, capture_id, outcome);
`;
