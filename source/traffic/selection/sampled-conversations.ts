import { canonicalJson, isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import type { Capture } from '../capture.ts';
import { chatRequestOf } from '../chat-request.ts';
import { sha256 } from '../hash.ts';
import { captureRank, rankShare } from './rank.ts';

/**
 * Whether a capture is in a sample of this share (above 0, at most 1): the same conversations on every
 * machine and day.
 */
export const isSampled = (capture: Capture, share: number): boolean =>
  share >= 1 || rankShare(captureRank(capture.id, withConversation(capture))) < share;

/**
 * The metadata of a capture with a name for its conversation, by which traffic is sampled while it comes.
 * The metadata name it; without such a name, captures whose messages are equal up to the first of the user
 * are of one conversation, because each request repeats the earlier messages.
 */
export const withConversation = (capture: Capture): JsonObject => ({
  // `sessionId` is searched for last: any other name in the metadata takes precedence.
  sessionId: openingOf(chatRequestOf(capture)),
  ...capture.metadata,
});

const openingOf = (request: JsonObject): string => {
  const messages = (
    Array.isArray(request['messages']) ? request['messages'] : []
  ) as readonly JsonValue[];
  const first = messages.findIndex(
    (message) => isJsonObject(message) && message['role'] === 'user',
  );
  return sha256(canonicalJson(first === -1 ? messages : messages.slice(0, first + 1)));
};
