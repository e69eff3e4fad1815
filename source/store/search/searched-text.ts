import { chatForm } from '../../traffic/dialects/chat-form.ts';
import { recogniseCallBody } from '../../traffic/dialects/recognise-call.ts';
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';

/**
 * The text of a stored body that a search looks into: what messages, answers and tool calls say, without
 * the names of JSON members. Parts stand on lines of their own.
 */
export const searchedText = (body: JsonObject): string => {
  const parts: string[] = [];
  const { messages } = chatFormOfBody(body);
  if (isJsonArray(messages)) {
    for (const message of messages) collectMessage(message, parts);
  } else collectMessage(body, parts);
  return parts.join('\n');
};

/** A request in the words of chat completions; anything else, such as a stored answer, as it is. */
const chatFormOfBody = (body: JsonObject): JsonObject => {
  const { contents, input, messages, prompt } = body;
  if (contents !== undefined) return chatForm('gemini', body);
  if (messages !== undefined) {
    const call = recogniseCallBody(body);
    return call.kind === 'call' ? chatForm(call.dialect, body) : body;
  }
  return input !== undefined || isJsonObject(prompt) ? chatForm('responses', body) : body;
};

/** A message of a request and a stored answer have these members in common or apart. */
const textMembers = ['content', 'text', 'refusal', 'reasoning', 'name', 'arguments'] as const;
const innerMembers = ['tool_calls', 'toolCalls', 'function', 'otherChoices'] as const;

const collectMessage = (value: JsonValue, parts: string[], depth = 0): void => {
  if (depth > 6) return;
  if (isJsonArray(value)) {
    for (const item of value) collectMessage(item, parts, depth + 1);
    return;
  }
  if (!isJsonObject(value)) return;
  for (const member of textMembers) {
    const text = value[member];
    if (typeof text === 'string') {
      if (text !== '') parts.push(text);
    } else if (isJsonArray(text) || isJsonObject(text)) collectMessage(text, parts, depth + 1);
  }
  for (const member of innerMembers) {
    const inner = value[member];
    if (inner !== undefined) collectMessage(inner, parts, depth + 1);
  }
};

/** Text as a search compares it: without its case, in Unicode form C. */
export const folded = (text: string): string => text.normalize('NFC').toLowerCase();
