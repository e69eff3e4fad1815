import {
  arrayOrEmpty,
  firstString,
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  objectOrEmpty,
  objectsIn,
} from '../../../text/json.ts';
import {
  type AnswerFacts,
  completionOfMessages,
  contentParts,
  mergeMessages,
  readFinishReason,
  readTracedUsage,
  textMessage,
} from './chat-completion.ts';
import { unwrapJson } from './embedded-json.ts';
import { readMessages } from './messages.ts';

/**
 * Reads an answer in any of the shapes in which traces store one, as a `chat.completion`: a completion, a
 * message or a list of them, a choice, text, tool calls, LangChain's generations, or a response of OpenAI's
 * Responses API or of Gemini. JSON of any other shape is an answer that is JSON. Null if there is none.
 */
export const readTracedAnswer = (
  stored: JsonValue | undefined,
  facts: AnswerFacts,
): JsonObject | null => {
  if (stored === undefined || stored === null || stored === '') return null;
  const value = unwrapJson(stored);
  if (isJsonObject(value)) {
    // What the provider counted says more than the sums of a trace.
    const counted = { ...facts, usage: usageIn(value) ?? facts.usage };
    return (
      readCompletion(value, counted) ??
      readGenerations(value, counted) ??
      readResponse(value, counted) ??
      readGemini(value, counted) ??
      readMessage(value, counted) ??
      completionOfMessages([textMessage(stored)], facts)
    );
  }
  if (isJsonArray(value) && value.length > 0) {
    const messages = assistantMessages(value) ?? bareToolCalls(value);
    if (messages !== null) return completionOfMessages(messages, withFinishReasons(facts, value));
  }
  return completionOfMessages([textMessage(stored)], facts);
};

/** The usage in an answer: a `usage`, or what LangChain and Gemini write in its place. */
const usageIn = (value: JsonObject): JsonObject | null =>
  readTracedUsage(value['usage']) ??
  readTracedUsage(value['usage_metadata']) ??
  readTracedUsage(value['usageMetadata']);

/** A completion is kept, with facts of the trace that it lacks. */
const readCompletion = (value: JsonObject, facts: AnswerFacts): JsonObject | null => {
  if (!objectsIn(value['choices']).some(({ message }) => isJsonObject(message))) return null;
  return {
    ...(facts.id === null ? {} : { id: facts.id }),
    object: 'chat.completion',
    ...(facts.model === null ? {} : { model: facts.model }),
    ...(facts.usage === null ? {} : { usage: facts.usage }),
    ...Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== null)),
  };
};

/** A message, a choice (`{message, finish_reason}`), or Vercel's `{text, toolCalls, finishReason}`. */
const readMessage = (value: JsonObject, facts: AnswerFacts): JsonObject | null => {
  const { text, toolCalls, object } = value;
  const reason = readFinishReason(value['finish_reason'] ?? value['finishReason']);
  const withReason = withFinishReasons(facts, [{ finish_reason: reason }]);
  if (typeof text === 'string' && (toolCalls !== undefined || reason !== null)) {
    const message: JsonObject = {
      role: 'assistant',
      content: text === '' ? null : text,
      ...(toolCalls === undefined ? {} : { tool_calls: toolCalls }),
    };
    const read = assistantMessages([message]);
    return read === null ? null : completionOfMessages(read, withReason);
  }
  if (Object.keys(value).length === 1 && isJsonObject(object)) {
    return completionOfMessages([textMessage(object)], withReason);
  }
  const messages = assistantMessages([value]);
  return messages === null ? null : completionOfMessages(messages, withReason);
};

/** LangChain's `generations: [[{text, message, generation_info}]]`. */
const readGenerations = (value: JsonObject, facts: AnswerFacts): JsonObject | null => {
  const generations = arrayOrEmpty(value['generations'])
    .flatMap((entry) => (isJsonArray(entry) ? entry : [entry]))
    .filter(isJsonObject)
    .map(readGeneration);
  const [first] = generations;
  if (first === undefined) return null;
  const output = objectOrEmpty(value['llm_output']);
  return completionOfMessages(
    generations.map(({ message }) => message),
    {
      ...facts,
      id: first.id ?? facts.id,
      model: firstString(output['model_name'], first.model) ?? facts.model,
      finishReasons: generations.map(({ reason }) => reason),
      usage: readTracedUsage(output['token_usage']) ?? readTracedUsage(first.usage) ?? facts.usage,
      // Each generation of a batch of one is a choice.
      choices: generations.length,
    },
  );
};

const readGeneration = (generation: JsonObject) => {
  const { message, text } = generation;
  const read = isJsonObject(message) ? assistantMessages([message]) : null;
  const info = objectOrEmpty(generation['generation_info']);
  const stored = objectOrEmpty(message);
  const about = objectOrEmpty(stored['kwargs'] ?? stored['data'] ?? message);
  const metadata = objectOrEmpty(about['response_metadata']);
  return {
    message: read?.[0] ?? { role: 'assistant', content: typeof text === 'string' ? text : '' },
    reason: readFinishReason(
      info['finish_reason'] ?? metadata['finish_reason'] ?? metadata['stop_reason'],
    ),
    model: info['model_name'] ?? metadata['model_name'],
    usage: about['usage_metadata'],
    id: firstString(metadata['id']),
  };
};

/** A response of OpenAI's Responses API. */
const readResponse = (value: JsonObject, facts: AnswerFacts): JsonObject | null => {
  const { output, id, model, status } = value;
  if (value['object'] !== 'response' || !isJsonArray(output)) return null;
  const lost = new Set<string>();
  const read = readMessages(output, { lost, joined: true })?.messages ?? [];
  const items = withParts(read.length === 0 ? [{ role: 'assistant', content: null }] : read, lost);
  if (read.length === 0 && lost.size === 0) return null;
  const merged = items.length === 1 ? items : [mergeMessages(items)];
  const hasCalls = merged.some(({ tool_calls: calls }) => arrayOrEmpty(calls).length > 0);
  const reason = hasCalls ? 'tool_calls' : status === 'incomplete' ? 'length' : 'stop';
  return completionOfMessages(
    merged.map(({ tool_calls: calls, ...rest }) => ({
      ...rest,
      ...(isJsonArray(calls) && calls.length > 0 ? { tool_calls: calls } : {}),
    })),
    {
      ...facts,
      id: firstString(id) ?? facts.id,
      model: firstString(model) ?? facts.model,
      finishReasons: [reason],
      usage: readTracedUsage(value['usage']) ?? facts.usage,
    },
  );
};

/** A response of Gemini, or the single candidate that Google's ADK stores: `{content: {parts, role}}`. */
const readGemini = (value: JsonObject, facts: AnswerFacts): JsonObject | null => {
  const isCandidate = isJsonArray(objectOrEmpty(value['content'])['parts']);
  if (!isJsonArray(value['candidates']) && !isCandidate) return null;
  const candidates = isCandidate ? [value] : objectsIn(value['candidates']);
  const messages = assistantMessages(
    candidates.map(({ content }) => ({ ...objectOrEmpty(content), role: 'model' })),
  );
  if (messages === null) return null;
  return completionOfMessages(messages, {
    ...facts,
    finishReasons: candidates.map((candidate, index) => {
      const reason = readFinishReason(candidate['finishReason'] ?? candidate['finish_reason']);
      // Gemini stops after a tool call as after an answer.
      const hasCalls = arrayOrEmpty(messages[index]?.['tool_calls']).length > 0;
      return hasCalls && reason === 'stop' ? 'tool_calls' : reason;
    }),
  });
};

/** Reads a list of assistant messages in any spelling; null if one of them is anything else. */
const assistantMessages = (list: readonly JsonValue[]): readonly JsonObject[] | null => {
  const messages: JsonObject[] = [];
  let callsBefore = 0;
  for (const entry of list) {
    const lost = new Set(kindsBeside(unwrapJson(entry)));
    const read = withParts(readMessages([entry], { lost, callsBefore })?.messages ?? [], lost);
    callsBefore += read.flatMap(({ tool_calls: calls }) => arrayOrEmpty(calls)).length;
    messages.push(...read);
  }
  if (messages.length === 0) return null;
  const areMessages = list.every((entry) => looksLikeMessage(unwrapJson(entry)));
  return areMessages && messages.every(({ role }) => role === 'assistant') ? messages : null;
};

/** The kinds of parts that have no place in a chat completion, by their names in `readMessages`. */
const partKinds: ReadonlyMap<string, string> = new Map([
  ['images', 'image'],
  ['audio', 'audio'],
  ['files', 'file'],
  ['content', 'part of unknown kind'],
]);

/** Sound and images that stand beside the content of a message: OpenAI's and OpenRouter's, also in LangChain. */
const kindsBeside = (entry: JsonValue | undefined): readonly string[] => {
  if (!isJsonObject(entry)) return [];
  const { additional_kwargs: more, audio, data, images, kwargs, message } = entry;
  return [
    ...(isJsonObject(audio) ? ['audio'] : []),
    ...(isJsonArray(images) && images.length > 0 ? ['images'] : []),
    ...[more, data, kwargs, message].flatMap(kindsBeside),
  ];
};

/**
 * Keeps what was lost of an answer as parts of its last message, so that a comparison knows that there was
 * more than text.
 */
const withParts = (
  messages: readonly JsonObject[],
  lost: ReadonlySet<string>,
): readonly JsonObject[] => {
  const last = messages.at(-1);
  const kinds = [...partKinds].filter(([name]) => lost.has(name));
  if (last === undefined || kinds.length === 0) return messages;
  const parts = kinds.map(([, type]) => ({ type }));
  return [
    ...messages.slice(0, -1),
    { ...last, content: [...contentParts(last['content']), ...parts] },
  ];
};

const looksLikeMessage = (entry: JsonValue | undefined): boolean =>
  isJsonObject(entry) &&
  ['role', 'message', 'kwargs', 'parts', 'type'].some((key) => entry[key] !== undefined) &&
  ['content', 'message', 'kwargs', 'parts', 'tool_calls', 'name', 'data', 'summary'].some(
    (key) => entry[key] !== undefined,
  );

/** Reads tool calls without a message around them, as Vercel stores them. */
const bareToolCalls = (list: readonly JsonValue[]): readonly JsonObject[] | null => {
  const areCalls = list.every(
    (entry) =>
      isJsonObject(entry) &&
      (entry['toolName'] !== undefined ||
        (entry['type'] === 'function' && isJsonObject(entry['function']))),
  );
  if (!areCalls) return null;
  const message = { role: 'assistant', content: null, tool_calls: list };
  return readMessages([message], { lost: new Set() })?.messages ?? null;
};

/** Adds the finish reasons that the messages themselves have if the trace has none. */
const withFinishReasons = (facts: AnswerFacts, list: readonly JsonValue[]): AnswerFacts => ({
  ...facts,
  finishReasons:
    facts.finishReasons.length > 0
      ? facts.finishReasons
      : list.map((entry) =>
          isJsonObject(entry) ? readFinishReason(entry['finish_reason']) : null,
        ),
});
