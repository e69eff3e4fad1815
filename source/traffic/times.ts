import type { JsonValue } from '../text/json.ts';

/** Epoch seconds stay below this until the year 5138; epoch milliseconds passed it in 1973. */
const minimumMilliseconds = 1e11;

/**
 * Reads a point in time as ISO 8601 in UTC with milliseconds, from ISO 8601 (UTC unless it names a zone)
 * or from epoch seconds or milliseconds. Null for anything else.
 */
export const readTimestamp = (value: unknown): string | null => {
  if (typeof value === 'string' && ownForm.test(value)) return value;
  const ms =
    typeof value === 'number'
      ? Math.abs(value) < minimumMilliseconds
        ? value * 1000
        : value
      : typeof value === 'string'
        ? parseIso(value)
        : Number.NaN;
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
};

/** Whether a record has a time from which `readTimestamp` read nothing. */
export const isUnreadTime = (given: unknown, timestamp: string | null): boolean =>
  timestamp === null && given !== undefined && given !== null && given !== '';

/** A time as `toISOString` writes it, on a day that every month has: it needs no conversion. */
const ownForm =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;

/** The form that JavaScript and most others write. */
const commonForm = /^\d{4}-\d\d-\d\dT[\d:.]{8,15}Z$/;

const parseIso = (text: string): number => {
  if (!isDay(text.slice(0, 10))) return Number.NaN;
  if (commonForm.test(text)) return Date.parse(text);
  const hasTime = /^.{10}[T ]/.test(text);
  const hasZone = /(?:Z|[+-]\d\d:?\d\d)$/i.test(text);
  return Date.parse(hasTime && !hasZone ? `${text}Z` : text);
};

/** Whether a text is a day of the calendar: Date.parse turns 30 February into 2 March. */
const isDay = (text: string): boolean => {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
};

/** Turns epoch seconds or milliseconds that were written as text into a number for `readTimestamp`. */
export const parseEpoch = (value: JsonValue | undefined): JsonValue | undefined =>
  typeof value === 'string' && /^\d{9,13}(?:\.\d+)?$/.test(value) ? Number(value) : value;

/** Reads a duration, in whatever unit, from a number or its text; null for anything else. */
export const readDuration = (value: JsonValue | undefined): number | null => {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) && number >= 0 ? number : null;
};

/** Milliseconds from `start` to `end`; null if one of them is unknown or they are in reverse order. */
export const msBetween = (
  start: JsonValue | undefined,
  end: JsonValue | undefined,
): number | null => {
  const [from, to] = [readTimestamp(start), readTimestamp(end)];
  if (from === null || to === null) return null;
  const ms = Date.parse(to) - Date.parse(from);
  return ms >= 0 ? ms : null;
};
