import { isJsonObject, type JsonObject, type JsonValue } from '../../../text/json.ts';
import { derivedId, readRecordId } from '../../capture-id.ts';
import type { RecordedResponse } from '../../capture.ts';
import { endpointLabel, modelName, requestProblem } from '../../chat-request.ts';
import { sha256 } from '../../hash.ts';
import { readTimestamp } from '../../times.ts';
import type { FormatRecord } from '../format.ts';
import type { RecordedOutcome } from './recorded-outcome.ts';

/** What a recording says of one call. Times are milliseconds; null is unknown. */
export type CallFacts = {
  readonly id: JsonValue | undefined;
  readonly timestamp: JsonValue | undefined;
  readonly request: JsonValue | undefined;
  readonly outcome: RecordedOutcome;
  readonly totalMs: number | null;
  readonly timeToFirstTokenMs: number | null;
  /** Labels of the production feature, the best first. */
  readonly endpoints?: readonly (JsonValue | undefined)[];
  /** The model where neither the answer nor the request names one. */
  readonly model?: string | null;
  readonly user?: JsonValue | undefined;
  readonly conversation?: JsonValue | undefined;
  readonly metadata?: JsonObject | null;
  readonly partial?: readonly string[];
};

/** What a request cannot be sent without: the answer would be one to another question. */
const notWithout: Readonly<Record<string, string>> = {
  images: 'image not stored',
  files: 'file not stored',
  attachments: 'file not stored',
  audio: 'sound not stored',
  'tool results': 'tool result missing',
};

/**
 * The capture of a call, or why it cannot be replayed. A call without an id gets one from its request
 * and whatever tells it from another call with the same request: when it was, and what the server
 * named its answer. A failed answer is kept as `metadata.recordedError`, ids of persons only hashed.
 */
export const captureRecord = (facts: CallFacts): FormatRecord => {
  const { request, outcome } = facts;
  const recordId = readRecordId(facts.id);
  const problem = requestProblem(request);
  if (problem !== null || !isJsonObject(request)) {
    return { kind: 'rejected', reason: problem ?? 'no request', recordId };
  }
  const lost = (facts.partial ?? []).find((part) => Object.hasOwn(notWithout, part));
  if (lost !== undefined) {
    return { kind: 'rejected', reason: notWithout[lost] ?? lost, recordId };
  }
  const own = isJsonObject(request['metadata']) ? request['metadata'] : null;
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
        own?.['endpoint'],
      ]),
      timestamp,
      request,
      recorded,
      metadata: metadataOf(facts, own, request['user']),
      partial: facts.partial ?? [],
    },
  };
};

const metadataOf = (
  { metadata, outcome, user, conversation }: CallFacts,
  own: JsonObject | null,
  requestUser: JsonValue | undefined,
): JsonObject | null => {
  const who = hashedId(user) ?? hashedId(requestUser);
  const where = hashedId(conversation);
  const all: JsonObject = {
    ...own,
    ...metadata,
    ...(who === null ? {} : { user: who }),
    ...(where === null ? {} : { conversation: where }),
    ...(outcome.kind === 'failed'
      ? { recordedError: { status: outcome.status, message: outcome.message } }
      : {}),
  };
  return Object.keys(all).length === 0 ? null : all;
};

/**
 * The id of a user or a conversation in a form that tells two of them apart and does not name them: 16
 * hexadecimal digits, the same for the same id in every recording; null for what is no id.
 */
export const hashedId = (id: JsonValue | undefined): string | null =>
  (typeof id === 'string' && id !== '') || typeof id === 'number'
    ? sha256(`understudy:${id}`).slice(0, 16)
    : null;
