import type { JsonObject } from '../../text/json.ts';
import { sha256 } from '../hash.ts';

/** Where applications write which conversation a request belongs to, the narrowest word first. */
const conversationKeys = ['conversation', 'thread', 'chat', 'session'].flatMap((word) => [
  word,
  `${word}_id`,
  `${word}Id`,
]);

/**
 * The conversation that the metadata name (`conversation`, `thread`, `chat` or `session`, also with
 * `_id` or `Id`, a text or a number); null where they name none.
 */
export const conversationOf = (metadata: JsonObject | null): string | null => {
  if (metadata === null) return null;
  for (const key of conversationKeys) {
    const value = metadata[key];
    if ((typeof value === 'string' && value !== '') || typeof value === 'number') return `${value}`;
  }
  return null;
};

/**
 * What is drawn as one: the conversation, so that a sample holds whole ones; else the capture. The user
 * is none: the requests of one user would stand for all.
 */
const unitOf = (id: string, metadata: JsonObject | null): string => {
  const conversation = conversationOf(metadata);
  return conversation === null ? `capture ${id}` : `conversation ${conversation}`;
};

/**
 * The place of a capture among all that could be chosen: 40 hexadecimal digits that follow from its
 * conversation and its id alone, so that it is the same on every machine and whatever else there is.
 * Captures of one conversation stand together.
 */
export const captureRank = (id: string, metadata: JsonObject | null): string =>
  sha256(`understudy sample ${unitOf(id, metadata)}`).slice(0, 20) + sha256(id).slice(0, 20);

/** Where between 0 and 1 a rank stands; captures of one conversation stand at one place. */
export const rankShare = (rank: string): number => Number.parseInt(rank.slice(0, 13), 16) / 2 ** 52;
