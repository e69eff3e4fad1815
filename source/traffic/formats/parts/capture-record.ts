import { type JsonObject, type JsonValue, objectOrEmpty } from '../../../text/json.ts';
import { derivedId, readRecordId } from '../../capture-id.ts';
import type { DialectRequest, RecordedResponse } from '../../capture.ts';
import {
  callsUndefinedTools,
  chatRequestOf,
  endpointLabel,
  modelName,
} from '../../chat-request.ts';
import { recogniseAnswerBody } from '../../dialects/recognise-answer.ts';
import { findRequest } from '../../dialects/replayable-request.ts';
import type { Dialect } from '../../dialects/dialect.ts';
import { sha256 } from '../../hash.ts';
import { isUnreadTime, readTimestamp } from '../../times.ts';
import type { FormatRecord } from '../format.ts';
import type { RecordedOutcome } from './recorded-outcome.ts';

/** One call as recorded. Times are in milliseconds; null is unknown. */
export type CallFacts = {
  readonly id: JsonValue | undefined;
  readonly timestamp: JsonValue | undefined;
  readonly request: JsonValue | undefined;
  /** The dialect that the path of the request names; null or left out if there is no path. */
  readonly dialect?: Dialect | null;
  readonly outcome: RecordedOutcome;
  readonly totalMs: number | null;
  readonly timeToFirstTokenMs: number | null;
  /** Labels of the production feature, the best first. */
  readonly endpoints?: readonly (JsonValue | undefined)[];
  /** The model in the path of the request, or beside it, if the request names none. */
  readonly model?: string | null;
  readonly user?: JsonValue | undefined;
  readonly conversation?: JsonValue | undefined;
  readonly metadata?: JsonObject | null;
  readonly partial?: readonly string[];
  /** The request is the body as it went over the wire, so that nothing of it is lost. */
  readonly isWire?: boolean;
};

/** Parts without which a request would ask another question. */
const essentialParts: Readonly<Record<string, string>> = {
  images: 'image not stored',
  files: 'file not stored',
  attachments: 'file not stored',
  audio: 'audio not stored',
  'tool results': 'tool result missing',
  tool_calls: 'tool call not readable',
  content: 'part of a message not stored, or of a kind that is not known',
  'earlier messages': 'earlier messages of the conversation not in the file',
};

/**
 * The capture of a call, or why it cannot be replayed. A call without an id gets a derived one. The error
 * of a failed call is kept as `metadata.recordedError`, why a recorded answer cannot be read as
 * `metadata.unreadableAnswer`. Users and conversations are kept as hashes only.
 */
export const captureRecord = (facts: CallFacts): FormatRecord => {
  const { outcome } = facts;
  const recordId = readRecordId(facts.id);
  const lost = (facts.partial ?? []).find((part) => Object.hasOwn(essentialParts, part));
  const lostReason = lost === undefined ? null : (essentialParts[lost] ?? lost);
  if (lostReason !== null) return { kind: 'rejected', reason: lostReason, recordId };
  const answer = outcome.kind === 'answered' ? recogniseAnswerBody(outcome.body) : null;
  const call = findRequest(facts.request, { dialect: facts.dialect, model: facts.model, answer });
  if (call.found === null) return { kind: 'rejected', reason: call.problem, recordId };
  const { dialect, model, request } = call.found;
  const chat = chatRequestOf(call.found);
  const own = ownLabels(call.found);
  const timestamp = readTimestamp(facts.timestamp);
  const recorded: readonly RecordedResponse[] =
    outcome.kind === 'answered'
      ? [
          {
            model: modelName(outcome.body, request, { model: facts.model ?? null }),
            production: true,
            body: outcome.body,
            timeToFirstTokenMs: facts.timeToFirstTokenMs,
            totalMs: facts.totalMs,
          },
        ]
      : [];
  return {
    kind: 'capture',
    ...(isUnreadTime(facts.timestamp, timestamp) ? { unreadTime: true } : {}),
    capture: {
      id: recordId ?? derivedId({ dialect, model, request, timestamp, recorded }),
      endpoint: endpointLabel(chat, [
        ...(facts.endpoints ?? []),
        facts.metadata?.['endpoint'],
        own.labels['endpoint'],
      ]),
      timestamp,
      dialect,
      model,
      request,
      recorded,
      metadata: captureMetadata(facts, own),
      partial: lostParts(facts, chat, recorded),
    },
  };
};

/** The labels that production wrote on its request, and its user. */
type OwnLabels = { readonly labels: JsonObject; readonly user: JsonValue | undefined };

const ownLabels = ({ dialect, request }: DialectRequest): OwnLabels => {
  const { labels, metadata, user } = request;
  switch (dialect) {
    case 'messages': {
      const { user_id: id, ...others } = objectOrEmpty(metadata);
      return { labels: others, user: id };
    }
    case 'gemini':
      return { labels: objectOrEmpty(labels), user: undefined };
    case 'chat':
    case 'responses':
      return { labels: objectOrEmpty(metadata), user };
  }
};

/** The parts that the recording lost, including the tools if undefined ones are called. */
const lostParts = (
  { isWire, partial = [] }: CallFacts,
  request: JsonObject,
  recorded: readonly RecordedResponse[],
): readonly string[] => {
  const lacksTools =
    isWire !== true &&
    !partial.includes('tools') &&
    callsUndefinedTools(
      request,
      recorded.map(({ body }) => body),
    );
  return lacksTools ? [...partial, 'tools'] : partial;
};

const captureMetadata = (
  { metadata, outcome, user, conversation }: CallFacts,
  own: OwnLabels,
): JsonObject | null => {
  const hashedUser = hashedId(user) ?? hashedId(own.user);
  const hashedConversation = hashedId(conversation);
  const all: JsonObject = {
    ...own.labels,
    ...metadata,
    ...(hashedUser === null ? {} : { user: hashedUser }),
    ...(hashedConversation === null ? {} : { conversation: hashedConversation }),
    ...(outcome.kind === 'failed'
      ? { recordedError: { status: outcome.status, message: outcome.message } }
      : {}),
    ...(outcome.kind === 'unreadable' ? { unreadableAnswer: outcome.why } : {}),
  };
  return Object.keys(all).length === 0 ? null : all;
};

/**
 * An id of a user or a conversation in a form that does not identify them but is the same for the same id
 * in every recording: 16 hexadecimal digits. Null for anything that is no id.
 */
const hashedId = (id: JsonValue | undefined): string | null =>
  (typeof id === 'string' && id !== '') || typeof id === 'number'
    ? sha256(`understudy:${id}`).slice(0, 16)
    : null;
