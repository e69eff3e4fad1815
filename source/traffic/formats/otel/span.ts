import { isJsonObject, type JsonObject, type JsonValue } from '../../../text/json.ts';
import type { SpanEvent } from './events.ts';
import { openInferenceKind } from './open-inference.ts';
import { isVercel, vercelOperation } from './vercel.ts';

/** A span, its attributes as plain JSON. Times are nanoseconds of the epoch. */
export type Span = {
  readonly traceId: string;
  readonly spanId: string;
  readonly name: string;
  readonly start: bigint | null;
  readonly end: bigint | null;
  readonly attributes: JsonObject;
  readonly events: readonly SpanEvent[];
  /** What the span says of its failure; null for none. */
  readonly error: string | null;
};

const text = (value: JsonValue | undefined): string => (typeof value === 'string' ? value : '');

/** Ids in hexadecimal may come in both cases. */
export const readSpanId = (value: JsonValue | undefined): string => text(value).toLowerCase();

export const readNanos = (value: JsonValue | undefined): bigint | null =>
  (typeof value === 'string' && /^\d{1,19}$/.test(value)) ||
  (typeof value === 'number' && Number.isInteger(value) && value > 0)
    ? BigInt(value)
    : null;

/** A span of OTLP/JSON (opentelemetry-proto, trace/v1/trace.proto). */
export const readSpan = (span: JsonObject): Span => {
  const attributes = readKeyValues(span['attributes']);
  const events = Array.isArray(span['events'])
    ? (span['events'] as readonly JsonValue[]).filter(isJsonObject)
    : [];
  return {
    traceId: readSpanId(span['traceId']),
    spanId: readSpanId(span['spanId']),
    name: text(span['name']),
    start: readNanos(span['startTimeUnixNano']),
    end: readNanos(span['endTimeUnixNano']),
    attributes,
    events: events.map((event) => {
      const own = readKeyValues(event['attributes']);
      return { name: text(event['name']), body: own, attributes: own };
    }),
    error: errorOf(span, attributes, events),
  };
};

const errorOf = (
  span: JsonObject,
  attributes: JsonObject,
  events: readonly JsonObject[],
): string | null => {
  const status = isJsonObject(span['status']) ? span['status'] : {};
  const failed = [2, 'STATUS_CODE_ERROR', 'ERROR'].includes(status['code'] as string | number);
  if (!failed) return null;
  const exception = events.find(({ name }) => name === 'exception');
  const thrown = exception === undefined ? {} : readKeyValues(exception['attributes']);
  const type = attributes['error.type'];
  const said = [status['message'], thrown['exception.message'], type]
    .map((value) => (typeof value === 'number' ? `status ${value}` : text(value)))
    .find((message) => message !== '');
  return said ?? 'an error';
};

/**
 * What a span is: `call` of a model, or what else, in words that can be counted. Of one call several
 * spans may tell (an agent, the SDK around it): only the innermost is the call.
 */
export const kindOf = ({ attributes }: Span): 'call' | { readonly other: string } => {
  const kind = openInferenceKind(attributes);
  if (kind !== null) return kind === 'LLM' ? 'call' : { other: `a span of kind ${kind}` };
  const vercel = vercelOperation(attributes);
  if (vercel !== null) {
    return isVercel(attributes)
      ? 'call'
      : { other: 'a span of the AI SDK around or beside a call' };
  }
  const operation = attributes['gen_ai.operation.name'];
  if (typeof operation === 'string') {
    return /^(?:chat|text_completion|generate_content|completion|responses?)$/.test(operation)
      ? 'call'
      : { other: `a span of operation ${operation}` };
  }
  const request = attributes['llm.request.type'];
  if (typeof request === 'string') {
    return request === 'chat' || request === 'completion'
      ? 'call'
      : { other: `a span of a request of type ${request}` };
  }
  const isCall = Object.keys(attributes).some(
    (key) => key === 'gen_ai.request.model' || key === 'gen_ai.input.messages',
  );
  return isCall ? 'call' : { other: 'a span of something else' };
};

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
