import type { JsonObject } from '../../text/json.ts';
import type { Answer, Choice, ToolCall, Usage } from '../answer.ts';

/**
 * An answer as the `chat.completion` object that would have come in place of its stream: read again,
 * it is the same answer.
 */
export const completionOf = (answer: Answer): JsonObject => ({
  ...(answer.id === null ? {} : { id: answer.id }),
  object: 'chat.completion',
  ...(answer.model === null ? {} : { model: answer.model }),
  choices: [
    choiceOf({ ...answer, index: 0 }, answer.logprobs),
    ...answer.otherChoices.map((choice) => choiceOf(choice, null)),
  ],
  ...usageOf(answer.usage, answer.cost),
});

const choiceOf = (choice: Choice, logprobs: Answer['logprobs']): JsonObject => {
  const { index, text, refusal, reasoning, toolCalls, finishReason } = choice;
  return {
    index,
    message: {
      role: 'assistant',
      content: text === '' ? null : text,
      ...(refusal === '' ? {} : { refusal }),
      ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
      ...(toolCalls.length === 0 ? {} : { tool_calls: toolCalls.map(toolCallOf) }),
    },
    ...(logprobs === null ? {} : { logprobs: { content: logprobs } }),
    finish_reason: finishReason,
  };
};

const toolCallOf = (call: ToolCall, index: number): JsonObject => ({
  index,
  ...(call.id === null ? {} : { id: call.id }),
  type: 'function',
  function: { name: call.name, arguments: call.arguments },
});

const usageOf = (usage: Usage | null, cost: number | null): JsonObject => {
  if (usage === null && cost === null) return {};
  const { input = null, output = null, cachedInput = null, reasoning = null } = usage ?? {};
  return {
    usage: {
      ...(input === null ? {} : { prompt_tokens: input }),
      ...(output === null ? {} : { completion_tokens: output }),
      ...(cachedInput === null ? {} : { prompt_tokens_details: { cached_tokens: cachedInput } }),
      ...(reasoning === null ? {} : { completion_tokens_details: { reasoning_tokens: reasoning } }),
      ...(cost === null ? {} : { cost }),
    },
  };
};
