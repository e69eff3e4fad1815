import { isJsonArray, isJsonObject, type JsonValue } from '../../text/json.ts';

/** Limits that Gemini's schemas have as text, because they are 64-bit integers there. */
const integerKeys: ReadonlySet<string> = new Set([
  'minItems',
  'maxItems',
  'minLength',
  'maxLength',
  'minProperties',
  'maxProperties',
]);

const spelled: Readonly<Record<string, string>> = {
  any_of: 'anyOf',
  min_items: 'minItems',
  max_items: 'maxItems',
  min_length: 'minLength',
  max_length: 'maxLength',
  min_properties: 'minProperties',
  max_properties: 'maxProperties',
  property_ordering: 'propertyOrdering',
};

/**
 * A schema of Gemini as JSON Schema, which has the names of types in lower case, limits as numbers and `null`
 * as a type.
 */
export const jsonSchemaOf = (schema: JsonValue): JsonValue => {
  if (isJsonArray(schema)) return schema.map(jsonSchemaOf);
  if (!isJsonObject(schema)) return schema;
  const { nullable, ...rest } = schema;
  const read = Object.fromEntries(Object.entries(rest).map(([key, value]) => member(key, value)));
  if (nullable !== true) return read;
  const { type } = read;
  if (typeof type === 'string') return { ...read, type: [type, 'null'] };
  const { anyOf } = read;
  return isJsonArray(anyOf) ? { ...read, anyOf: [...anyOf, { type: 'null' }] } : read;
};

const member = (given: string, value: JsonValue): readonly [string, JsonValue] => {
  const key = Object.hasOwn(spelled, given) ? (spelled[given] ?? given) : given;
  if (key === 'type' && typeof value === 'string') return [key, value.toLowerCase()];
  if (key === 'properties' && isJsonObject(value)) {
    const entries = Object.entries(value).map(([name, one]) => [name, jsonSchemaOf(one)] as const);
    return [key, Object.fromEntries(entries)];
  }
  if (key === 'items' || key === 'anyOf') return [key, jsonSchemaOf(value)];
  if (integerKeys.has(key) && typeof value === 'string' && /^\d+$/.test(value)) {
    return [key, Number(value)];
  }
  return [key, value];
};
