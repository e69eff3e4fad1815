import * as z from 'zod';
import { printableLine } from '../../text/printable.ts';
import { truncateCells } from '../../text/width.ts';

export const selectionOperators = ['=', '!=', '>=', '<=', '>', '<'] as const;

const selectionCondition = z.object({
  /** Keys of nested metadata, joined by dots. */
  path: z.string(),
  operator: z.enum(selectionOperators),
  value: z.string(),
});

/** A selection as JSON. */
export const selectionSchema = z.object({
  /** The share of conversations, above 0 and at most 1. */
  sample: z.number().nullable(),
  /** Labels, in which `*` matches any text. One of them must match; none means every endpoint. */
  endpoints: z.array(z.string()),
  /** ISO 8601 in UTC with milliseconds, inclusive. */
  since: z.string().nullable(),
  until: z.string().nullable(),
  /** All of them must hold. */
  where: z.array(selectionCondition),
  /** At most `most` captures of each stratum. `by` is `endpoint`, or `metadata.` and a path. */
  stratify: z.object({ by: z.string(), most: z.number().int().positive() }).nullable(),
  limit: z.number().int().positive().nullable(),
});

/** Which of the stored captures a comparison takes. */
export type Selection = z.infer<typeof selectionSchema>;
export type SelectionCondition = z.infer<typeof selectionCondition>;

/** The selection that leaves nothing out. */
export const everything: Selection = {
  sample: null,
  endpoints: [],
  since: null,
  until: null,
  where: [],
  stratify: null,
  limit: null,
};

/** Parses a stored selection. Throws if the text is not one. */
export const parseSelection = (json: string): Selection => selectionSchema.parse(JSON.parse(json));

/** Why a capture is left out: the first reason that applies, in this order. */
export const leftOutReasons = [
  'another endpoint',
  'no timestamp',
  'before --since',
  'after --until',
  '--where does not hold',
  'not in the sample',
  'over the number per stratum',
  'over the limit',
] as const;

export type LeftOutReason = (typeof leftOutReasons)[number];

/** A selection as one printable line: `sample 10 %, endpoint classify_ticket`. */
export const selectionText = (selection: Selection): string => {
  const { sample, endpoints, since, until, where, stratify, limit } = selection;
  const parts = [
    ...(sample === null ? [] : [`sample ${Number((sample * 100).toPrecision(12))} %`]),
    ...(endpoints.length === 0 ? [] : [`endpoint ${endpoints.map(shortText).join(' or ')}`]),
    ...(since === null ? [] : [`since ${timeText(since)}`]),
    ...(until === null ? [] : [`until ${timeText(until)}`]),
    ...where.map(({ path, operator, value }) => `${shortText(path)}${operator}${shortText(value)}`),
    ...(stratify === null
      ? []
      : [`at most ${stratify.most.toLocaleString('en-US')} per ${shortText(stratify.by)}`]),
    ...(limit === null ? [] : [`limit ${limit.toLocaleString('en-US')}`]),
  ];
  return parts.length === 0 ? 'all' : parts.join(', ');
};

const shortText = (text: string): string => truncateCells(printableLine(text), 80);

const timeText = (time: string): string =>
  time.replace(/T00:00:00\.000Z$/, '').replace(/T23:59:59\.999Z$/, '');
