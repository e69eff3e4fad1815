import { isJsonArray, isJsonObject, type JsonValue } from '../../text/json.ts';
import type { AdaptationLog } from './adaptation.ts';
import { requestPath } from './request-paths.ts';
import type { NeutralRequest, OutputFormat } from './turn.ts';

/** Whether a schema is one that OpenAI enforces: all properties required, and no others allowed. */
export const isStrictSchema = (schema: JsonValue): boolean => {
  if (isJsonArray(schema)) return schema.every(isStrictSchema);
  if (!isJsonObject(schema)) return true;
  const { properties, required, additionalProperties, type } = schema;
  const isObject = type === 'object' || isJsonObject(properties);
  if (isObject && additionalProperties !== false) return false;
  if (isJsonObject(properties)) {
    const names = isJsonArray(required) ? required : [];
    if (!Object.keys(properties).every((name) => names.includes(name))) return false;
    if (!Object.values(properties).every(isStrictSchema)) return false;
  }
  const { items, anyOf, $defs, definitions } = schema;
  return (
    [items, anyOf].every((inner) => inner === undefined || isStrictSchema(inner)) &&
    [$defs, definitions].every(
      (inner) => !isJsonObject(inner) || Object.values(inner).every(isStrictSchema),
    )
  );
};

/**
 * Whether OpenAI is to enforce a schema. Anthropic and Gemini always do; OpenAI can only where every property is
 * required and no other is allowed.
 */
export const enforcedStrict = (
  { schema, strict }: Extract<OutputFormat, { kind: 'schema' }>,
  dialect: NeutralRequest['dialect'],
  log: AdaptationLog,
): boolean | null => {
  if (dialect === 'chat' || dialect === 'responses') return strict;
  if (isStrictSchema(schema)) return true;
  log.approximated(
    requestPath(dialect, 'outputFormat'),
    { from: 'enforced', to: 'not enforced' },
    'OpenAI enforces a schema only where all properties are required and no others are allowed',
    'lossy',
  );
  return null;
};
