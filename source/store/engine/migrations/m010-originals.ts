/** Marks answers to requests with their original values, which the store never had. */
export const m010Originals = `
-- So many different placeholders of the request had their values put back when it was sent; 0: it was
-- sent as it is stored.
alter table response add column originals integer not null default 0;
`;
