import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  objectOrEmpty,
} from '../../../text/json.ts';
import { derivedId, readRecordId } from '../../capture-id.ts';
import type { RecordedResponse } from '../../capture.ts';
import {
  callsUndefinedTools,
  endpointLabel,
  modelName,
  requestProblem,
} from '../../chat-request.ts';
import { otherDialectReason } from '../../dialects/recognise-call.ts';
import { sha256 } from '../../hash.ts';
import { readTimestamp } from '../../times.ts';
import type { FormatRecord } from '../format.ts';
import type { RecordedOutcome } from './recorded-outcome.ts';

/** One call as recorded. Times are in milliseconds; null is unknown. */
export type CallFacts = {
  readonly id: JsonValue | undefined;
  readonly timestamp: JsonValue | undefined;
  readonly request: JsonValue | undefined;
  readonly outcome: RecordedOutcome;
  readonly totalMs: number | null;
  readonly timeToFirstTokenMs: number | null;
  /** Labels of the production feature, the best first. */
  readonly endpoints?: readonly (JsonValue | undefined)[];
  /** The model, if neither the answer nor the request names one. */
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
  const { request, outcome } = facts;
  const recordId = readRecordId(facts.id);
  const lost = (facts.partial ?? []).find((part) => Object.hasOwn(essentialParts, part));
  const lostReason = lost === undefined ? null : (essentialParts[lost] ?? lost);
  const problem = lostReason ?? requestProblem(request);
  if (problem !== null || !isJsonObject(request)) {
    return { kind: 'rejected', reason: problem ?? 'no request', recordId };
  }
  if (outcome.kind === 'other dialect') {
    return { kind: 'rejected', reason: otherDialectReason(outcome.what), recordId };
  }
  const ownMetadata = objectOrEmpty(request['metadata']);
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
    capture: {
      id: recordId ?? derivedId({ request, timestamp, recorded }),
      endpoint: endpointLabel(request, [
        ...(facts.endpoints ?? []),
        facts.metadata?.['endpoint'],
        ownMetadata['endpoint'],
      ]),
      timestamp,
      request,
      recorded,
      metadata: captureMetadata(facts, ownMetadata, request['user']),
      partial: lostParts(facts, request, recorded),
    },
  };
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
  ownMetadata: JsonObject,
  requestUser: JsonValue | undefined,
): JsonObject | null => {
  const hashedUser = hashedId(user) ?? hashedId(requestUser);
  const hashedConversation = hashedId(conversation);
  const all: JsonObject = {
    ...ownMetadata,
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
