import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogle } from '@ai-sdk/google';
import { createOpenAI } from '@ai-sdk/openai';
import type {
  LanguageModelV4,
  LanguageModelV4FinishReason,
  LanguageModelV4Usage,
} from '@ai-sdk/provider';
import { type DialectExchange, isDialectStream } from './dialect-exchanges.ts';

/** What the providers of the AI SDK, which were not written here, read in an answer. */
export type ReadByOther = {
  text: string;
  reasoning: string;
  /** Without those that the provider ran itself. `input` is JSON text. */
  readonly toolCalls: { readonly id: string; readonly name: string; readonly input: string }[];
  finishReason: LanguageModelV4FinishReason['unified'] | null;
  usage: LanguageModelV4Usage | null;
  error: unknown;
};

const modelOf = ({ dialect, body, headers, status }: DialectExchange): LanguageModelV4 => {
  const options = {
    apiKey: 'sk-test',
    fetch: () => Promise.resolve(new Response(body, { status, headers: { ...headers } })),
  };
  switch (dialect) {
    case 'responses':
      return createOpenAI(options).responses('gpt-5');
    case 'messages':
      return createAnthropic(options).languageModel('claude-opus-4-8');
    case 'gemini':
      return createGoogle(options).languageModel('gemini-3-flash');
  }
};

/** Reads a recorded answer as the AI SDK does; null where it does not know the form. */
export const readByAiSdk = async (exchange: DialectExchange): Promise<ReadByOther> => {
  const read: ReadByOther = {
    text: '',
    reasoning: '',
    toolCalls: [],
    finishReason: null,
    usage: null,
    error: null,
  };
  const prompt = [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'Hi' }] }];
  const model = modelOf(exchange);
  if (isDialectStream(exchange)) {
    const { stream } = await model.doStream({ prompt });
    for await (const part of stream) {
      if (part.type === 'text-delta') read.text += part.delta;
      if (part.type === 'reasoning-delta') read.reasoning += part.delta;
      if (part.type === 'tool-call' && part.providerExecuted !== true) {
        read.toolCalls.push({ id: part.toolCallId, name: part.toolName, input: part.input });
      }
      if (part.type === 'error') read.error = part.error;
      if (part.type === 'finish') {
        read.finishReason = part.finishReason.unified;
        read.usage = part.usage;
      }
    }
    return read;
  }
  const { content, finishReason, usage } = await model.doGenerate({ prompt });
  for (const part of content) {
    if (part.type === 'text') read.text += part.text;
    if (part.type === 'reasoning') read.reasoning += part.text;
    if (part.type === 'tool-call' && part.providerExecuted !== true) {
      read.toolCalls.push({ id: part.toolCallId, name: part.toolName, input: part.input });
    }
  }
  return { ...read, finishReason: finishReason.unified, usage };
};
