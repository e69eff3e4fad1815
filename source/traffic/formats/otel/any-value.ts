import { isJsonObject, type JsonObject, type JsonValue } from '../../../text/json.ts';

/** Values that nest deeper than this are no attributes. */
const maximumDepth = 100;

/**
 * A value of OTLP/JSON (`AnyValue`: `{stringValue}`, `{intValue}` as a text, …) as plain JSON
 * (open-telemetry/opentelemetry-proto, common/v1/common.proto).
 */
export const readAnyValue = (value: JsonValue | undefined, depth = 0): JsonValue => {
  if (!isJsonObject(value) || depth > maximumDepth) return value ?? null;
  const { stringValue, intValue, doubleValue, boolValue, bytesValue, arrayValue, kvlistValue } =
    value;
  if (stringValue !== undefined) return stringValue;
  if (intValue !== undefined) return Number(intValue);
  if (doubleValue !== undefined) return Number(doubleValue);
  if (boolValue !== undefined) return boolValue;
  if (bytesValue !== undefined) return bytesValue;
  if (isJsonObject(arrayValue)) {
    const { values } = arrayValue;
    return Array.isArray(values)
      ? (values as readonly JsonValue[]).map((entry) => readAnyValue(entry, depth + 1))
      : [];
  }
  return isJsonObject(kvlistValue) ? readKeyValues(kvlistValue['values'], depth + 1) : null;
};

/** A list of `{key, value}` as an object; of a key that comes twice the last counts. */
export const readKeyValues = (list: JsonValue | undefined, depth = 0): JsonObject =>
  Array.isArray(list)
    ? Object.fromEntries(
        (list as readonly JsonValue[]).flatMap((entry) =>
          isJsonObject(entry) && typeof entry['key'] === 'string'
            ? [[entry['key'], readAnyValue(entry['value'], depth)]]
            : [],
        ),
      )
    : {};
