import type { JsonValue } from '../../../text/json.ts';
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
