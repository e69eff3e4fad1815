import { isJsonObject, type JsonObject, type JsonValue } from '../../../text/json.ts';
import {
  type AnswerFacts,
  completionOfMessages,
  mergeMessages,
  readFinishReason,
  readUsage,
  textMessage,
} from './chat-completion.ts';
import { unwrapJson } from './embedded-json.ts';
import { readMessages } from './messages.ts';

/**
 * The `chat.completion` of an answer in any of the shapes in which traces store one: a completion, a
 * message or a list of them, a choice, a text, calls of tools, LangChain's generations, a response of
 * OpenAI's Responses API or of Gemini. Null where there is none. A JSON value of no known shape is an answer
 * in JSON.
 */
export const readRecordedAnswer = (
  stored: JsonValue | undefined,
  facts: AnswerFacts,
): JsonObject | null => {
  if (stored === undefined || stored === null || stored === '') return null;
  const value = unwrapJson(stored);
  if (isJsonObject(value)) {
    return (
      ofCompletion(value, facts) ??
      ofGenerations(value, facts) ??
      ofResponse(value, facts) ??
      ofGemini(value, facts) ??
      ofMessage(value, facts) ??
      completionOfMessages([textMessage(stored)], facts)
    );
  }
  if (Array.isArray(value) && value.length > 0) {
    const list = value as readonly JsonValue[];
    const messages = messagesIn(list) ?? callsIn(list);
    if (messages !== null) return completionOfMessages(messages, withReasons(facts, list));
  }
  return completionOfMessages([textMessage(stored)], facts);
};

/** Kept as it is, with what the trace knows and it does not say. */
const ofCompletion = (value: JsonObject, facts: AnswerFacts): JsonObject | null => {
  const { choices } = value;
  if (!Array.isArray(choices)) return null;
  const isChoice = (choice: JsonValue): boolean =>
    isJsonObject(choice) && isJsonObject(choice['message']);
  if (!(choices as readonly JsonValue[]).some(isChoice)) return null;
  return {
    ...(facts.id === null ? {} : { id: facts.id }),
    object: 'chat.completion',
    ...(facts.model === null ? {} : { model: facts.model }),
    ...(facts.usage === null ? {} : { usage: facts.usage }),
    ...Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== null)),
  };
};

/** A message, a choice (`{message, finish_reason}`), or Vercel's `{text, toolCalls, finishReason}`. */
const ofMessage = (value: JsonObject, facts: AnswerFacts): JsonObject | null => {
  const { text, toolCalls, object } = value;
  const reason = readFinishReason(value['finish_reason'] ?? value['finishReason']);
  const more = withReasons(facts, [{ finish_reason: reason }]);
  if (typeof text === 'string' && (toolCalls !== undefined || reason !== null)) {
    const message = {
      role: 'assistant',
      content: text === '' ? null : text,
      tool_calls: toolCalls,
    };
    const read = messagesIn([message as JsonObject]);
    return read === null ? null : completionOfMessages(read, more);
  }
  if (Object.keys(value).length === 1 && isJsonObject(object)) {
    return completionOfMessages([textMessage(object)], more);
  }
  const messages = messagesIn([value]);
  return messages === null ? null : completionOfMessages(messages, more);
};

/** LangChain's `generations: [[{text, message, generation_info}]]`. */
const ofGenerations = (value: JsonObject, facts: AnswerFacts): JsonObject | null => {
  const { generations, llm_output } = value;
  if (!Array.isArray(generations)) return null;
  const list = (generations as readonly JsonValue[]).flat().filter(isJsonObject);
  const found = list.map((generation) => {
    const { message, text, generation_info } = generation;
    const read = isJsonObject(message) ? messagesIn([message]) : null;
    const content = typeof text === 'string' ? text : '';
    const info = isJsonObject(generation_info) ? generation_info : {};
    const kwargs = isJsonObject(message) ? (message['kwargs'] ?? message['data'] ?? message) : {};
    const about = isJsonObject(kwargs) ? kwargs : {};
    const metadata = isJsonObject(about['response_metadata']) ? about['response_metadata'] : {};
    return {
      message: read?.[0] ?? { role: 'assistant', content },
      reason: readFinishReason(
        info['finish_reason'] ?? metadata['finish_reason'] ?? metadata['stop_reason'],
      ),
      model: info['model_name'] ?? metadata['model_name'],
      usage: about['usage_metadata'],
      id: metadata['id'],
    };
  });
  const [first] = found;
  if (first === undefined) return null;
  const output = isJsonObject(llm_output) ? llm_output : {};
  const model = [output['model_name'], first.model].find((name) => typeof name === 'string');
  return completionOfMessages(
    found.map(({ message }) => message),
    {
      ...facts,
      id: typeof first.id === 'string' ? first.id : facts.id,
      model: typeof model === 'string' ? model : facts.model,
      finishReasons: found.map(({ reason }) => reason),
      usage: readUsage(output['token_usage']) ?? readUsage(first.usage) ?? facts.usage,
      // Each generation of a batch of one is a choice.
      choices: found.length,
    },
  );
};

const ofResponse = (value: JsonObject, facts: AnswerFacts): JsonObject | null => {
  const { output, id, model, status } = value;
  if (value['object'] !== 'response' || !Array.isArray(output)) return null;
  const items = readMessages(output, { lost: new Set(), joined: true })?.messages ?? [];
  if (items.length === 0) return null;
  const merged = items.length === 1 ? items : [mergeMessages(items)];
  const calls = merged.some(({ tool_calls }) => Array.isArray(tool_calls) && tool_calls.length > 0);
  const reason = calls ? 'tool_calls' : status === 'incomplete' ? 'length' : 'stop';
  return completionOfMessages(
    merged.map(({ tool_calls: some, ...rest }) => ({
      ...rest,
      ...(Array.isArray(some) && some.length > 0 ? { tool_calls: some } : {}),
    })),
    {
      ...facts,
      id: typeof id === 'string' ? id : facts.id,
      model: typeof model === 'string' ? model : facts.model,
      finishReasons: [reason],
      usage: readUsage(value['usage']) ?? facts.usage,
    },
  );
};

const ofGemini = (value: JsonObject, facts: AnswerFacts): JsonObject | null => {
  const { candidates } = value;
  if (!Array.isArray(candidates)) return null;
  const list = (candidates as readonly JsonValue[]).filter(isJsonObject);
  const contents = list.map(({ content }) => ({
    ...(isJsonObject(content) ? content : {}),
    role: 'model',
  }));
  const messages = messagesIn(contents);
  if (messages === null) return null;
  return completionOfMessages(messages, {
    ...facts,
    finishReasons: list.map((one) => readFinishReason(one['finishReason'] ?? one['finish_reason'])),
  });
};

/** The messages of a list, each in any spelling; null when one of them is no message of the assistant. */
export const messagesIn = (list: readonly JsonValue[]): readonly JsonObject[] | null => {
  const each = list.map((entry) => readMessages([entry], { lost: new Set() })?.messages ?? []);
  const all = each.flat();
  if (all.length === 0) return null;
  const areAnswers = list.every((entry) => isMessageLike(unwrapJson(entry)));
  return areAnswers && all.every(({ role }) => role === 'assistant') ? all : null;
};

const isMessageLike = (entry: JsonValue | undefined): boolean =>
  isJsonObject(entry) &&
  ['role', 'message', 'kwargs', 'parts', 'type'].some((key) => entry[key] !== undefined) &&
  ['content', 'message', 'kwargs', 'parts', 'tool_calls', 'name', 'data', 'summary'].some(
    (key) => entry[key] !== undefined,
  );

/** Calls of tools without a message around them, as Vercel stores them. */
export const callsIn = (list: readonly JsonValue[]): readonly JsonObject[] | null => {
  const areCalls = list.every(
    (entry) =>
      isJsonObject(entry) &&
      (entry['toolName'] !== undefined ||
        (entry['type'] === 'function' && isJsonObject(entry['function']))),
  );
  return areCalls
    ? (readMessages([{ role: 'assistant', content: null, tool_calls: list }], { lost: new Set() })
        ?.messages ?? null)
    : null;
};

/** Reasons that stand on the messages, where the trace has none of its own. */
export const withReasons = (facts: AnswerFacts, list: readonly JsonValue[]): AnswerFacts => ({
  ...facts,
  finishReasons:
    facts.finishReasons.length > 0
      ? facts.finishReasons
      : list.map((entry) =>
          isJsonObject(entry) ? readFinishReason(entry['finish_reason']) : null,
        ),
});
