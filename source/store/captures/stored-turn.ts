import { isJsonObject, parseJson } from '../../text/json.ts';
import type { Dialect } from '../../traffic/dialects/dialect.ts';
import { conversationTurn } from '../../traffic/last-turn/conversation-turn.ts';

/**
 * Returns a `ConversationTurn` as JSON for captures that an earlier version stored, from the columns of one; null
 * if it has none, or if its request cannot be read.
 */
export const storedTurn = (
  dialect: Dialect,
  model: string | null,
  metadata: string | null,
  body: string,
): string | null => {
  const request = parseJson(body);
  if (!isJsonObject(request)) return null;
  const known = metadata === null ? null : parseJson(metadata);
  const turn = conversationTurn({
    dialect,
    model,
    metadata: isJsonObject(known) ? known : null,
    request,
  });
  return turn === null ? null : JSON.stringify(turn);
};
