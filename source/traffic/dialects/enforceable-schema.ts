import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';

/** A schema that Anthropic accepts for output, and the names of what it cannot enforce. */
export type EnforceableSchema = {
  readonly schema: JsonObject;
  readonly changed: readonly string[];
};

/** Formats of strings that Anthropic enforces. */
const formats: ReadonlySet<string> = new Set([
  'date-time',
  'time',
  'date',
  'duration',
  'email',
  'hostname',
  'uri',
  'ipv4',
  'ipv6',
  'uuid',
]);

/** Keywords that Anthropic refuses and a description can say. */
const described: ReadonlySet<string> = new Set([
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'pattern',
  'minItems',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
  'not',
]);

/** Keywords that stay as they are. */
const kept: ReadonlySet<string> = new Set([
  '$ref',
  '$schema',
  '$id',
  'title',
  'description',
  'default',
  'const',
  'enum',
  'type',
  'required',
]);

/**
 * A schema as Anthropic takes it for output: objects allow no other properties, `oneOf` is `anyOf`, and
 * limits become words of the description. The rules are those of Anthropic's SDKs and the AI SDK.
 */
export const enforceableSchema = (schema: JsonObject): EnforceableSchema => {
  const changed = new Set<string>();
  return { schema: enforceable(schema, changed), changed: [...changed].sort() };
};

const enforceable = (schema: JsonObject, changed: Set<string>): JsonObject => {
  const result: Record<string, JsonValue> = {};
  const words: string[] = [];
  for (const [key, value] of Object.entries(schema)) {
    if (kept.has(key)) result[key] = value;
    else if (key === 'format' && typeof value === 'string' && formats.has(value))
      result[key] = value;
    else if (described.has(key) || key === 'format') {
      changed.add(key);
      words.push(
        `${key.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
      );
    } else if (key === 'properties' || key === '$defs' || key === 'definitions') {
      result[key] = eachOf(value, changed);
    } else if (key === 'anyOf' || key === 'allOf' || key === 'items') {
      result[key] = inner(value, changed);
    } else if (key === 'oneOf') result['anyOf'] = inner(value, changed);
    else if (key !== 'additionalProperties' && key !== 'propertyOrdering') changed.add(key);
  }
  const isObject = schema['type'] === 'object' || isJsonObject(schema['properties']);
  if (isObject) {
    result['additionalProperties'] = false;
    const { additionalProperties: others } = schema;
    if (others !== undefined && others !== false) changed.add('additionalProperties');
  }
  if (words.length > 0) {
    const { description } = schema;
    const text = `${words.join('; ')}.`;
    result['description'] = typeof description === 'string' ? `${description}\n${text}` : text;
  }
  return result;
};

const inner = (value: JsonValue, changed: Set<string>): JsonValue =>
  isJsonArray(value)
    ? value.map((one) => inner(one, changed))
    : isJsonObject(value)
      ? enforceable(value, changed)
      : value;

const eachOf = (value: JsonValue, changed: Set<string>): JsonValue =>
  isJsonObject(value)
    ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, inner(one, changed)]))
    : value;
