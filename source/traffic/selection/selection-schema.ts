import * as z from 'zod';
import { type Selection, selectionOperators } from './selection.ts';

const selectionCondition = z.object({
  path: z.string(),
  operator: z.enum(selectionOperators),
  value: z.string(),
});

/** A selection as JSON. In a file of its own, because the review reads none and so starts without zod. */
export const selectionSchema: z.ZodType<Selection> = z.object({
  sample: z.number().nullable(),
  endpoints: z.array(z.string()),
  since: z.string().nullable(),
  until: z.string().nullable(),
  where: z.array(selectionCondition),
  stratify: z.object({ by: z.string(), most: z.number().int().positive() }).nullable(),
  limit: z.number().int().positive().nullable(),
});

/** Parses a stored selection. Throws if the text is not one. */
export const parseSelection = (json: string): Selection => selectionSchema.parse(JSON.parse(json));
