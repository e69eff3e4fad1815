import type { JsonObject } from '../../text/json.ts';
import { sha256 } from '../hash.ts';

/** Where applications write the conversation of a request, the narrowest term first. */
const conversationKeys = ['conversation', 'thread', 'chat', 'session'].flatMap((word) => [
  word,
  `${word}_id`,
  `${word}Id`,
]);

/**
 * The conversation that metadata names under `conversation`, `thread`, `chat` or `session`, also with
 * `_id` or `Id`; null if there is none.
 */
export const conversationId = (metadata: JsonObject | null): string | null => {
  if (metadata === null) return null;
  for (const key of conversationKeys) {
    const value = metadata[key];
    if ((typeof value === 'string' && value !== '') || typeof value === 'number') return `${value}`;
  }
  return null;
};

/**
 * What a sample draws as one: the conversation, so that it holds whole conversations, or else the capture.
 * Not the user, because the requests of one user would then stand for everyone's.
 */
const samplingUnit = (id: string, metadata: JsonObject | null): string => {
  const conversation = conversationId(metadata);
  return conversation === null ? `capture ${id}` : `conversation ${conversation}`;
};

/**
 * The position of a capture among all that could be chosen, as 40 hexadecimal digits. It depends only on
 * its conversation and its id, so it is the same on every machine and whatever other captures there
 * are. Captures of one conversation are neighbours.
 */
export const captureRank = (id: string, metadata: JsonObject | null): string =>
  sha256(`understudy sample ${samplingUnit(id, metadata)}`).slice(0, 20) + sha256(id).slice(0, 20);

/** A rank as a share from 0 to 1, which captures of one conversation have in common. */
export const rankShare = (rank: string): number => Number.parseInt(rank.slice(0, 13), 16) / 2 ** 52;
