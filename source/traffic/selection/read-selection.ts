import { harmlessLine } from '../../text/harmless.ts';
import { UserError } from '../../text/user-error.ts';
import { readTimestamp } from '../times.ts';
import { numberOf } from './capture-filter.ts';
import type { Selection, SelectionCondition, SelectionOperator } from './selection.ts';

/** A selection as the user wrote it; what is not there leaves nothing out. */
export type SelectionWords = {
  readonly sample?: string | undefined;
  readonly endpoint?: readonly string[] | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly where?: readonly string[] | undefined;
  readonly stratify?: string | undefined;
  readonly limit?: string | undefined;
};

/**
 * The selection that the words say; null when they say nothing. Throws UserError for a word that
 * cannot be understood, and for a time that ends before it begins.
 */
export const readSelection = (words: SelectionWords, now: Date): Selection | null => {
  const { sample, endpoint = [], since, until, where = [], stratify, limit } = words;
  const said = [sample, since, until, stratify, limit].some((word) => word !== undefined);
  if (!said && endpoint.length === 0 && where.length === 0) return null;
  const selection = {
    sample: sample === undefined ? null : sampleOf(sample),
    endpoints: endpoint.flatMap(endpointsOf),
    since: since === undefined ? null : momentOf('since', since, now),
    until: until === undefined ? null : momentOf('until', until, now),
    where: where.map(conditionOf),
    stratify: stratify === undefined ? null : stratifyOf(stratify),
    limit: limit === undefined ? null : limitOf(limit),
  };
  if (selection.since !== null && selection.until !== null && selection.until < selection.since) {
    throw new UserError(
      `--until ${harmlessLine(until ?? '')} is before --since ${harmlessLine(since ?? '')}, so that nothing is between them. Exchange the two.`,
    );
  }
  return selection;
};

const wrong = (flag: string, what: string, word: string): UserError =>
  new UserError(
    `--${flag} is ${what}, and ${JSON.stringify(harmlessLine(word)).slice(0, 200)} is none.`,
  );

const sampleOf = (word: string): number => {
  const isPercent = word.trimEnd().endsWith('%');
  const number = numberOf(isPercent ? word.trimEnd().slice(0, -1) : word);
  const share = number === null ? 0 : isPercent ? number / 100 : number;
  if (share > 0 && share <= 1) return share;
  throw wrong('sample', 'a share above 0 and at most 1, such as 10% or 0.1', word);
};

const endpointsOf = (word: string): readonly string[] => {
  const labels = word.split(',').map((label) => label.trim());
  if (labels.every((label) => label !== '')) return labels;
  throw wrong('endpoint', 'a label or several with commas between, such as classify_*', word);
};

const momentOf = (flag: 'since' | 'until', word: string, now: Date): string => {
  const moment = parseMoment(word.trim(), flag === 'since' ? 'first' : 'last', now);
  if (moment !== null) return moment;
  throw wrong(
    flag,
    'a date, a date with a time, or a time before now, such as 2026-11-20, 2026-11-20T08:15Z or 7d',
    word,
  );
};

const conditionOf = (word: string): SelectionCondition => {
  const [, key = '', sign = '', value = ''] = /^([^!<>=]+)(!=|>=|<=|=|>|<)(.*)$/s.exec(word) ?? [];
  const path = key.trim().replace(/^metadata\./, '');
  if (path === '' || sign === '') {
    throw wrong(
      'where',
      'a condition on metadata, such as customer.tier=gold, tier!=free or turns>=3',
      word,
    );
  }
  const operator = sign as SelectionOperator;
  if (operator !== '=' && operator !== '!=' && numberOf(value) === null) {
    throw new UserError(
      `--where ${harmlessLine(word)} compares with a number, and ${JSON.stringify(harmlessLine(value))} is none. Compare texts with = or !=.`,
    );
  }
  return { path, operator, value };
};

const stratifyOf = (word: string): NonNullable<Selection['stratify']> => {
  const [, by = '', number = ''] = /^(endpoint|metadata\..+):(\d+)$/s.exec(word.trim()) ?? [];
  const most = Number(number);
  if (by !== '' && most >= 1 && Number.isSafeInteger(most)) return { by, most };
  throw wrong(
    'stratify',
    'endpoint or a key of the metadata with a number from 1 on, such as endpoint:20 or metadata.customer:5',
    word,
  );
};

const limitOf = (word: string): number => {
  const limit = /^\d+$/.test(word.trim()) ? Number(word) : 0;
  if (limit >= 1 && Number.isSafeInteger(limit)) return limit;
  throw wrong('limit', 'a whole number of captures from 1 on', word);
};

const unitMs: Readonly<Record<string, number>> = {
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/**
 * A moment that a person wrote, as ISO 8601 in UTC with milliseconds: a date (in UTC; its first or
 * its last millisecond), a date with a time (UTC without a zone), or a time before now (`90m`, `24h`,
 * `7d`, `2w`). Null when it is none.
 */
export const parseMoment = (text: string, edge: 'first' | 'last', now: Date): string | null => {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)([mhdw])$/.exec(text) ?? [];
  const ms = unitMs[unit];
  if (ms !== undefined) return isoOf(now.getTime() - Number(number) * ms);
  const date = /^\d{4}-\d\d-\d\d/.exec(text)?.[0];
  // The engine takes 30 February for 2 March.
  if (date === undefined || isoOf(Date.parse(date))?.startsWith(date) !== true) return null;
  if (date === text) return edge === 'first' ? readTimestamp(text) : `${date}T23:59:59.999Z`;
  return readTimestamp(text);
};

const isoOf = (ms: number): string | null => {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
};
