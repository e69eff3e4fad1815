/** The flags that choose what is replayed, as meow declares them; `readSelection` reads them. */
export const selectionFlags = {
  sample: { type: 'string' },
  endpoint: { type: 'string', isMultiple: true },
  since: { type: 'string' },
  until: { type: 'string' },
  where: { type: 'string', isMultiple: true },
  stratify: { type: 'string' },
  limit: { type: 'string' },
} as const;
