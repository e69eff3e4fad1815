import * as z from 'zod';

/** The schema of an exported pair. Within a version, keys are added and never renamed. */
export const pairSchemaName = 'understudy.pair/1';

/** One reviewer's opinion of a pair, as exported. */
export const verdictRowSchema = z.object({
  /** The id of the verdict's event. */
  id: z.string().nullable(),
  reviewer: z.string().min(1),
  /** Null for a reviewer who has left only a tag, a comment or a skip. */
  verdict: z.enum(['agree', 'worse', 'better', 'both_bad']).nullable(),
  skipped: z.boolean(),
  tags: z.array(z.string()).readonly(),
  comment: z.string().nullable(),
  time: z.string().nullable(),
  /** Whether it was given ahead of the random order; null if that was not recorded. */
  ahead: z.boolean().nullable(),
  /** The side on the left, if the reviewer did not know the models. */
  left: z.enum(['baseline', 'candidate']).nullable(),
  /** The filter or pattern that led to the pair; null in the order of the queue. */
  chosen: z.object({ kind: z.enum(['filter', 'pattern']), text: z.string() }).nullable(),
  /** Null unless it was given to a whole pattern at once. */
  group: z.object({ id: z.string(), seen: z.number() }).nullable(),
  /** Where it came from; its kind is null if that is unknown. Null without a verdict. Earlier versions left it out. */
  origin: z
    .object({
      kind: z.enum(['review', 'pattern', 'file']).nullable(),
      file: z.string().nullable(),
      store: z.string().nullable(),
    })
    .nullable()
    .default(null),
});

export type VerdictRow = z.infer<typeof verdictRowSchema>;

/** The part of an exported pair that is read with its verdicts. */
export const pairVerdictsSchema = z.object({
  schema: z.literal(pairSchemaName),
  comparison: z.object({ id: z.string() }),
  capture: z.string(),
  verdicts: z.array(verdictRowSchema),
  resolved: verdictRowSchema.nullable(),
});

/** Writes the tags of a row of CSV in one cell: with semicolons or, if a tag has one, as a JSON array. */
export const tagsCell = (tags: readonly string[]): string =>
  tags.some((tag) => /[;,]|^\s|\s$|^\[|^$/.test(tag)) ? JSON.stringify(tags) : tags.join('; ');
