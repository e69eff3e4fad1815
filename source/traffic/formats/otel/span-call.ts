import { isJsonObject, type JsonObject, type JsonValue } from '../../../text/json.ts';
import type { FormatRecord } from '../format.ts';
import { captureRecord } from '../parts/capture-record.ts';
import { unwrapJson } from '../parts/embedded-json.ts';
import { statusInText } from '../parts/moments.ts';
import { readNumber } from '../parts/parameters.ts';
import { failedWith, type RecordedOutcome } from '../parts/recorded-outcome.ts';
import type { TracedCall } from '../parts/traced-call.ts';
import { contentOfEvents, type SpanEvent } from './events.ts';
import { callOfContent, genAiCall, genAiFirstTokenMs, hasGenAiContent } from './gen-ai.ts';
import { isOpenInference, openInferenceCall } from './open-inference.ts';
import { hasFlatContent, openLlmetryCall } from './open-llmetry.ts';
import type { Span } from './span.ts';
import { isVercel, vercelCall } from './vercel.ts';

const usersKeys = ['user.id', 'enduser.id', 'langfuse.user.id'] as const;
const conversationKeys = ['gen_ai.conversation.id', 'session.id', 'langfuse.session.id'] as const;
const endpointKeys = [
  'ai.telemetry.functionId',
  'gen_ai.agent.name',
  'traceloop.workflow.name',
  'llm.prompt_template.name',
] as const;

/** The call of a span and of the events that belong to it; null where neither has the messages. */
export const callOfSpan = (span: Span, events: readonly SpanEvent[]): TracedCall | null => {
  const own = callOfAttributes(span.attributes);
  if (own?.request) return own;
  const found =
    contentOfEvents(events) ?? contentOfEvents(eventsInAttribute(span.attributes['events']));
  if (found === null) return own;
  return callOfContent(found.content, { ...found.attributes, ...span.attributes });
};

/** Pydantic AI keeps the events of 1.28 to 1.36 in an attribute, as JSON. */
const eventsInAttribute = (stored: JsonValue | undefined): readonly SpanEvent[] => {
  const list = unwrapJson(stored);
  return Array.isArray(list)
    ? (list as readonly JsonValue[]).filter(isJsonObject).map((body) => ({
        name: String(body['event.name']),
        body,
        attributes: body,
      }))
    : [];
};

/** The record that a span of a call comes to, in the end; `reason` is why where it has no content at all. */
export const recordOfSpan = (span: Span, call: TracedCall | null, reason: string): FormatRecord => {
  const { attributes } = span;
  const id = `${span.traceId}-${span.spanId}`;
  if (call === null || call.request === null) {
    return { kind: 'rejected', reason: call?.reason ?? reason, recordId: id };
  }
  return captureRecord({
    id,
    timestamp: span.start === null ? undefined : Number(span.start / 1_000_000n),
    request: call.request,
    outcome: outcomeOf(span, call.answer),
    totalMs: span.start === null || span.end === null ? null : toMs(span.end - span.start),
    timeToFirstTokenMs: genAiFirstTokenMs(attributes),
    endpoints: endpointKeys.map((key) => attributes[key]),
    user: firstOf(attributes, usersKeys),
    conversation: firstOf(attributes, conversationKeys) ?? span.traceId,
    partial: call.partial,
  });
};

const firstOf = (attributes: JsonObject, keys: readonly string[]): JsonValue | undefined =>
  keys.map((key) => attributes[key]).find((value) => value !== undefined && value !== '');

const toMs = (nanoseconds: bigint): number | null =>
  nanoseconds < 0n ? null : Number(nanoseconds) / 1e6;

const outcomeOf = (span: Span, answer: JsonObject | null): RecordedOutcome => {
  const { error, attributes } = span;
  if (error !== null) {
    const status =
      readNumber(attributes['http.response.status_code']) ?? readNumber(attributes['error.type']);
    return failedWith(status ?? statusInText(error), error);
  }
  return answer === null ? { kind: 'unknown' } : { kind: 'answered', body: answer };
};

/**
 * The content of a call that stands in the attributes of its span, in the conventions that they follow; null
 * where they have none, though events may.
 */
export const callOfAttributes = (attributes: JsonObject): TracedCall | null => {
  if (isOpenInference(attributes)) return openInferenceCall(attributes);
  if (isVercel(attributes)) return vercelCall(attributes);
  if (hasGenAiContent(attributes)) return genAiCall(attributes);
  return hasFlatContent(attributes) ? openLlmetryCall(attributes) : null;
};
