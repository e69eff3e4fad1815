import { parseJsonObject } from '../../text/json.ts';
import type { Dialect } from '../../traffic/dialects/dialect.ts';
import { conversationTurn } from '../../traffic/last-turn/conversation-turn.ts';

/**
 * Returns a `ConversationTurn` as JSON for captures that an earlier version stored, from the columns of one; null
 * if it has none.
 */
export const storedTurn = (
  dialect: Dialect,
  model: string | null,
  metadata: string | null,
  body: string,
): string | null => {
  const turn = conversationTurn({
    dialect,
    model,
    metadata: metadata === null ? null : parseJsonObject(metadata),
    request: parseJsonObject(body),
  });
  return turn === null ? null : JSON.stringify(turn);
};
