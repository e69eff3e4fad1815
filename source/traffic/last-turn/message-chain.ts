import {
  canonicalJson,
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  objectsIn,
  parseJson,
} from '../../text/json.ts';
import { RecurringTexts } from '../../text/recurring-texts.ts';
import { sha256 } from '../hash.ts';

/** A message, the hash of the messages before it, and the hash of them all. */
type KnownMessage = {
  readonly before: string;
  readonly message: JsonObject;
  readonly hash: string;
};

/** Messages by their content: the system prompt of a feature is in each of its requests. */
const knownMessages = new RecurringTexts<KnownMessage>();

/**
 * Returns the hash of messages and one more. `before`: the hash of the messages before it, or what they begin
 * with. Messages are compared by role, content, calls and names in a normal form, because a history loses the
 * ids of calls, nulls, and white space around answers.
 */
export const withMessage = (before: string, message: JsonObject): string => {
  const { content } = message;
  if (typeof content !== 'string') return hashWith(before, message);
  const known = knownMessages.get(content);
  if (known?.before === before && saysSame(known.message, message)) return known.hash;
  const hash = hashWith(before, message);
  knownMessages.add(content, { before, message, hash });
  return hash;
};

/** The members that the normal form consists of. */
const told = ['role', 'content', 'name', 'tool_calls', 'function_call', 'refusal'] as const;

/** Whether two messages say the same; false is not certain where one has calls. */
const saysSame = (one: JsonObject, other: JsonObject): boolean =>
  told.every((member) => one[member] === other[member]);

const hashWith = (before: string, message: JsonObject): string =>
  sha256(`${before}\n${normalForm(message)}`);

const normalForm = (message: JsonObject): string => {
  const { role, content, name, tool_calls: calls, function_call: call, refusal } = message;
  const text = contentText(content);
  return canonicalJson([
    role ?? null,
    role === 'assistant' ? text.trim() : text,
    name ?? null,
    calls === undefined && call === undefined ? [] : callForms(calls, call),
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

const callForms = (
  calls: JsonValue | undefined,
  call: JsonValue | undefined,
): readonly JsonValue[] =>
  [...objectsIn(calls).map((toolCall) => toolCall['function']), call]
    .filter(isJsonObject)
    .map(callForm);

const callForm = ({ name, arguments: given }: JsonObject): readonly JsonValue[] => {
  const parsed = typeof given === 'string' ? parseJson(given) : undefined;
  return [name ?? null, parsed === undefined ? (given ?? null) : parsed];
};
