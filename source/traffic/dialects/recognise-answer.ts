import {
  isJsonArray,
  isJsonObject,
  type JsonObject,
  objectsIn,
  parseJson,
} from '../../text/json.ts';
import type { Dialect } from './dialect.ts';

/**
 * The dialect of an answer's body; null if it has the form of none. Answers name themselves, and a gateway
 * may answer in another dialect than it was asked in.
 */
export const recogniseAnswerBody = (body: JsonObject): Dialect | null => {
  if (isJsonArray(body['choices'])) return 'chat';
  if (body['object'] === 'response' && isJsonArray(body['output'])) return 'responses';
  if (body['type'] === 'message' && isJsonArray(body['content'])) return 'messages';
  const isGemini =
    objectsIn(body['candidates']).some(({ content, finishReason }) => content ?? finishReason) ||
    isJsonObject(body['promptFeedback']);
  return isGemini ? 'gemini' : null;
};

/** The dialect of an event of a stream, by its form alone; null if it has the form of none. */
export const recogniseEvent = ({
  candidates,
  choices,
  object,
  type,
}: JsonObject): Dialect | null => {
  if (object === 'chat.completion.chunk' || isJsonArray(choices)) return 'chat';
  if (typeof type === 'string') {
    if (/^(?:message_|content_block_)/.test(type)) return 'messages';
    if (type.startsWith('response.')) return 'responses';
  }
  return isJsonArray(candidates) ? 'gemini' : null;
};

/** The dialect of a body of server-sent events, by the first of its events that tells; null if none does. */
export const recogniseStream = (text: string): Dialect | null => {
  for (const { 1: data = '' } of text.matchAll(/^data: ?(\{.*)$/gm)) {
    const event = parseJson(data);
    const dialect = isJsonObject(event) ? recogniseEvent(event) : null;
    if (dialect !== null) return dialect;
  }
  return null;
};
