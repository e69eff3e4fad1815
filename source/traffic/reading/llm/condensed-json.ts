import { isJsonObject, type JsonValue } from '../../../text/json.ts';

/**
 * JSON in which texts that are stored elsewhere were replaced (https://pypi.org/project/condense-json):
 * `{"$": key}` is such a text, `{"$r": [part, {"$": key}, …]}` one that has some in it. Null where a text
 * is not known.
 */
export const expandCondensed = (
  value: JsonValue,
  texts: ReadonlyMap<string, string>,
): { readonly value: JsonValue } | null => {
  try {
    return { value: expand(value, texts) };
  } catch (error) {
    if (error instanceof UnknownText) return null;
    throw error;
  }
};

class UnknownText extends Error {}

const expand = (value: JsonValue, texts: ReadonlyMap<string, string>): JsonValue => {
  if (Array.isArray(value)) {
    return (value as readonly JsonValue[]).map((entry) => expand(entry, texts));
  }
  if (!isJsonObject(value)) return value;
  const keys = Object.keys(value);
  if (keys.length === 1 && typeof value['$'] === 'string') {
    const text = texts.get(value['$']);
    if (text === undefined) throw new UnknownText();
    return text;
  }
  if (keys.length === 1 && Array.isArray(value['$r'])) {
    return (value['$r'] as readonly JsonValue[])
      .map((part) => expand(part, texts))
      .map((part) => (typeof part === 'string' ? part : JSON.stringify(part)))
      .join('');
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [key, expand(entry, texts)]),
  );
};
