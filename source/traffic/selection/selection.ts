import { printableLine } from '../../text/printable.ts';
import { truncateCells } from '../../text/width.ts';

export const selectionOperators = ['=', '!=', '>=', '<=', '>', '<'] as const;

/** A condition on metadata. */
export type SelectionCondition = {
  /** Keys of nested metadata, joined by dots. */
  readonly path: string;
  readonly operator: (typeof selectionOperators)[number];
  readonly value: string;
};

/** Which of the stored captures a comparison takes. */
export type Selection = {
  /** The share of conversations, above 0 and at most 1. */
  readonly sample: number | null;
  /** Labels, in which `*` matches any text. One of them must match; none means every endpoint. */
  readonly endpoints: readonly string[];
  /** ISO 8601 in UTC with milliseconds, inclusive. */
  readonly since: string | null;
  readonly until: string | null;
  /** All of them must hold. */
  readonly where: readonly SelectionCondition[];
  /** At most `most` captures of each stratum. `by` is `endpoint`, or `metadata.` and a path. */
  readonly stratify: { readonly by: string; readonly most: number } | null;
  readonly limit: number | null;
};

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
