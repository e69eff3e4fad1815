import {
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  objectOrEmpty,
  objectsIn,
  stringOrEmpty,
} from '../../../text/json.ts';

/** An event of a span, or a log record. Under the conventions 1.28 to 1.36, `body` holds the message. */
export type SpanEvent = {
  readonly name: string;
  readonly body: JsonObject;
  readonly attributes: JsonObject;
};

/** A span, its attributes as plain JSON. Times are nanoseconds since 1970. */
export type Span = {
  readonly traceId: string;
  readonly spanId: string;
  readonly name: string;
  readonly start: bigint | null;
  readonly end: bigint | null;
  readonly attributes: JsonObject;
  readonly events: readonly SpanEvent[];
  /** The error of a failed span; null if it did not fail. */
  readonly error: string | null;
};

/** Reads an id in hexadecimal, which may be upper or lower case. */
export const readSpanId = (value: JsonValue | undefined): string =>
  stringOrEmpty(value).toLowerCase();

export const readNanoseconds = (value: JsonValue | undefined): bigint | null =>
  (typeof value === 'string' && /^\d{1,19}$/.test(value)) ||
  (typeof value === 'number' && Number.isInteger(value) && value > 0)
    ? BigInt(value)
    : null;

/** Reads a span of OTLP/JSON (opentelemetry-proto, trace/v1/trace.proto). */
export const readSpan = (span: JsonObject): Span => {
  const attributes = readKeyValues(span['attributes']);
  const events = objectsIn(span['events']);
  return {
    traceId: readSpanId(span['traceId']),
    spanId: readSpanId(span['spanId']),
    name: stringOrEmpty(span['name']),
    start: readNanoseconds(span['startTimeUnixNano']),
    end: readNanoseconds(span['endTimeUnixNano']),
    attributes,
    events: events.map((event) => {
      const own = readKeyValues(event['attributes']);
      return { name: stringOrEmpty(event['name']), body: own, attributes: own };
    }),
    error: spanError(span, attributes, events),
  };
};

const spanError = (
  span: JsonObject,
  attributes: JsonObject,
  events: readonly JsonObject[],
): string | null => {
  const status = objectOrEmpty(span['status']);
  const { code } = status;
  if (code !== 2 && code !== 'STATUS_CODE_ERROR' && code !== 'ERROR') return null;
  const exception = events.find(({ name }) => name === 'exception');
  const thrown = exception === undefined ? {} : readKeyValues(exception['attributes']);
  const candidates = [status['message'], thrown['exception.message'], attributes['error.type']];
  const message = candidates
    .map((value) => (typeof value === 'number' ? `status ${value}` : stringOrEmpty(value)))
    .find((text) => text !== '');
  return message ?? 'an error';
};

/** Attributes do not nest deeper than this. */
const maximumDepth = 100;

/**
 * Reads a value of OTLP/JSON (`AnyValue`: `{stringValue}`, `{intValue}` as text, …) as plain JSON
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
    return isJsonArray(values) ? values.map((entry) => readAnyValue(entry, depth + 1)) : [];
  }
  return isJsonObject(kvlistValue) ? readKeyValues(kvlistValue['values'], depth + 1) : null;
};

/** Reads a list of `{key, value}` as an object. If a key occurs twice, the last value counts. */
export const readKeyValues = (list: JsonValue | undefined, depth = 0): JsonObject =>
  Object.fromEntries(
    objectsIn(list).flatMap(({ key, value }) =>
      typeof key === 'string' ? [[key, readAnyValue(value, depth)]] : [],
    ),
  );
