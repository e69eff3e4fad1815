import { printableLine } from '../../text/printable.ts';
import { UserError } from '../../text/user-error.ts';
import { readTimestamp } from '../times.ts';
import { parseNumber } from './capture-filter.ts';
import { type Selection, type SelectionCondition, selectionOperators } from './selection.ts';

/** The values of the selection flags, as the user wrote them. */
export type SelectionFlags = {
  readonly sample?: string | undefined;
  readonly endpoint?: readonly string[] | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly where?: readonly string[] | undefined;
  readonly stratify?: string | undefined;
  readonly limit?: string | undefined;
};

/**
 * Reads a selection; null if no flag is given. Throws UserError for a value that cannot be understood
 * and for a period that ends before it begins.
 */
export const readSelection = (flags: SelectionFlags, now: Date): Selection | null => {
  const { sample, endpoint = [], since, until, where = [], stratify, limit } = flags;
  const isGiven = [sample, since, until, stratify, limit].some((word) => word !== undefined);
  if (!isGiven && endpoint.length === 0 && where.length === 0) return null;
  const selection = {
    sample: sample === undefined ? null : readShare('sample', sample),
    endpoints: endpoint.flatMap(readEndpoints),
    since: since === undefined ? null : readBound('since', since, now),
    until: until === undefined ? null : readBound('until', until, now),
    where: where.map(readCondition),
    stratify: stratify === undefined ? null : readStrata(stratify),
    limit: limit === undefined ? null : readWhole('limit', 'captures', limit),
  };
  if (selection.since !== null && selection.until !== null && selection.until < selection.since) {
    throw new UserError(
      `--until ${printableLine(until ?? '')} is before --since ${printableLine(since ?? '')}, so nothing lies between them. Swap the two.`,
    );
  }
  return selection;
};

const invalid = (flag: string, expected: string, word: string): UserError =>
  new UserError(
    `--${flag} takes ${expected}, not ${JSON.stringify(printableLine(word)).slice(0, 200)}.`,
  );

/** Reads the value of a flag as a share, such as `10%` or `0.1`. Throws UserError for anything else. */
export const readShare = (flag: string, word: string): number => {
  const isPercent = word.trimEnd().endsWith('%');
  const number = parseNumber(isPercent ? word.trimEnd().slice(0, -1) : word);
  const share = number === null ? 0 : isPercent ? number / 100 : number;
  if (share > 0 && share <= 1) return share;
  throw invalid(flag, 'a share above 0 and at most 1, such as 10% or 0.1', word);
};

const readEndpoints = (word: string): readonly string[] => {
  const labels = word.split(',').map((label) => label.trim());
  if (labels.every((label) => label !== '')) return labels;
  throw invalid('endpoint', 'a label, or several separated by commas, such as classify_*', word);
};

/** Reads `--since` or `--until` as ISO 8601. Throws UserError for anything but a date, a time or an age. */
export const readBound = (flag: 'since' | 'until', word: string, now: Date): string => {
  const moment = parseMoment(word.trim(), flag === 'since' ? 'first' : 'last', now);
  if (moment !== null) return moment;
  throw invalid(
    flag,
    'a date, a date with a time, or a time before now, such as 2026-11-20, 2026-11-20T08:15Z or 7d',
    word,
  );
};

const readCondition = (word: string): SelectionCondition => {
  const [, key = '', sign, value = ''] = /^([^!<>=]+)(!=|>=|<=|=|>|<)(.*)$/s.exec(word) ?? [];
  const operator = selectionOperators.find((known) => known === sign);
  const path = key.trim().replace(/^metadata\./, '');
  if (path === '' || operator === undefined) {
    throw invalid(
      'where',
      'a condition on metadata, such as customer.tier=gold, tier!=free or turns>=3',
      word,
    );
  }
  if (operator !== '=' && operator !== '!=' && parseNumber(value) === null) {
    throw new UserError(
      `--where ${printableLine(word)} compares numbers, and ${JSON.stringify(printableLine(value))} is not a number. Compare text with = or !=.`,
    );
  }
  return { path, operator, value };
};

const readStrata = (word: string): NonNullable<Selection['stratify']> => {
  const [, by = '', number = ''] = /^(endpoint|metadata\..+):(\d+)$/s.exec(word.trim()) ?? [];
  const most = Number(number);
  if (by !== '' && most >= 1 && Number.isSafeInteger(most)) return { by, most };
  throw invalid(
    'stratify',
    'endpoint or a metadata key and a number of at least 1, such as endpoint:20 or metadata.customer:5',
    word,
  );
};

/** Reads the value of a flag as a whole number of things, at least 1. Throws UserError for anything else. */
export const readWhole = (flag: string, things: string, word: string): number => {
  const number = /^\d+$/.test(word.trim()) ? Number(word) : 0;
  if (number >= 1 && Number.isSafeInteger(number)) return number;
  throw invalid(flag, `a whole number of ${things}, at least 1`, word);
};

const unitMs: Readonly<Record<string, number>> = {
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/**
 * Reads a point in time that a person wrote, as ISO 8601 in UTC with milliseconds: a date (its first or last
 * millisecond in UTC), a date with a time (in UTC unless it names a zone), or a time before now (`90m`,
 * `24h`, `7d`, `2w`). Null for anything else.
 */
export const parseMoment = (text: string, edge: 'first' | 'last', now: Date): string | null => {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)([mhdw])$/.exec(text) ?? [];
  const ms = unitMs[unit];
  if (ms !== undefined) return isoOf(now.getTime() - Number(number) * ms);
  const date = /^\d{4}-\d\d-\d\d/.exec(text)?.[0];
  if (date === undefined || readTimestamp(date) === null) return null;
  if (date === text) return edge === 'first' ? readTimestamp(text) : `${date}T23:59:59.999Z`;
  return readTimestamp(text);
};

const isoOf = (ms: number): string | null => {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
};
