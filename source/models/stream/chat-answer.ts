import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import type { Answer, Choice, ToolCall, Usage } from '../answer.ts';
import { errorText, reportedError } from '../call/error-message.ts';
import { accumulateCompletion, Accumulator } from './accumulator.ts';
import type { AnswerReader, ReportedError, WholeAnswer } from './answer-reader.ts';
import { citations } from './other-parts.ts';
import { readUsage } from './reported-usage.ts';
import type { ThinkTags } from './think-tags.ts';

/**
 * Reads a stream of chat completions. The answer is complete once every choice that began has a finish
 * reason and the requested number of choices has begun. Some servers send no finish reason or fewer
 * choices. Their answer is complete at `[DONE]` or at usage after the last text.
 */
export class ChatReader extends Accumulator implements AnswerReader {
  readonly #expectedChoices: number;
  #done = false;

  /** `expectedChoices` (≥ 1) is the `n` of the request; `thinkTags` as in `Accumulator`. */
  constructor(expectedChoices: number, thinkTags: ThinkTags) {
    super(thinkTags);
    this.#expectedChoices = expectedChoices;
  }

  endMarker(): void {
    this.#done = true;
  }

  errorIn(chunk: JsonObject): ReportedError | null {
    const message = chunkError(chunk);
    return message === null ? null : { message, body: chunk };
  }

  get complete(): boolean {
    const isWhole = this.finished && this.choicesBegun >= this.#expectedChoices;
    return this.begun && (this.#done || isWhole || this.endedWithUsage);
  }

  get ended(): boolean {
    return this.#done;
  }

  body(): JsonObject {
    // A body keeps the text as it came.
    return completionOf(this.answer('text'));
  }
}

/** Reads a whole `chat.completion`; null if it holds no answer. */
export const wholeCompletion = (body: JsonValue, thinkTags: ThinkTags): WholeAnswer | null => {
  const completion = isJsonObject(body) ? accumulateCompletion(body, thinkTags) : null;
  if (completion === null || !isJsonObject(body)) return null;
  const message = chunkError(body);
  return {
    answer: completion.answer(),
    problem: message === null ? null : { message, body },
    requestId: completion.requestId,
  };
};

/**
 * The error that a chunk or completion reports: inside a choice (OpenRouter), in `error` as OpenAI and
 * its relatives do, or, in a chunk that holds neither a choice nor usage, under any other name that an
 * error has (vLLM, DashScope, FastChat, FastAPI, MiniMax). Null when it reports none.
 */
const chunkError = (chunk: JsonObject): string | null => {
  const inChoice = choiceError(chunk);
  if (inChoice !== undefined) return errorText(inChoice) ?? JSON.stringify(inChoice);
  const { choices, error, object, usage } = chunk;
  const isBare = !(Array.isArray(choices) && choices.length > 0) && readUsage(usage) === null;
  if (isBare) return reportedError(chunk);
  return Boolean(error) || object === 'error' ? (errorText(chunk) ?? JSON.stringify(chunk)) : null;
};

const choiceError = (chunk: JsonObject): JsonValue | undefined => {
  const { choices } = chunk;
  if (!Array.isArray(choices)) return undefined;
  for (const choice of choices as readonly JsonValue[]) {
    if (isJsonObject(choice) && choice['error']) return choice['error'];
  }
  return undefined;
};

/**
 * Converts an answer to the `chat.completion` object that the server would have sent instead of a
 * stream. Reading it again gives the same answer.
 */
export const completionOf = (answer: Answer): JsonObject => ({
  ...(answer.id === null ? {} : { id: answer.id }),
  object: 'chat.completion',
  ...(answer.model === null ? {} : { model: answer.model }),
  choices: [
    choiceJson({ ...answer, index: 0 }, answer.logprobs),
    ...answer.otherChoices.map((choice) => choiceJson(choice, null)),
  ],
  ...usageJson(answer.usage, answer.cost),
});

const choiceJson = (choice: Choice, logprobs: Answer['logprobs']): JsonObject => {
  const { index, text, refusal, reasoning, toolCalls, finishReason } = choice;
  const otherParts = (choice.otherParts ?? []).filter((part) => part !== citations);
  const hasCitations = choice.otherParts?.includes(citations) === true;
  const parts = [
    ...(text === '' ? [] : [{ type: 'text', text }]),
    ...otherParts.map((type) => ({ type })),
  ];
  return {
    index,
    message: {
      role: 'assistant',
      content: otherParts.length > 0 ? parts : text === '' ? null : text,
      ...(refusal === '' ? {} : { refusal }),
      ...(hasCitations ? { annotations: [{ type: 'url_citation' }] } : {}),
      ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
      ...(toolCalls.length === 0 ? {} : { tool_calls: toolCalls.map(toolCallJson) }),
    },
    ...(logprobs === null ? {} : { logprobs: { content: logprobs } }),
    finish_reason: finishReason,
  };
};

const toolCallJson = (call: ToolCall, index: number): JsonObject => ({
  index,
  ...(call.id === null ? {} : { id: call.id }),
  type: 'function',
  function: { name: call.name, arguments: call.arguments },
});

const usageJson = (usage: Usage | null, cost: number | null): JsonObject => {
  if (usage === null && cost === null) return {};
  const { input = null, output = null, cachedInput = null, reasoning = null } = usage ?? {};
  const { cacheWrite = null, hourCacheWrite = null } = usage ?? {};
  const details = {
    ...(cachedInput === null ? {} : { cached_tokens: cachedInput }),
    ...(cacheWrite === null ? {} : { cache_write_tokens: cacheWrite }),
    ...(hourCacheWrite === null
      ? {}
      : { cache_creation_token_details: { ephemeral_1h_input_tokens: hourCacheWrite } }),
  };
  return {
    usage: {
      ...(input === null ? {} : { prompt_tokens: input }),
      ...(output === null ? {} : { completion_tokens: output }),
      ...(Object.keys(details).length === 0 ? {} : { prompt_tokens_details: details }),
      ...(reasoning === null ? {} : { completion_tokens_details: { reasoning_tokens: reasoning } }),
      ...(cost === null ? {} : { cost }),
    },
  };
};
