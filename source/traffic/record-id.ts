import { z } from 'zod';

/** An id as files spell it. Longer than this it is no id but a mistake. */
export const recordId = z.union([z.string().min(1).max(256), z.number()]);

/** The record's id as text; null where it has none that can be used. */
export const readRecordId = (value: unknown): string | null => {
  const read = recordId.safeParse(value);
  return read.success ? String(read.data) : null;
};
