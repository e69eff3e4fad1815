/** Epoch seconds stay below this until the year 5138; epoch milliseconds passed it in 1973. */
const millisecondsFrom = 1e11;

/**
 * A moment as ISO 8601 in UTC: from an ISO text (without a zone it is taken for UTC) or from epoch
 * seconds or milliseconds; null for anything else, which is unknown.
 */
export const readTimestamp = (value: unknown): string | null => {
  const ms =
    typeof value === 'number'
      ? Math.abs(value) < millisecondsFrom
        ? value * 1000
        : value
      : typeof value === 'string'
        ? parseIso(value)
        : Number.NaN;
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
};

/** As JavaScript and most others write it. */
const usual = /^\d{4}-\d\d-\d\dT[\d:.]{8,15}Z$/;

const parseIso = (text: string): number => {
  if (usual.test(text)) return Date.parse(text);
  if (!/^\d{4}-\d\d-\d\d/.test(text)) return Number.NaN;
  const hasTime = /^.{10}[T ]/.test(text);
  const hasZone = /(?:Z|[+-]\d\d:?\d\d)$/i.test(text);
  return Date.parse(hasTime && !hasZone ? `${text}Z` : text);
};
