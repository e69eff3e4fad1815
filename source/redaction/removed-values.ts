import { isJsonObject, type JsonObject, type JsonValue } from '../text/json.ts';
import { holdsPlaceholder, placeholdersIn, withoutPlaceholders } from './placeholder.ts';

/**
 * What redaction took out of one request, as a JSON text. It is small beside the request, since there
 * may be as many as there are captures, and it is for memory alone: it holds the values.
 */
export type RemovedValues = string;

/**
 * Of each text with placeholders, in their order: what stood for each of them or, where the text was
 * spelled otherwise or was a number, the whole of it.
 */
type Entry = readonly string[] | string | number;

/**
 * What was taken out of `original` to make `redacted`, for `restoreValues`. Null where they differ in more
 * than texts, so that the original could not be made from the redacted one again.
 */
export const removedValues = (redacted: JsonObject, original: JsonObject): RemovedValues | null => {
  const entries: Entry[] = [];
  return gather(redacted, original, entries) ? JSON.stringify(entries) : null;
};

const gather = (redacted: JsonValue, original: JsonValue, entries: Entry[]): boolean => {
  if (typeof redacted === 'string' && holdsPlaceholder(redacted)) {
    if (typeof original !== 'string' && typeof original !== 'number') return false;
    entries.push(entryOf(redacted, original));
    return true;
  }
  if (Array.isArray(redacted)) {
    const values = redacted as readonly JsonValue[];
    return (
      Array.isArray(original) &&
      original.length === values.length &&
      values.every((value, index) =>
        gather(value, (original as JsonValue[])[index] ?? null, entries),
      )
    );
  }
  if (!isJsonObject(redacted)) return redacted === original;
  if (!isJsonObject(original)) return false;
  const before = Object.entries(original);
  const after = Object.entries(redacted);
  return (
    before.length === after.length &&
    after.every(([key, value], index) => {
      const [oldKey = '', oldValue = null] = before[index] ?? [];
      return gather(key, oldKey, entries) && gather(value, oldValue, entries);
    })
  );
};

const entryOf = (redacted: string, original: string | number): Entry => {
  if (typeof original === 'number') return original;
  const between = withoutPlaceholders(redacted);
  const pieces: string[] = [];
  let at = 0;
  for (const [index, text] of between.entries()) {
    const isLast = index === between.length - 1;
    const next = isLast ? original.length - text.length : original.indexOf(text, at);
    if (next < at || !original.startsWith(text, next)) return original;
    if (index > 0) pieces.push(original.slice(at, next));
    else if (next > 0) return original;
    at = next + text.length;
  }
  return pieces;
};

/**
 * A body that was made from a redacted request, with the values in place of its placeholders again.
 * Parts of the request may be missing in the body or stand elsewhere; its texts are the request's.
 */
export const restoreValues = (
  body: JsonObject,
  request: JsonObject,
  taken: RemovedValues,
): JsonObject => {
  const originals = new Map<string, (string | number)[]>();
  const texts = textsWithPlaceholders(request);
  for (const [index, entry] of (JSON.parse(taken) as readonly Entry[]).entries()) {
    const text = texts[index] ?? '';
    const known = originals.get(text);
    const original = originalOf(text, entry);
    if (known === undefined) originals.set(text, [original]);
    else known.push(original);
  }
  /** Of texts that are alike but were spelled differently, the first one first. */
  const take = (text: string): string | number => {
    const known = originals.get(text);
    return (known !== undefined && known.length > 1 ? known.shift() : known?.[0]) ?? text;
  };
  return replaced(body, take) as JsonObject;
};

const originalOf = (text: string, entry: Entry): string | number => {
  if (typeof entry !== 'object') return entry;
  return withoutPlaceholders(text).reduce(
    (before, after, index) => `${before}${entry[index - 1] ?? ''}${after}`,
  );
};

const textsWithPlaceholders = (value: JsonValue): readonly string[] => {
  const texts: string[] = [];
  replaced(value, (text) => {
    texts.push(text);
    return text;
  });
  return texts;
};

/** The value with every text and key that holds placeholders replaced, in the order of `gather`. */
const replaced = (value: JsonValue, replace: (text: string) => string | number): JsonValue => {
  if (typeof value === 'string') return holdsPlaceholder(value) ? replace(value) : value;
  if (Array.isArray(value)) {
    return (value as readonly JsonValue[]).map((one) => replaced(one, replace));
  }
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [
      holdsPlaceholder(key) ? String(replace(key)) : key,
      replaced(one, replace),
    ]),
  );
};

/** The different placeholders of a request. */
export const placeholdersInRequest = (request: JsonObject): ReadonlySet<string> =>
  new Set(textsWithPlaceholders(request).flatMap(placeholdersIn));
