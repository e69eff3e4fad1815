/** Any value that JSON can hold. */
export type JsonValue =
  string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** A JSON object as `JSON.parse` returns it. */
export type JsonObject = { readonly [key: string]: JsonValue };

/** Whether a value is a JSON object: neither an array nor null. */
export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether a value is a JSON array. Unlike `Array.isArray`, it says what the elements are. */
export const isJsonArray = (value: JsonValue | undefined): value is readonly JsonValue[] =>
  Array.isArray(value);

/** Parses JSON text; undefined if the text is not JSON. */
export const parseJson = (text: string): JsonValue | undefined => {
  try {
    const value: JsonValue = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
};

/**
 * Parses the JSON text of an object that this program wrote itself. Throws an Error if the text is
 * anything else, because the data is then damaged.
 */
export const parseJsonObject = (text: string): JsonObject => {
  const value: JsonValue = JSON.parse(text);
  if (isJsonObject(value)) return value;
  throw new Error('Expected the JSON text of an object.');
};

/**
 * Parses the JSON text of an array that this program wrote itself. Throws an Error if the text is
 * anything else, because the data is then damaged.
 */
export const parseJsonArray = (text: string): readonly JsonValue[] => {
  const value: JsonValue = JSON.parse(text);
  if (isJsonArray(value)) return value;
  throw new Error('Expected the JSON text of an array.');
};

/** The value if it is an object, else an object without members. */
export const objectOrEmpty = (value: JsonValue | undefined): JsonObject =>
  isJsonObject(value) ? value : {};

/** The value if it is an array, else an empty array. */
export const arrayOrEmpty = (value: JsonValue | undefined): readonly JsonValue[] =>
  isJsonArray(value) ? value : [];

/** The objects among the elements of an array; none if the value is not an array. */
export const objectsIn = (value: JsonValue | undefined): readonly JsonObject[] =>
  arrayOrEmpty(value).filter(isJsonObject);

/** The value if it is a string, else the empty string. */
export const stringOrEmpty = (value: JsonValue | undefined): string =>
  typeof value === 'string' ? value : '';

/** The first of the values that is a string with at least one character; null if none is. */
export const firstString = (...values: readonly (JsonValue | undefined)[]): string | null => {
  for (const value of values) if (typeof value === 'string' && value !== '') return value;
  return null;
};

/**
 * What a table has under a text that came from outside; undefined if it has nothing there. Use it instead of
 * an index, which also finds `constructor` and whatever else every object inherits.
 */
export const entryOf = <Value>(
  table: Readonly<Record<string, Value>>,
  key: string,
): Value | undefined => (Object.hasOwn(table, key) ? table[key] : undefined);

/** The value that nested keys lead to; undefined where a key is missing or its parent no object. */
export const valueAtKeys = (
  value: JsonValue | undefined,
  keys: readonly string[],
): JsonValue | undefined => {
  let current = value;
  for (const key of keys) current = isJsonObject(current) ? current[key] : undefined;
  return current;
};

/** Values that nest deeper would overflow the stack of a function that walks them. */
export const maximumJsonDepth = 500;

/** Whether a value nests deeper than `limit` levels. The check itself goes no deeper than that. */
export const exceedsDepth = (value: JsonValue, limit: number = maximumJsonDepth): boolean => {
  if (value === null || typeof value !== 'object') return false;
  if (limit < 0) return true;
  if (isJsonArray(value)) {
    for (const child of value) if (exceedsDepth(child, limit - 1)) return true;
    return false;
  }
  for (const key in value) if (exceedsDepth(value[key] ?? null, limit - 1)) return true;
  return false;
};

/**
 * The JSON text of a value with the keys of every object sorted by code unit, so that values that mean
 * the same give the same text. Arrays keep their order. Use it to tell values apart, never to build
 * a request: the key order of a request is the user's, and that of a schema steers some models.
 */
export const canonicalJson = (value: JsonValue): string => {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (isJsonArray(value)) {
    // Without an object there are no keys to sort.
    if (!value.some(mayHaveKeys)) return JSON.stringify(value);
    return `[${value.map(canonicalJson).join(',')}]`;
  }
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key] ?? null)}`);
  return `{${members.join(',')}}`;
};

const mayHaveKeys = (value: JsonValue): boolean =>
  value !== null && typeof value === 'object' && !(isJsonArray(value) && value.length === 0);
