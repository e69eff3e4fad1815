import { canonicalJson, isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import type { Capture } from '../capture.ts';
import { sha256 } from '../hash.ts';
import { conversationOf } from '../selection/rank.ts';
import { createKeySet } from './key-set.ts';

/**
 * So many keys are kept, in at most 64 MB (96 MB for the moment in which the set grows): two for each
 * turn that a later request holds.
 */
export const maximumTurnKeys = 4_000_000;

/** Tells the requests that a later one of the same conversation begins with. */
export type EarlierTurns = {
  /** Takes note of a request; all come before the first question. */
  readonly remember: (capture: Capture) => void;
  /** Whether another request begins with this one's messages and its answer. */
  readonly isEarlier: (capture: Capture) => boolean;
  /** Turns of which there was no room to take note: requests that end in them count as last turns. */
  readonly forgotten: () => number;
};

/** Takes any order of the requests; which one is asked first makes no difference. */
export const createEarlierTurns = (maximumKeys: number = maximumTurnKeys): EarlierTurns => {
  const keys = createKeySet(maximumKeys);
  let forgotten = 0;
  return {
    remember(capture) {
      let full = false;
      for (const key of turnKeys(capture).holds) if (!keys.add(key)) full = true;
      if (full) forgotten += 1;
    },
    isEarlier: (capture) => turnKeys(capture).ends.some((key) => keys.has(key)),
    forgotten: () => forgotten,
  };
};

/** The keys by which a later request of a conversation is known to go on where an earlier one ended. */
export type TurnKeys = {
  /**
   * Of the turns that this request's messages hold: for each answer in them, the messages up to it,
   * and the messages before it, whatever it was.
   */
  readonly holds: readonly string[];
  /** Of this request with its recorded answers; without one, with any answer. */
  readonly ends: readonly string[];
};

/**
 * Keys by the hashes of message prefixes: a request is an earlier turn where one of its `ends` is among
 * the `holds` of another. Messages are the same by their role, content, calls and names, however these
 * are spelled: a history has lost the ids of calls, nulls and the space around an answer.
 */
export const turnKeys = (capture: Capture): TurnKeys => {
  const messages = messagesIn(capture.request['messages']);
  const holds: string[] = [];
  let prefix = sha256(`turn ${conversationOf(capture.metadata) ?? ''}`);
  for (const [index, message] of messages.entries()) {
    const isAnswer = index > 0 && message['role'] === 'assistant';
    if (isAnswer) holds.push(withAnyAnswer(prefix));
    prefix = withMessage(prefix, message);
    if (isAnswer) holds.push(prefix);
  }
  const answers = capture.recorded.flatMap(({ body }) => answersIn(body));
  return {
    holds,
    ends:
      answers.length === 0
        ? [withAnyAnswer(prefix)]
        : answers.map((answer) => withMessage(prefix, { ...answer, role: 'assistant' })),
  };
};

const withMessage = (prefix: string, message: JsonObject): string =>
  sha256(`${prefix}\n${spelledAlike(message)}`);

const withAnyAnswer = (prefix: string): string => sha256(`${prefix} any answer`);

const messagesIn = (value: JsonValue | undefined): readonly JsonObject[] =>
  Array.isArray(value) ? (value as readonly JsonValue[]).filter(isJsonObject) : [];

const answersIn = (body: JsonObject): readonly JsonObject[] =>
  messagesIn(body['choices']).flatMap(({ message }) => (isJsonObject(message) ? [message] : []));

const spelledAlike = (message: JsonObject): string => {
  const { role, content, name, tool_calls: calls, function_call: call, refusal } = message;
  const text = contentText(content);
  return canonicalJson([
    role ?? null,
    role === 'assistant' ? text.trim() : text,
    name ?? null,
    [...messagesIn(calls).map((one) => one['function']), call].filter(isJsonObject).map(callText),
    refusal ?? null,
  ]);
};

/** A text, or the parts of the content; parts that are text alone are that text. */
const contentText = (content: JsonValue | undefined): string => {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) {
    return content === undefined || content === null ? '' : canonicalJson(content);
  }
  return (content as readonly JsonValue[])
    .map((part) => {
      const text = isJsonObject(part) ? part['text'] : part;
      return typeof text === 'string' ? text : canonicalJson(part);
    })
    .join('');
};

const callText = ({ name, arguments: given }: JsonObject): readonly JsonValue[] => {
  if (typeof given !== 'string') return [name ?? null, given ?? null];
  try {
    return [name ?? null, JSON.parse(given) as JsonValue];
  } catch {
    return [name ?? null, given];
  }
};
