import { isJsonObject, type JsonObject, type JsonValue } from '../../../text/json.ts';
import { readNumber } from './parameters.ts';

/** What a trace says of an answer beside its messages. */
export type AnswerFacts = {
  readonly id: string | null;
  readonly model: string | null;
  readonly finishReasons: readonly (string | null)[];
  /** `usage` of a chat completion. */
  readonly usage: JsonObject | null;
  /** How many answers were asked for. */
  readonly choices: number;
};

/** The message of an answer that is a text, or JSON of no known shape. */
export const textMessage = (value: JsonValue): JsonObject => ({
  role: 'assistant',
  content: typeof value === 'string' ? value : JSON.stringify(value),
});

/**
 * The completion of messages of the assistant. Where one answer was asked for, messages with calls are
 * pieces of it; otherwise each is a choice.
 */
export const completionOfMessages = (
  messages: readonly JsonObject[],
  facts: AnswerFacts,
): JsonObject => {
  const oneAnswer =
    facts.choices <= 1 && messages.some(({ tool_calls }) => Array.isArray(tool_calls));
  const choices = oneAnswer && messages.length > 1 ? [mergeMessages(messages)] : messages;
  const { id, model, usage, finishReasons } = facts;
  return {
    ...(id === null ? {} : { id }),
    object: 'chat.completion',
    ...(model === null ? {} : { model }),
    choices: choices.map((message, index) => ({
      index,
      message: { ...message, role: 'assistant', content: wholeText(message['content']) },
      finish_reason: finishReasons[index] ?? null,
    })),
    ...(usage === null ? {} : { usage }),
  };
};

/** An answer is one text, however many parts it came in. */
const wholeText = (content: JsonValue | undefined): JsonValue => {
  const parts = Array.isArray(content) ? (content as readonly JsonValue[]) : [];
  const texts = parts.flatMap((part) =>
    isJsonObject(part) && typeof part['text'] === 'string' ? [part['text']] : [],
  );
  return texts.length > 0 && texts.length === parts.length ? texts.join('') : (content ?? null);
};

/** Pieces of one answer as one message. */
export const mergeMessages = (messages: readonly JsonObject[]): JsonObject => {
  const texts = messages.flatMap(({ content }) => {
    const text = wholeText(content);
    return typeof text === 'string' ? [text] : [];
  });
  const reasoning = messages.flatMap(({ reasoning_content: words }) =>
    typeof words === 'string' ? [words] : [],
  );
  return {
    role: 'assistant',
    content: texts.length === 0 ? null : texts.join(''),
    ...(reasoning.length === 0 ? {} : { reasoning_content: reasoning.join('') }),
    tool_calls: messages.flatMap(({ tool_calls }) =>
      Array.isArray(tool_calls) ? (tool_calls as readonly JsonValue[]) : [],
    ),
  };
};

/** Spellings of others than OpenAI: Anthropic, Gemini, the conventions of OpenTelemetry. */
const spellings = new Map(
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
 * Why an answer ended, in OpenAI's words: `tool_call`, `tool-calls` and `tool_use` are `tool_calls`,
 * `MAX_TOKENS` is `length`. Null where the recording does not say.
 */
export const readFinishReason = (value: JsonValue | undefined): string | null => {
  if (typeof value !== 'string' || value === '') return null;
  const reason = value.toLowerCase().replaceAll('-', '_');
  if (reason === 'unknown' || reason === 'none') return null;
  return spellings.get(reason) ?? reason;
};

/** Tokens of a call; null is unknown. Cached input is a part of the input, reasoning of the output. */
export type TokenCounts = {
  readonly input: number | null;
  readonly output: number | null;
  readonly cachedInput: number | null;
  readonly reasoning: number | null;
};

/** The first of some values that is a number of tokens. */
export const firstCount = (...values: readonly (JsonValue | undefined)[]): number | null => {
  for (const value of values) {
    const number = readNumber(value);
    if (number !== undefined && number >= 0) return number;
  }
  return null;
};

/** `usage` of a chat completion; null where nothing is known. */
export const completionUsage = (tokens: TokenCounts): JsonObject | null => {
  const { input, output, cachedInput, reasoning } = tokens;
  if (input === null && output === null) return null;
  return {
    ...(input === null ? {} : { prompt_tokens: input }),
    ...(output === null ? {} : { completion_tokens: output }),
    ...(input === null || output === null ? {} : { total_tokens: input + output }),
    ...(cachedInput === null ? {} : { prompt_tokens_details: { cached_tokens: cachedInput } }),
    ...(reasoning === null ? {} : { completion_tokens_details: { reasoning_tokens: reasoning } }),
  };
};

/** `usage` in the words of OpenAI, of its Responses API or of LangChain. */
export const readUsage = (value: JsonValue | undefined): JsonObject | null => {
  if (!isJsonObject(value)) return null;
  const input = detailsIn(
    value,
    'prompt_tokens_details',
    'input_tokens_details',
    'input_token_details',
  );
  const output = detailsIn(
    value,
    'completion_tokens_details',
    'output_tokens_details',
    'output_token_details',
  );
  return completionUsage({
    input: firstCount(value['prompt_tokens'], value['input_tokens']),
    output: firstCount(value['completion_tokens'], value['output_tokens']),
    cachedInput: firstCount(input['cached_tokens'], input['cache_read']),
    reasoning: firstCount(output['reasoning_tokens'], output['reasoning']),
  });
};

const detailsIn = (value: JsonObject, ...names: readonly string[]): JsonObject => {
  const found = names.map((name) => value[name]).find(isJsonObject);
  return found ?? {};
};
