import { canonicalJson, isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import type { Capture } from '../../traffic/capture.ts';
import { sha256 } from '../../traffic/hash.ts';
import { captureRank, rankShare } from '../../traffic/selection/rank.ts';

/**
 * Whether a capture is in a sample of this share (above 0, at most 1): the same conversations on every
 * machine and day. A conversation is what the metadata name, else what begins with the same messages
 * up to the first of the user, since each of its requests holds all before it.
 */
export const isSampled = ({ id, request, metadata }: Capture, share: number): boolean => {
  if (share >= 1) return true;
  // `sessionId` is the last of the names that are looked for: any other one in the metadata comes first.
  return rankShare(captureRank(id, { sessionId: openingOf(request), ...metadata })) < share;
};

const openingOf = (request: JsonObject): string => {
  const messages = (
    Array.isArray(request['messages']) ? request['messages'] : []
  ) as readonly JsonValue[];
  const first = messages.findIndex(
    (message) => isJsonObject(message) && message['role'] === 'user',
  );
  return sha256(canonicalJson(first === -1 ? messages : messages.slice(0, first + 1)));
};
