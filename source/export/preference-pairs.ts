import { chatRequestOf } from '../traffic/chat-request.ts';
import { verdictWords } from '../review/session/blind.ts';
import {
  isJsonArray,
  isJsonObject,
  objectsIn,
  parseJson,
  type JsonObject,
  type JsonValue,
} from '../text/json.ts';
import { jsonLines, type NoRow } from './export-format.ts';
import type { ExportedPair, ExportedSide } from './exported-pair.ts';
import { messagesOf } from './pair-texts.ts';

/**
 * Preference pairs for DPO, in the conversational format of TRL: `prompt`, `chosen` and `rejected` are lists
 * of messages, and `tools` those of the request. Only pairs that are judged worse or better have a row.
 */
export const preferencePairs = jsonLines((pair) => {
  const { baseline, candidate, commonVerdict: verdict } = pair;
  if (verdict === null) return { leftOut: 'no verdict' };
  if (verdict !== 'worse' && verdict !== 'better') {
    return { leftOut: verdict === 'conflict' ? 'reviewers disagree' : verdictWords(verdict) };
  }
  const prompt = messagesOf(pair).map(promptMessage);
  if (prompt.length === 0) return { leftOut: 'a request without messages' };
  if (prompt.some(({ content }) => isJsonArray(content))) {
    return { leftOut: 'images, sound or files in the request' };
  }
  const [chosen, rejected] = (
    verdict === 'worse' ? [baseline, candidate] : [candidate, baseline]
  ).map(answerMessage);
  if (!chosen || !rejected) return { leftOut: 'a side without an answer' };
  return preferenceRow(pair, prompt, chosen, rejected);
});

const preferenceRow = (
  pair: ExportedPair,
  prompt: readonly JsonObject[],
  chosen: JsonObject,
  rejected: JsonObject,
): JsonObject | NoRow => {
  if (JSON.stringify(chosen) === JSON.stringify(rejected)) {
    return { leftOut: 'the same answer twice' };
  }
  const { capture, comparison, endpoint } = pair;
  const tools = objectsIn(chatRequestOf(pair)['tools']);
  return {
    prompt,
    chosen: [chosen],
    rejected: [rejected],
    ...(tools.length === 0 ? {} : { tools }),
    id: capture,
    comparison: comparison.id,
    endpoint,
  };
};

/** A message of the request, with its text as a string and the arguments of its tool calls as objects. */
const promptMessage = (message: JsonObject): JsonObject => {
  const { content, tool_calls: calls } = message;
  return {
    ...message,
    ...(content === undefined ? {} : { content: plainContent(content) }),
    ...(isJsonArray(calls) ? { tool_calls: calls.map(withParsedArguments) } : {}),
  };
};

/** Joins the parts of a content that are all text; anything else stays as it is. */
const plainContent = (content: JsonValue): JsonValue => {
  if (!isJsonArray(content)) return content;
  const texts = content.flatMap((part) =>
    isJsonObject(part) && part['type'] === 'text' && typeof part['text'] === 'string'
      ? [part['text']]
      : [],
  );
  return texts.length === content.length ? texts.join('\n') : content;
};

const withParsedArguments = (call: JsonValue): JsonValue => {
  if (!isJsonObject(call)) return call;
  const called = call['function'];
  if (!isJsonObject(called) || typeof called['arguments'] !== 'string') return call;
  return { ...call, function: { ...called, arguments: parsedArguments(called['arguments']) } };
};

const parsedArguments = (text: string): JsonValue => {
  const parsed = parseJson(text);
  return isJsonObject(parsed) ? parsed : text;
};

/** The message of an answer; null if the side has none. */
const answerMessage = (side: ExportedSide): JsonObject | null => {
  if (side.state !== 'answered') return null;
  const calls = side.toolCalls.map((call) => ({
    type: 'function',
    ...(call.id === null ? {} : { id: call.id }),
    function: { name: call.name, arguments: parsedArguments(call.arguments) },
  }));
  return {
    role: 'assistant',
    content: side.text || side.refusal,
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  };
};
