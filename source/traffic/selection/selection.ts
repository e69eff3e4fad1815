import { z } from 'zod';
import { harmlessLine } from '../../text/harmless.ts';
import { truncateCells } from '../../text/width.ts';

const operator = z.enum(['=', '!=', '>=', '<=', '>', '<']);

const condition = z.object({
  /** Keys from the metadata inwards, joined by dots. */
  path: z.string(),
  operator,
  value: z.string(),
});

/** A selection as JSON. */
export const selectionSchema = z.object({
  /** The share of conversations, above 0 and at most 1. */
  sample: z.number().nullable(),
  /** Labels, in which a `*` stands for any text; any of them may fit; empty: every endpoint. */
  endpoints: z.array(z.string()),
  /** Moments, ISO 8601 in UTC with milliseconds; both are inclusive. */
  since: z.string().nullable(),
  until: z.string().nullable(),
  /** All of them must hold. */
  where: z.array(condition),
  /** At most `most` captures of each stratum. `by` is `endpoint` or `metadata.` and a path. */
  stratify: z.object({ by: z.string(), most: z.number().int().positive() }).nullable(),
  limit: z.number().int().positive().nullable(),
});

/** What a comparison takes of the captures that are there. */
export type Selection = z.infer<typeof selectionSchema>;
export type SelectionCondition = z.infer<typeof condition>;
export type SelectionOperator = z.infer<typeof operator>;

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

/** A selection that was stored as JSON. */
export const parseSelection = (json: string): Selection => selectionSchema.parse(JSON.parse(json));

/** Why a capture is not selected: the first that applies, in this order. */
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

/** A selection in one harmless line: `sample 10 %, endpoint classify_ticket`. */
export const selectionText = (selection: Selection): string => {
  const { sample, endpoints, since, until, where, stratify, limit } = selection;
  const parts = [
    ...(sample === null ? [] : [`sample ${Number((sample * 100).toPrecision(12))} %`]),
    ...(endpoints.length === 0 ? [] : [`endpoint ${endpoints.map(named).join(' or ')}`]),
    ...(since === null ? [] : [`since ${momentText(since)}`]),
    ...(until === null ? [] : [`until ${momentText(until)}`]),
    ...where.map(({ path, operator, value }) => `${named(path)}${operator}${named(value)}`),
    ...(stratify === null
      ? []
      : [`at most ${stratify.most.toLocaleString('en-US')} per ${named(stratify.by)}`]),
    ...(limit === null ? [] : [`limit ${limit.toLocaleString('en-US')}`]),
  ];
  return parts.length === 0 ? 'all' : parts.join(', ');
};

const named = (text: string): string => truncateCells(harmlessLine(text), 80);

const momentText = (moment: string): string =>
  moment.replace(/T00:00:00\.000Z$/, '').replace(/T23:59:59\.999Z$/, '');
