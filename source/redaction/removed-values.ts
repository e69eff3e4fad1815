import {
  arrayOrEmpty,
  isJsonArray,
  isJsonObject,
  objectOrEmpty,
  parseJson,
  stringOrEmpty,
  type JsonObject,
  type JsonValue,
} from '../text/json.ts';
import { holdsPlaceholder, placeholdersIn, splitAtPlaceholders } from './placeholder.ts';
import { textFilesIn } from './redact-base64.ts';

/**
 * The values that redaction removed from one request, as JSON text. It is small compared with the
 * request, since there may be one for every capture. It must stay in memory and never be stored,
 * because it contains the values.
 */
export type RemovedValues = string;

/**
 * The values behind the placeholders of one text, in order. If the text was spelled differently, was a
 * number or has placeholders within base64, the whole original instead. A capture has one entry for each
 * text with placeholders.
 */
type Entry = readonly string[] | string | number;

/**
 * Returns the data with which `restoreValues` turns `redacted` back into `original`. Null if they
 * differ in more than texts, which makes that impossible.
 */
export const removedValues = (redacted: JsonObject, original: JsonObject): RemovedValues | null => {
  const entries: Entry[] = [];
  return gather(redacted, original, entries) ? JSON.stringify(entries) : null;
};

const gather = (
  redacted: JsonValue,
  original: JsonValue | undefined,
  entries: Entry[],
): boolean => {
  if (typeof redacted === 'string' && isRedacted(redacted)) {
    if (typeof original !== 'string' && typeof original !== 'number') return false;
    entries.push(entryFor(redacted, original));
    return true;
  }
  if (isJsonArray(redacted)) {
    return (
      isJsonArray(original) &&
      original.length === redacted.length &&
      redacted.every((value, index) => gather(value, original[index], entries))
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

/** Whether a text has placeholders, or a file in it that is encoded in base64. */
const isRedacted = (text: string): boolean =>
  holdsPlaceholder(text) || textFilesIn(text).some(holdsPlaceholder);

const entryFor = (redacted: string, original: string | number): Entry => {
  if (typeof original === 'number' || !holdsPlaceholder(redacted)) return original;
  const between = splitAtPlaceholders(redacted);
  const values: string[] = [];
  let position = 0;
  for (const [index, text] of between.entries()) {
    const isLast = index === between.length - 1;
    const next = isLast ? original.length - text.length : original.indexOf(text, position);
    if (next < position || !original.startsWith(text, next)) return original;
    if (index > 0) values.push(original.slice(position, next));
    else if (next > 0) return original;
    position = next + text.length;
  }
  return values;
};

/**
 * Restores the values in a body that was derived from the redacted `request`. Parts of the request
 * may be missing from the body or have moved.
 */
export const restoreValues = (
  body: JsonObject,
  request: JsonObject,
  removed: RemovedValues,
): JsonObject => {
  const originals = new Map<string, (string | number)[]>();
  const texts = textsWithPlaceholders(request);
  const add = (text: string, original: string | number): void => {
    const others = originals.get(text);
    if (others === undefined) originals.set(text, [original]);
    else others.push(original);
  };
  for (const [index, entry] of arrayOrEmpty(parseJson(removed)).entries()) {
    const text = texts[index] ?? '';
    const original = originalText(text, entry);
    add(text, original);
    // Another dialect may have the file as plain text.
    const files = typeof original === 'string' ? textFilesIn(original) : [];
    for (const [at, file] of textFilesIn(text).entries()) add(file, files[at] ?? file);
  }
  /** Equal texts whose originals were spelled differently are restored in order. */
  const restore = (text: string): string | number => {
    const known = originals.get(text);
    return (known !== undefined && known.length > 1 ? known.shift() : known?.[0]) ?? text;
  };
  return objectOrEmpty(replaceTexts(body, restore));
};

const originalText = (text: string, entry: JsonValue): string | number => {
  if (!isJsonArray(entry)) return typeof entry === 'number' ? entry : stringOrEmpty(entry);
  return splitAtPlaceholders(text).reduce(
    (before, after, index) => `${before}${stringOrEmpty(entry[index - 1])}${after}`,
  );
};

const textsWithPlaceholders = (value: JsonValue): readonly string[] => {
  const texts: string[] = [];
  replaceTexts(value, (text) => {
    texts.push(text);
    return text;
  });
  return texts;
};

/** Replaces every string and key with placeholders, in the order of `gather`. */
const replaceTexts = (value: JsonValue, replace: (text: string) => string | number): JsonValue => {
  if (typeof value === 'string') return isRedacted(value) ? replace(value) : value;
  if (isJsonArray(value)) return value.map((element) => replaceTexts(element, replace));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      isRedacted(key) ? String(replace(key)) : key,
      replaceTexts(member, replace),
    ]),
  );
};

/** Returns the distinct placeholders in a request. */
export const placeholdersInRequest = (request: JsonObject): ReadonlySet<string> =>
  new Set(
    textsWithPlaceholders(request).flatMap((text) =>
      [text, ...textFilesIn(text)].flatMap(placeholdersIn),
    ),
  );
