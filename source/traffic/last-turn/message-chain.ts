import {
  canonicalJson,
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  objectsIn,
  parseJson,
} from '../../text/json.ts';
import { sha256 } from '../hash.ts';

/**
 * Returns the hash of messages and one more. `before`: the hash of the messages before it, or what they begin
 * with. Messages are compared by role, content, calls and names in a normal form, because a history loses the
 * ids of calls, nulls, and white space around answers.
 */
export const withMessage = (before: string, message: JsonObject): string =>
  sha256(`${before}\n${normalForm(message)}`);

const normalForm = (message: JsonObject): string => {
  const { role, content, name, tool_calls: calls, function_call: call, refusal } = message;
  const text = contentText(content);
  return canonicalJson([
    role ?? null,
    role === 'assistant' ? text.trim() : text,
    name ?? null,
    [...objectsIn(calls).map((toolCall) => toolCall['function']), call]
      .filter(isJsonObject)
      .map(callForm),
    refusal ?? null,
  ]);
};

/** Content that is split into text parts is the same as their text. */
const contentText = (content: JsonValue | undefined): string => {
  if (typeof content === 'string') return content;
  if (!isJsonArray(content)) {
    return content === undefined || content === null ? '' : canonicalJson(content);
  }
  return content
    .map((part) => {
      const text = isJsonObject(part) ? part['text'] : part;
      return typeof text === 'string' ? text : canonicalJson(part);
    })
    .join('');
};

const callForm = ({ name, arguments: given }: JsonObject): readonly JsonValue[] => {
  const parsed = typeof given === 'string' ? parseJson(given) : undefined;
  return [name ?? null, parsed === undefined ? (given ?? null) : parsed];
};
