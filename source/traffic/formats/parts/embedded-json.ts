import {
  exceedsDepth,
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  parseJson,
} from '../../../text/json.ts';

/**
 * Parses a value that may be stored as JSON text, once or several times over, as stores with text columns
 * do to objects and arrays. Any other string is returned as it is.
 */
export const unwrapJson = (value: JsonValue | undefined): JsonValue | undefined => {
  let current = value;
  while (typeof current === 'string' && /^\s*[[{"]/.test(current)) {
    const parsed = parseJson(current);
    if (parsed === undefined || exceedsDepth(parsed)) return current;
    // A quoted string is unwrapped only if it holds an object or an array.
    if (typeof parsed === 'string' && !/^\s*[[{]/.test(parsed)) return current;
    current = parsed;
  }
  return current;
};

/** The object that a value is, also where it is stored as JSON text; else an empty object. */
export const unwrapObject = (value: JsonValue | undefined): JsonObject => {
  const unwrapped = unwrapJson(value);
  return isJsonObject(unwrapped) ? unwrapped : {};
};

/** `unwrapJson`, but undefined for what stands where nothing was kept: `{}`, `[]`, `''` and null. */
export const storedValue = (value: JsonValue | undefined): JsonValue | undefined => {
  const stored = unwrapJson(value);
  if (stored === undefined || stored === null || stored === '') return undefined;
  if (isJsonArray(stored)) return stored.length === 0 ? undefined : stored;
  return isJsonObject(stored) && Object.keys(stored).length === 0 ? undefined : stored;
};

/** `storedValue` as an object; an empty one for anything else. */
export const storedObject = (value: JsonValue | undefined): JsonObject => {
  const stored = storedValue(value);
  return isJsonObject(stored) ? stored : {};
};

/** Whether any string in a value, at any depth, passes a test. */
export const someText = (value: JsonValue, test: (text: string) => boolean): boolean => {
  if (typeof value === 'string') return test(value);
  if (value === null || typeof value !== 'object') return false;
  const children = isJsonArray(value) ? value : Object.values(value);
  return children.some((child) => someText(child, test));
};
