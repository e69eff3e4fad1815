import { chatRequestOf } from '../traffic/chat-request.ts';
import type { Side, Verdict } from '../comparison/outcome.ts';
import { messageText } from '../review/view/message-text.ts';
import { objectsIn, stringOrEmpty, type JsonObject } from '../text/json.ts';
import type { ExportedPair, ExportedSide } from './exported-pair.ts';

/** The messages of a pair's request. */
export const messagesOf = (pair: ExportedPair): readonly JsonObject[] =>
  objectsIn(chatRequestOf(pair)['messages']);

/** The messages of a pair's request as text: the words of a single user message, else with the roles. */
export const questionText = (pair: ExportedPair): string => {
  const messages = messagesOf(pair);
  const [only] = messages;
  if (only !== undefined && messages.length === 1 && only['role'] === 'user') {
    return messageText(only['content']);
  }
  return messages
    .map((message) => `${stringOrEmpty(message['role'])}: ${wholeText(message)}`)
    .join('\n\n');
};

/** The text of a message with its tool calls, a line each. */
export const wholeText = (message: JsonObject): string => {
  const calls = objectsIn(message['tool_calls']).map(({ function: called }) =>
    JSON.stringify(called),
  );
  return [messageText(message['content']), ...calls].filter((text) => text !== '').join('\n');
};

/** A side's answer as text, refusals and tool calls included; the failure in brackets if it failed. */
export const sideWords = (side: ExportedSide): string => {
  switch (side.state) {
    case 'answered':
      return [
        side.text || side.refusal,
        ...side.toolCalls.map((call) => `${call.name}(${call.arguments})`),
      ]
        .filter((text) => text !== '')
        .join('\n');
    case 'failed':
      return `[failed: ${side.failure.reason}]`;
    case 'not_sent':
      return '[not sent]';
  }
};

/** The side that a verdict prefers; null for neither. */
export const preferredSide = (verdict: Verdict): Side | null => {
  if (verdict === 'worse') return 'baseline';
  return verdict === 'better' ? 'candidate' : null;
};
