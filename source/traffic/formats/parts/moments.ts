import type { JsonValue } from '../../../text/json.ts';
import { readTimestamp } from '../../times.ts';

/** Milliseconds from one moment to another, each in ISO; null where one is unknown or they are swapped. */
export const msBetween = (
  start: JsonValue | undefined,
  end: JsonValue | undefined,
): number | null => {
  const [from, to] = [readTimestamp(start), readTimestamp(end)];
  if (from === null || to === null) return null;
  const ms = Date.parse(to) - Date.parse(from);
  return ms >= 0 ? ms : null;
};

/** The HTTP status that the text of an error names; null for none. */
export const statusInText = (message: string): number | null => {
  const found = /\b(?:error code|status(?: code)?|HTTP)\D{0,3}([45]\d\d)\b|^([45]\d\d)\b/i.exec(
    message,
  );
  return found === null ? null : Number(found[1] ?? found[2]);
};
