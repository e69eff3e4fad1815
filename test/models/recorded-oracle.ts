import { z } from 'zod';
import type { Answer, Choice, ToolCall, Usage } from '../../source/models/answer.ts';
import { isStream, type Exchange } from './recorded-exchanges.ts';

/**
 * What an exchange must come out as, found without the code under test and by another way: the body
 * is cut at its blank lines, read by a schema, and everything that is in it is collected before
 * anything is joined. It knows no more than the recordings hold.
 */
export type Expected =
  | { readonly kind: 'answered'; readonly answer: Answer; readonly requestId: string | null }
  | { readonly kind: 'failed'; readonly reason: string; readonly partialText: string | null };

const text = z.string().nullish();

const part = z.looseObject({
  type: z.string(),
  text,
  summary: text,
  thinking: z.array(z.object({ text: z.string() })).nullish(),
});

const called = z.looseObject({ name: text, arguments: text });

const toolCall = z.looseObject({
  index: z.number().nullish(),
  id: text,
  function: called.nullish(),
  custom: z.object({ name: z.string(), input: z.string() }).nullish(),
});

const message = z.looseObject({
  content: z.union([z.string(), z.array(part)]).nullish(),
  refusal: text,
  reasoning: text,
  reasoning_content: text,
  reasoning_details: z.array(part).nullish(),
  annotations: z.array(z.json()).nullish(),
  tool_calls: z.array(toolCall).nullish(),
  function_call: called.nullish(),
});

const usage = z.looseObject({
  prompt_tokens: z.number(),
  completion_tokens: z.number(),
  total_tokens: z.number(),
  prompt_tokens_details: z
    .looseObject({
      cached_tokens: z.number().nullish(),
      cache_write_tokens: z.number().optional(),
    })
    .nullish(),
  completion_tokens_details: z.looseObject({ reasoning_tokens: z.number().nullish() }).nullish(),
  prompt_cache_hit_tokens: z.number().nullish(),
  cached_tokens: z.number().nullish(),
  num_cached_tokens: z.number().nullish(),
  cost: z.number().nullish(),
  is_byok: z.boolean().nullish(),
  cost_details: z.looseObject({ upstream_inference_cost: z.number().nullish() }).nullish(),
});

const chunk = z.looseObject({
  id: text,
  model: text,
  request_id: text,
  error: z.looseObject({ message: z.string() }).nullish(),
  choices: z
    .array(
      z.looseObject({
        index: z.number(),
        delta: message.nullish(),
        message: message.nullish(),
        finish_reason: text,
        logprobs: z
          .looseObject({
            content: z.array(z.json()).nullish(),
            refusal: z.array(z.json()).nullish(),
          })
          .nullish(),
      }),
    )
    .nullish(),
  usage: usage.nullish(),
  x_groq: z.looseObject({ id: text, usage: usage.nullish() }).nullish(),
});

export type Chunk = z.infer<typeof chunk>;
type Message = z.infer<typeof message>;
type RawToolCall = z.infer<typeof toolCall>;

/** The chunks of a body in order; a whole completion is the only one. */
export const chunksOf = (exchange: Exchange): readonly Chunk[] => {
  const body = exchange.response_text;
  if (!isStream(exchange)) return [chunk.parse(JSON.parse(body))];
  const data = body
    .split('\n\n')
    .flatMap((event) => event.split('\n').filter((line) => line.startsWith('data:')))
    .map((line) => line.slice('data:'.length).trim());
  return data.filter((one) => one !== '[DONE]').map((one) => chunk.parse(JSON.parse(one)));
};

/** The messages of the choice with this index, in order. */
export const messagesOf = (chunks: readonly Chunk[], index: number): readonly Message[] =>
  chunks
    .flatMap(({ choices }) => choices ?? [])
    .filter((choice) => choice.index === index)
    .map(({ delta, message: whole }) => delta ?? whole ?? {});

export const expectedOf = (exchange: Exchange): Expected => {
  const { status } = exchange;
  const reasons: Readonly<Record<number, string>> = {
    400: 'rejected',
    404: 'not_found',
    429: 'rate_limited',
  };
  const reason = reasons[status];
  if (reason !== undefined) return { kind: 'failed', reason, partialText: null };
  if (exchange.response_headers['content-type'] === 'text/plain') {
    return { kind: 'failed', reason: 'not_an_answer', partialText: null };
  }
  const chunks = chunksOf(exchange);
  const { index: _, ...first } = choiceOf(chunks, 0);
  if (chunks.some(({ error }) => error)) {
    return { kind: 'failed', reason: 'stream_error', partialText: first.text };
  }
  const id = chunks.map((one) => one.id).find(Boolean) ?? null;
  const counted = chunks.flatMap((one) => one.usage ?? one.x_groq?.usage ?? []).at(-1);
  const { cost, is_byok, cost_details } = counted ?? {};
  const choices = chunks.flatMap((one) => one.choices ?? []);
  const others = [...new Set(choices.map(({ index }) => index))].filter((index) => index !== 0);
  const logprobs = choices
    .filter(({ index }) => index === 0)
    .flatMap((one) => [...(one.logprobs?.content ?? []), ...(one.logprobs?.refusal ?? [])]);
  return {
    kind: 'answered',
    answer: {
      id,
      ...first,
      usage: counted === undefined ? null : usageOf(counted),
      model: chunks.map(({ model }) => model).find(Boolean) ?? null,
      otherChoices: others.toSorted().map((index) => choiceOf(chunks, index)),
      logprobs: logprobs.length === 0 ? null : logprobs,
      cost:
        typeof cost !== 'number'
          ? null
          : cost + (is_byok === true ? (cost_details?.upstream_inference_cost ?? 0) : 0),
    },
    requestId:
      exchange.response_headers['x-request-id'] ??
      chunks.map((one) => one.x_groq?.id ?? one.request_id).find(Boolean) ??
      id,
  };
};

const choiceOf = (chunks: readonly Chunk[], index: number): Choice => {
  const messages = messagesOf(chunks, index);
  const parts = messages.map(({ content }) => (Array.isArray(content) ? content : []));
  const reasons = chunks
    .flatMap(({ choices }) => choices ?? [])
    .filter((choice) => choice.index === index)
    .map(({ finish_reason }) => finish_reason);
  return {
    index,
    text: messages
      .map(({ content }) =>
        typeof content === 'string' ? content : (content ?? []).map((one) => one.text).join(''),
      )
      .join(''),
    refusal: messages.map(({ refusal }) => refusal).join(''),
    reasoning: messages
      .map(
        (one, position) =>
          one.reasoning_content ||
          one.reasoning ||
          (one.reasoning_details ?? []).map((detail) => detail.text || detail.summary).join('') ||
          (parts[position] ?? [])
            .flatMap(({ thinking }) => thinking ?? [])
            .map((thought) => thought.text)
            .join(''),
      )
      .join(''),
    toolCalls: [...toolCallsOf(messages), ...functionCallOf(messages)],
    ...(messages.some(({ annotations }) => (annotations ?? []).length > 0)
      ? { otherParts: ['citations'] }
      : {}),
    finishReason: reasons.findLast(Boolean) ?? null,
  };
};

/** By index; a whole message may number none, and then each is one call. Snowflake sends empty ones. */
const toolCallsOf = (messages: readonly Message[]): readonly ToolCall[] => {
  const pieces = messages.flatMap(({ tool_calls }) =>
    (tool_calls ?? []).map((piece, position) => ({ number: piece.index ?? position, piece })),
  );
  const groups = Map.groupBy(pieces, ({ number }) => number);
  return [...groups.values()]
    .map((group) => joined(group.map(({ piece }) => piece)))
    .filter(({ name }) => name !== '');
};

const joined = (pieces: readonly RawToolCall[]): ToolCall => ({
  id: pieces.map(({ id }) => id).find(Boolean) ?? null,
  name: pieces.map((one) => one.function?.name ?? one.custom?.name).find(Boolean) ?? '',
  arguments: pieces.map((one) => one.function?.arguments ?? one.custom?.input).join(''),
});

const functionCallOf = (messages: readonly Message[]): readonly ToolCall[] => {
  const pieces = messages.filter(({ function_call }) => function_call?.name);
  if (pieces.length === 0) return [];
  return [joined(pieces.map((piece) => ({ function: piece.function_call })))];
};

const usageOf = (counted: z.infer<typeof usage>): Usage => {
  const { prompt_tokens: input, completion_tokens: output, total_tokens: total } = counted;
  const reasoning = counted.completion_tokens_details?.reasoning_tokens ?? null;
  const cacheWrite = counted.prompt_tokens_details?.cache_write_tokens;
  const written = cacheWrite === undefined ? {} : { cacheWrite };
  const cachedInput =
    counted.prompt_tokens_details?.cached_tokens ??
    counted.prompt_cache_hit_tokens ??
    counted.cached_tokens ??
    counted.num_cached_tokens ??
    null;
  const unsaid = total - input - output;
  return reasoning === null && unsaid > 0
    ? { input, output: output + unsaid, cachedInput, reasoning: unsaid, ...written }
    : { input, output, cachedInput, reasoning, ...written };
};
