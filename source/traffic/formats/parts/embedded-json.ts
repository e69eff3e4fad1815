import { isJsonObject, type JsonValue } from '../../../text/json.ts';
import { isTooDeep } from '../../reading/depth.ts';

/**
 * A value that may have been written as the text of JSON, once or more; any other text is itself.
 * Stores with columns of text do this to objects and arrays.
 */
export const unwrapJson = (value: JsonValue | undefined): JsonValue | undefined => {
  let current = value;
  while (typeof current === 'string' && /^\s*[[{"]/.test(current)) {
    try {
      const parsed = JSON.parse(current) as JsonValue;
      if (isTooDeep(parsed)) return current;
      // A quoted text is unwrapped only for what is inside.
      if (typeof parsed === 'string' && !/^\s*[[{]/.test(parsed)) return current;
      current = parsed;
    } catch {
      return current;
    }
  }
  return current;
};

/**
 * A value that a gateway kept, also where its column holds JSON as a text; undefined for what stands where
 * nothing was kept: `{}`, `[]`, an empty text, null.
 */
export const storedValue = (value: JsonValue | undefined): JsonValue | undefined => {
  const stored = unwrapJson(value);
  if (stored === undefined || stored === null || stored === '') return undefined;
  if (Array.isArray(stored)) return stored.length === 0 ? undefined : stored;
  return isJsonObject(stored) && Object.keys(stored).length === 0 ? undefined : stored;
};

/** Whether a text in a value, at any depth, is one that is looked for. */
export const someText = (value: JsonValue, test: (text: string) => boolean): boolean => {
  if (typeof value === 'string') return test(value);
  if (value === null || typeof value !== 'object') return false;
  return (Object.values(value) as readonly JsonValue[]).some((inner) => someText(inner, test));
};
