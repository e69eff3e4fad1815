import type { JsonObject } from '../../text/json.ts';
import type { FormatTools } from '../../traffic/formats/format.ts';
import type { Answer, Choice, ToolCall, Usage } from '../answer.ts';
import { StreamReader, type StreamStanding } from './stream-reader.ts';

/**
 * Reads the recorded body of a stream by the rules of a live one. `answer` is null if nothing of it
 * arrived; it is complete only if `standing` is `complete`.
 */
export const readRecordedStream = (
  body: string,
): { readonly answer: Answer | null; readonly standing: StreamStanding } => {
  const reader = new StreamReader();
  reader.push(new TextEncoder().encode(body));
  reader.end();
  return { answer: reader.answer(), standing: reader.standing };
};

const assembleStream: FormatTools['assembleStream'] = (body) => {
  const { answer, standing } = readRecordedStream(body);
  const problem = standingProblem(standing);
  if (answer === null && standing.kind !== 'error') return null;
  return { body: answer === null ? { choices: [] } : completionOf(answer), problem };
};

const standingProblem = (standing: StreamStanding): string | null => {
  if (standing.kind === 'complete') return null;
  return standing.kind === 'error'
    ? standing.message
    : 'the stream ended before the answer was complete';
};

/** Lets formats of captured traffic read recorded streams by the rules of live ones. */
export const recordedStreams: FormatTools = {
  assembleStream,
  assembleChunks: (chunks) =>
    assembleStream(chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('')),
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
  const { index, text, refusal, reasoning, toolCalls, otherParts = [], finishReason } = choice;
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
