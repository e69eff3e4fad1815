import { readTimestamp } from '../timestamp.ts';

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
export const readMoment = (text: string, edge: 'first' | 'last', now: Date): string | null => {
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
