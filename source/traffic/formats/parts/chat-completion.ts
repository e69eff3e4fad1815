import {
  arrayOrEmpty,
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  objectOrEmpty,
} from '../../../text/json.ts';
import { readNumber } from './parameters.ts';

/** The facts about an answer in a trace, besides its messages. */
export type AnswerFacts = {
  readonly id: string | null;
  readonly model: string | null;
  readonly finishReasons: readonly (string | null)[];
  /** The `usage` of a chat completion. */
  readonly usage: JsonObject | null;
  /** How many answers the request asked for. */
  readonly choices: number;
};

/**
 * The completion that holds assistant messages. If the request asked for one answer, messages with tool
 * calls are pieces of it; otherwise each message is a choice.
 */
export const completionOfMessages = (
  messages: readonly JsonObject[],
  facts: AnswerFacts,
): JsonObject => {
  const isOneAnswer =
    facts.choices <= 1 && messages.some(({ tool_calls: calls }) => isJsonArray(calls));
  const choices = isOneAnswer && messages.length > 1 ? [mergeMessages(messages)] : messages;
  const { id, model, usage, finishReasons } = facts;
  return {
    ...(id === null ? {} : { id }),
    object: 'chat.completion',
    ...(model === null ? {} : { model }),
    choices: choices.map((message, index) => ({
      index,
      message: { ...message, role: 'assistant', content: joinedText(message['content']) },
      finish_reason: finishReasons[index] ?? null,
    })),
    ...(usage === null ? {} : { usage }),
  };
};

/** The completion that holds one message, with an unknown finish reason. */
export const completionOfMessage = (message: JsonObject): JsonObject => ({
  object: 'chat.completion',
  choices: [{ index: 0, message, finish_reason: null }],
});

export const completionOfText = (content: string): JsonObject =>
  completionOfMessage({ role: 'assistant', content });

/** The assistant message of an answer that is text, or JSON of no known shape. */
export const textMessage = (value: JsonValue): JsonObject => ({
  role: 'assistant',
  content: typeof value === 'string' ? value : JSON.stringify(value),
});

/** Content parts that are all text as one string; any other content as it is. */
const joinedText = (content: JsonValue | undefined): JsonValue => {
  const parts = arrayOrEmpty(content);
  const texts = parts.flatMap((part) =>
    isJsonObject(part) && typeof part['text'] === 'string' ? [part['text']] : [],
  );
  return texts.length > 0 && texts.length === parts.length ? texts.join('') : (content ?? null);
};

/** The content of a message as parts. */
export const contentParts = (content: JsonValue | undefined): readonly JsonValue[] =>
  typeof content === 'string' ? [{ type: 'text', text: content }] : arrayOrEmpty(content);

/** The pieces of one answer as one message. */
export const mergeMessages = (messages: readonly JsonObject[]): JsonObject => {
  const contents = messages
    .map(({ content }) => joinedText(content))
    .filter((content) => typeof content === 'string' || isJsonArray(content));
  const texts = contents.filter((content) => typeof content === 'string');
  const reasoning = messages
    .map(({ reasoning_content: text }) => text)
    .filter((text) => typeof text === 'string');
  return {
    role: 'assistant',
    content:
      texts.length < contents.length
        ? contents.flatMap(contentParts)
        : texts.length === 0
          ? null
          : texts.join(''),
    ...(reasoning.length === 0 ? {} : { reasoning_content: reasoning.join('') }),
    tool_calls: messages.flatMap(({ tool_calls: calls }) => arrayOrEmpty(calls)),
  };
};

/** Finish reasons of Anthropic, Gemini and OpenTelemetry in OpenAI's terms. */
const finishReasons = new Map(
  Object.entries({
    tool_call: 'tool_calls',
    tool_use: 'tool_calls',
    end_turn: 'stop',
    stop_sequence: 'stop',
    max_tokens: 'length',
    safety: 'content_filter',
  }),
);

/**
 * A finish reason in OpenAI's terms: `tool_call`, `tool-calls` and `tool_use` become `tool_calls`,
 * `MAX_TOKENS` becomes `length`. Null if the recording does not say.
 */
export const readFinishReason = (value: JsonValue | undefined): string | null => {
  if (typeof value !== 'string' || value === '') return null;
  const reason = value.toLowerCase().replaceAll('-', '_');
  if (reason === 'unknown' || reason === 'none') return null;
  return finishReasons.get(reason) ?? reason;
};

/**
 * The tokens of a call; null if unknown. `cachedInput` and `cacheWrite` are part of the input, `hourCacheWrite` of
 * `cacheWrite`, reasoning of the output.
 */
export type TokenCounts = {
  readonly input: number | null;
  readonly output: number | null;
  readonly cachedInput?: number | null;
  readonly cacheWrite?: number | null;
  readonly hourCacheWrite?: number | null;
  readonly reasoning?: number | null;
};

/** The first of the values that is a number of tokens. */
export const firstCount = (...values: readonly (JsonValue | undefined)[]): number | null => {
  for (const value of values) {
    const number = readNumber(value);
    if (number !== undefined && number >= 0) return number;
  }
  return null;
};

/** The sum of the values that are numbers of tokens; null if none is. */
export const sumOfCounts = (...values: readonly (JsonValue | undefined)[]): number | null => {
  const counts = values.map((value) => firstCount(value)).filter((count) => count !== null);
  return counts.length === 0 ? null : counts.reduce((sum, count) => sum + count, 0);
};

/**
 * The `usage` of a chat completion; null if neither input nor output is known. What was written for an hour stands
 * where LiteLLM writes it.
 */
export const completionUsage = (tokens: TokenCounts): JsonObject | null => {
  const { input, output, cachedInput = null, reasoning = null } = tokens;
  const { cacheWrite = null, hourCacheWrite = null } = tokens;
  if (input === null && output === null) return null;
  const details = {
    ...(cachedInput === null ? {} : { cached_tokens: cachedInput }),
    ...(cacheWrite === null ? {} : { cache_write_tokens: cacheWrite }),
    ...(hourCacheWrite === null
      ? {}
      : { cache_creation_token_details: { ephemeral_1h_input_tokens: hourCacheWrite } }),
  };
  return {
    ...(input === null ? {} : { prompt_tokens: input }),
    ...(output === null ? {} : { completion_tokens: output }),
    ...(input === null || output === null ? {} : { total_tokens: input + output }),
    ...(Object.keys(details).length === 0 ? {} : { prompt_tokens_details: details }),
    ...(reasoning === null ? {} : { completion_tokens_details: { reasoning_tokens: reasoning } }),
  };
};

/** A usage of Gemini, also in snake case. What it thought is not in its count of the candidates. */
const readGeminiUsage = (usage: JsonObject): JsonObject | null => {
  const count = (camel: string, snake: string): number | null =>
    firstCount(usage[camel], usage[snake]);
  const prompt = count('promptTokenCount', 'prompt_token_count');
  const toolUse = count('toolUsePromptTokenCount', 'tool_use_prompt_token_count');
  const candidates = count('candidatesTokenCount', 'candidates_token_count');
  const reasoning = count('thoughtsTokenCount', 'thoughts_token_count');
  return completionUsage({
    input: prompt === null ? null : prompt + (toolUse ?? 0),
    output: candidates === null ? reasoning : candidates + (reasoning ?? 0),
    cachedInput: count('cachedContentTokenCount', 'cached_content_token_count'),
    reasoning,
  });
};

/** Reads a `usage` of chat completions, of the Responses API, of Anthropic, LangChain or Gemini. */
export const readTracedUsage = (value: JsonValue | undefined): JsonObject | null => {
  const usage = objectOrEmpty(value);
  const gemini = readGeminiUsage(usage);
  if (gemini !== null) return gemini;
  const details = (...names: readonly string[]): JsonObject =>
    names.map((name) => usage[name]).find(isJsonObject) ?? {};
  const input = details('prompt_tokens_details', 'input_tokens_details', 'input_token_details');
  const output = details(
    'completion_tokens_details',
    'output_tokens_details',
    'output_token_details',
  );
  const given = firstCount(usage['prompt_tokens']);
  const uncached = firstCount(usage['input_tokens']);
  const read = firstCount(usage['cache_read_input_tokens']);
  const written = firstCount(usage['cache_creation_input_tokens']);
  const litellm = objectOrEmpty(input['cache_creation_token_details']);
  const anthropic = objectOrEmpty(usage['cache_creation']);
  // LangChain and LangSmith count what was written for five minutes and for an hour beside other writes.
  const apartForAnHour = firstCount(
    input['ephemeral_1h_input_tokens'],
    input['ephemeral_1hr_input_tokens'],
  );
  // Anthropic counts what was written to or read from a cache apart.
  const apart = (read ?? 0) + (written ?? 0);
  return completionUsage({
    input: given ?? (uncached === null ? null : uncached + apart),
    output: firstCount(usage['completion_tokens'], usage['output_tokens']),
    cachedInput: firstCount(input['cached_tokens'], input['cache_read'], read),
    cacheWrite: firstCount(
      input['cache_write_tokens'],
      input['cache_creation_tokens'],
      sumOfCounts(input['cache_creation'], input['ephemeral_5m_input_tokens'], apartForAnHour),
      written,
    ),
    hourCacheWrite: firstCount(
      litellm['ephemeral_1h_input_tokens'],
      anthropic['ephemeral_1h_input_tokens'],
      apartForAnHour,
    ),
    reasoning: firstCount(output['reasoning_tokens'], output['reasoning']),
  });
};
