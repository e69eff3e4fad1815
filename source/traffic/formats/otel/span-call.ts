import {
  arrayOrEmpty,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  objectsIn,
} from '../../../text/json.ts';
import type { FormatRecord } from '../format.ts';
import { captureRecord } from '../parts/capture-record.ts';
import { unwrapJson } from '../parts/embedded-json.ts';
import { readNumber } from '../parts/parameters.ts';
import {
  answeredWith,
  failedWith,
  type RecordedOutcome,
  statusInText,
} from '../parts/recorded-outcome.ts';
import type { TracedCall } from '../parts/traced-call.ts';
import { eventContent } from './events.ts';
import {
  callOfContent,
  continuedByAttributes,
  genAiCall,
  genAiFirstTokenMs,
  hasGenAiContent,
} from './gen-ai.ts';
import { googleAdkCall, isGoogleAdk } from './google-adk.ts';
import { isOpenInference, openInferenceCall, openInferenceKind } from './open-inference.ts';
import { hasFlatContent, openLlmetryCall } from './open-llmetry.ts';
import type { Span, SpanEvent } from './span.ts';
import { isVercel, vercelCall, vercelOperation } from './vercel.ts';

/**
 * Whether a span is a `call` of a model; if not, what it is, as a phrase that can be counted. Several
 * spans may report one call (an agent, the SDK around it): only the innermost is the call.
 */
export const spanKind = ({ attributes }: Span): 'call' | { readonly other: string } => {
  const kind = openInferenceKind(attributes);
  if (kind !== null) return kind === 'LLM' ? 'call' : { other: `a span of kind ${kind}` };
  if (vercelOperation(attributes) !== null) {
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
  const requestType = attributes['llm.request.type'];
  if (typeof requestType === 'string') {
    return requestType === 'chat' || requestType === 'completion'
      ? 'call'
      : { other: `a span of a request of type ${requestType}` };
  }
  const isCall =
    Object.hasOwn(attributes, 'gen_ai.request.model') ||
    Object.hasOwn(attributes, 'gen_ai.input.messages');
  return isCall ? 'call' : { other: 'a span of something else' };
};

/**
 * Reads the call in the attributes of a span by the conventions that they follow; null if they hold no
 * content, though events may.
 */
export const callOfAttributes = (attributes: JsonObject): TracedCall | null => {
  if (isOpenInference(attributes)) return openInferenceCall(attributes);
  if (isVercel(attributes)) return vercelCall(attributes);
  if (isGoogleAdk(attributes) && !hasGenAiContent(attributes)) return googleAdkCall(attributes);
  if (hasGenAiContent(attributes)) return genAiCall(attributes);
  return hasFlatContent(attributes) ? openLlmetryCall(attributes) : null;
};

/** Reads the call of a span and its events; null if neither holds the messages. */
export const callOfSpan = (span: Span, events: readonly SpanEvent[]): TracedCall | null => {
  const own = callOfAttributes(span.attributes);
  if (own?.request) return own;
  const found = eventContent(events) ?? eventContent(eventsInAttribute(span.attributes['events']));
  if (found === null) return own;
  return callOfContent(found.content, { ...found.attributes, ...span.attributes });
};

/** Pydantic AI stores the events of 1.28 to 1.36 in an attribute, as JSON. */
const eventsInAttribute = (stored: JsonValue | undefined): readonly SpanEvent[] =>
  objectsIn(unwrapJson(stored)).map((body) => ({
    name: String(body['event.name']),
    body,
    attributes: body,
  }));

const userKeys = ['user.id', 'enduser.id', 'langfuse.user.id'] as const;
const conversationKeys = ['gen_ai.conversation.id', 'session.id', 'langfuse.session.id'] as const;
const endpointKeys = [
  'ai.telemetry.functionId',
  'gen_ai.agent.name',
  'traceloop.workflow.name',
  'llm.prompt_template.name',
] as const;

/** The record of a span. `reason` is reported if the span has no content at all. */
export const recordOfSpan = (span: Span, call: TracedCall | null, reason: string): FormatRecord => {
  const { attributes } = span;
  const id = `${span.traceId}-${span.spanId}`;
  if (call === null || call.request === null) {
    const found = call?.reason ?? unknownPrompt(span) ?? ownAdvice(attributes, reason);
    return { kind: 'rejected', reason: found, recordId: id };
  }
  const continued = continuedByAttributes(attributes);
  if (continued !== null) return { kind: 'rejected', reason: continued, recordId: id };
  return captureRecord({
    id,
    timestamp: span.start === null ? undefined : Number(span.start / 1_000_000n),
    request: call.request,
    outcome: spanOutcome(span, call.answer),
    totalMs: span.start === null || span.end === null ? null : toMs(span.end - span.start),
    timeToFirstTokenMs: genAiFirstTokenMs(attributes),
    endpoints: endpointKeys.map((key) => attributes[key]),
    user: firstAttribute(attributes, userKeys),
    conversation: firstAttribute(attributes, conversationKeys) ?? span.traceId,
    partial: call.partial,
  });
};

/** The reason with the setting that belongs to the SDK of the span. */
const ownAdvice = (attributes: JsonObject, reason: string): string =>
  attributes['az.namespace'] === undefined
    ? reason
    : reason.replace(
        'OTel: OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT',
        'Azure: AZURE_TRACING_GEN_AI_CONTENT_RECORDING_ENABLED',
      );

/**
 * Why a span without a prompt in a known place cannot be read, if there is one in another place: to turn
 * on what is on would not help. Null if there is none.
 */
const unknownPrompt = ({ attributes, events }: Span): string | null => {
  const all = [attributes, ...events.map((event) => event.attributes)];
  const key = all.flatMap((one) => Object.keys(one).filter((name) => holdsPrompt(one[name])))[0];
  return key === undefined
    ? null
    : `prompt stored by a convention that is not known (${key.slice(0, 60)})`;
};

/** Whether a value is a list of messages, or an object that has one. */
const holdsPrompt = (stored: JsonValue | undefined): boolean => {
  const value = unwrapJson(stored);
  const lists = isJsonObject(value)
    ? [value['messages'], value['contents'], value['input'], value['prompt']]
    : [value];
  return lists.some((list) => {
    const entries = arrayOrEmpty(unwrapJson(list));
    return (
      entries.length > 0 &&
      entries.every((entry) => isJsonObject(entry) && typeof entry['role'] === 'string')
    );
  });
};

const firstAttribute = (attributes: JsonObject, keys: readonly string[]): JsonValue | undefined =>
  keys.map((key) => attributes[key]).find((value) => value !== undefined && value !== '');

const toMs = (nanoseconds: bigint): number | null =>
  nanoseconds < 0n ? null : Number(nanoseconds) / 1e6;

const spanOutcome = (span: Span, answer: JsonObject | null): RecordedOutcome => {
  const { error, attributes } = span;
  if (error === null) return answeredWith(answer);
  const status =
    readNumber(attributes['http.response.status_code']) ?? readNumber(attributes['error.type']);
  return failedWith(status ?? statusInText(error), error);
};
