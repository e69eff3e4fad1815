import { isDeepStrictEqual } from 'node:util';
import { Anthropic } from '@anthropic-ai/sdk';
import { describe, expect, it } from 'vitest';
import type { Answer } from '../../../source/models/answer.ts';
import { readRecordedAnswer } from '../../../source/models/stream/answer-dialects.ts';
import { readRecordedStream } from '../../../source/models/stream/recorded-stream.ts';
import { type JsonObject, parseJsonObject } from '../../../source/text/json.ts';
import type { Dialect } from '../../../source/traffic/dialects/dialect.ts';
import { readByAiSdk } from './ai-sdk-oracle.ts';
import {
  dialectBodies,
  dialectExchange,
  type DialectExchange,
  dialectStreams,
  isDialectStream,
} from './dialect-exchanges.ts';

const answerOf = (exchange: DialectExchange): Answer => {
  const { source } = exchange;
  if (isDialectStream(exchange)) {
    const { answer, standing } = readRecordedStream(exchange.body, exchange.dialect);
    expect({ source, standing }).toEqual({ source, standing: { kind: 'complete' } });
    if (answer !== null) return answer;
  } else {
    const answer = readRecordedAnswer(exchange.dialect, parseJsonObject(exchange.body));
    if (answer !== null) return answer;
  }
  throw new Error(`${source} holds no answer`);
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

/** Paragraphs of reasoning are joined in different ways. */
const words = (text: string): string => text.replaceAll(/\s+/g, '');

/** What the AI SDK reads otherwise, and why this program does not follow it. */
const differences: readonly {
  readonly source: string;
  readonly what: readonly ('text' | 'reasoning' | 'calls' | 'finish' | 'usage')[];
}[] = [
  // It takes the server's summary of the conversation for text, and leaves out what it read from a cache.
  { source: 'test_anthropic_compaction_', what: ['text', 'usage'] },
  // It leaves out reasoning that is not summarised, as open models have it.
  { source: 'test_deepseek_responses', what: ['reasoning'] },
  { source: 'test_gpt_oss_responses', what: ['reasoning'] },
  { source: 'test_openai_responses_raw_cot', what: ['reasoning'] },
  // It wraps the arguments of a search for tools, and does not take it for a call.
  { source: 'test_openai_client_tool_search_streaming.yaml#0', what: ['calls', 'finish'] },
  { source: 'test_openai_execution_client_round_trip', what: ['calls', 'finish'] },
  // It has one word for whatever it does not know.
  { source: 'test_google_model_armor_response', what: ['finish'] },
  { source: 'test_multimodal_tool_return_matrix', what: ['finish'] },
];

/** Recorded before there was an answer. */
const unfinished = dialectBodies.filter(({ body }) => /"status": ?"queued"/.test(body));

describe('recorded answers of Responses, Messages and Gemini', () => {
  it('are read as the AI SDK reads them', async () => {
    expect([dialectStreams.length, dialectBodies.length, unfinished.length]).toEqual([79, 116, 2]);
    const differing: string[] = [];
    for (const exchange of [...dialectStreams, ...dialectBodies]) {
      if (unfinished.includes(exchange)) continue;
      const { source } = exchange;
      const answer = answerOf(exchange);
      const other = await readByAiSdk(exchange);
      const mine = {
        text: answer.text,
        reasoning: words(answer.reasoning),
        calls: answer.toolCalls.map((call) => [call.name, parsed(call.arguments)]),
        finish: answer.finishReason?.replaceAll('_', '-'),
        usage: [
          answer.usage?.input ?? 0,
          answer.usage?.output ?? 0,
          answer.usage?.cachedInput ?? 0,
          answer.usage?.cacheWrite ?? 0,
          answer.usage?.reasoning ?? 0,
        ],
      };
      const theirs = {
        text: other.text,
        reasoning: words(other.reasoning),
        calls: other.toolCalls.map((call) => [call.name, parsed(call.input)]),
        finish: other.finishReason,
        usage: [
          other.usage?.inputTokens.total ?? 0,
          other.usage?.outputTokens.total ?? 0,
          other.usage?.inputTokens.cacheRead ?? 0,
          other.usage?.inputTokens.cacheWrite ?? 0,
          other.usage?.outputTokens.reasoning ?? 0,
        ],
      };
      const known = differences.filter((one) => source.includes(one.source));
      if (!isDeepStrictEqual(mine, theirs)) differing.push(source);
      const except = Object.fromEntries(
        known.flatMap(({ what }) => what).map((what) => [what, mine[what]]),
      );
      expect({ source, ...mine }).toEqual({ source, ...theirs, ...except });
    }
    expect(differing).toHaveLength(14);
  });

  it('keep the ids of calls', async () => {
    for (const exchange of [...dialectStreams, ...dialectBodies]) {
      if (unfinished.includes(exchange)) continue;
      const ids = answerOf(exchange).toolCalls.map(({ id }) => id);
      const other = (await readByAiSdk(exchange)).toolCalls.map(({ id }) => id);
      // Older models of Gemini have none, for which the AI SDK makes one up.
      const expected = other.map((id, index) => (ids[index] === null ? null : id));
      expect(ids).toEqual(expected);
      if (exchange.dialect !== 'gemini') expect(ids).not.toContain(null);
    }
  });

  it('are no answers while they wait', () => {
    for (const { body, dialect } of unfinished) {
      expect(readRecordedAnswer(dialect, parseJsonObject(body))).toBeNull();
    }
  });
});

describe('a recorded stream as one body', () => {
  it('gives the same answer', () => {
    for (const { body, dialect, source } of dialectStreams) {
      const { answer, assembled } = readRecordedStream(body, dialect);
      if (assembled === null) throw new Error(`${source} holds nothing`);
      const stored = readRecordedAnswer(dialect, parseJsonObject(JSON.stringify(assembled)));
      // As text, because JSON has no negative zero.
      expect(`${source} ${JSON.stringify(stored)}`).toBe(`${source} ${JSON.stringify(answer)}`);
    }
  });

  it('is the message that the SDK of Anthropic assembles', async () => {
    const streams = dialectStreams.filter(({ dialect }) => dialect === 'messages');
    expect(streams).toHaveLength(24);
    for (const { body, headers, source } of streams) {
      const client = new Anthropic({
        apiKey: 'sk-test',
        fetch: () => Promise.resolve(new Response(body, { headers: { ...headers } })),
      });
      const message = await client.beta.messages
        .stream({ model: 'm', max_tokens: 1, messages: [{ role: 'user', content: 'Hi' }] })
        .finalMessage();
      const { assembled } = readRecordedStream(body, 'messages');
      const withoutOthers = ({
        content,
        id,
        model,
        role,
        stop_reason,
        stop_sequence,
      }: JsonObject) => ({
        content,
        id,
        model,
        role,
        stop_reason,
        stop_sequence,
      });
      const other = parseJsonObject(JSON.stringify(message));
      expect({ source, ...withoutOthers(assembled ?? {}) }).toEqual({
        source,
        ...withoutOthers(other),
      });
    }
  });

  it('has what came if the event with the whole response is missing', () => {
    for (const { body, dialect, source } of dialectStreams) {
      if (dialect !== 'responses') continue;
      const whole = readRecordedStream(body, dialect);
      const events = body.split(/(?<=\n\r?\n)/);
      const terminal = /"type": ?"response\.(?:completed|incomplete)"/;
      const cut = readRecordedStream(
        events.filter((event) => !terminal.test(event)).join(''),
        dialect,
      );
      expect({ source, standing: cut.standing }).toEqual({ source, standing: { kind: 'open' } });
      const {
        logprobs: _,
        usage: __,
        finishReason: ___,
        cost: ____,
        ...answer
      } = whole.answer ?? {};
      expect({ source, answer: cut.answer }).toMatchObject({
        source,
        answer: { ...answer, model: expect.any(String), finishReason: null, usage: null },
      });
    }
  });
});

/** What an exchange must come out as, read by hand. */
const expected: readonly (readonly [source: string, answer: Partial<Answer>])[] = [
  [
    'anthropic_completion_stream_cache_read.yaml',
    { usage: { input: 1042, output: 100, cachedInput: 1031, reasoning: null, cacheWrite: 0 } },
  ],
  [
    'test_google_model_max_tokens_thinking_model_empty_response',
    {
      text: '',
      finishReason: 'length',
      usage: { input: 15, output: 2, cachedInput: null, reasoning: 2 },
    },
  ],
  [
    'test_google_model_armor_prompt_template_text_gets_blocked',
    {
      text: '',
      refusal: 'The prompt violated Prompt Injection and Jailbreak filters.',
      finishReason: 'content_filter',
      usage: null,
    },
  ],
  [
    'test_google_model_safety_settings',
    {
      text: '',
      refusal: '',
      finishReason: 'content_filter',
      usage: { input: 14, output: 0, cachedInput: null, reasoning: null },
    },
  ],
  [
    'response_custom_tool_call.yaml',
    { finishReason: 'tool_calls', toolCalls: [expect.objectContaining({ name: 'math_exp' })] },
  ],
  ['response_stream_incomplete', { finishReason: 'length' }],
];

describe('a recorded answer', () => {
  it.each(expected)('%s comes out right', (source, answer) => {
    expect(answerOf(dialectExchange(source))).toMatchObject(answer);
  });
});

describe('counts that are all zero', () => {
  const answers: readonly (readonly [Dialect, JsonObject])[] = [
    [
      'chat',
      {
        object: 'chat.completion',
        choices: [{ index: 0, message: { content: 'Paris' }, finish_reason: 'stop' }],
        usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 },
      },
    ],
    [
      'responses',
      {
        object: 'response',
        status: 'completed',
        output: [{ type: 'message', content: [{ type: 'output_text', text: 'Paris' }] }],
        usage: {
          input_tokens: 0,
          output_tokens: 0,
          input_tokens_details: { cached_tokens: 0 },
          output_tokens_details: { reasoning_tokens: 0 },
        },
      },
    ],
    [
      'messages',
      {
        type: 'message',
        content: [{ type: 'text', text: 'Paris' }],
        stop_reason: 'end_turn',
        usage: { input_tokens: 0, output_tokens: 0, cache_creation_input_tokens: 0 },
      },
    ],
    [
      'gemini',
      {
        candidates: [{ content: { parts: [{ text: 'Paris' }] }, finishReason: 'STOP' }],
        usageMetadata: { promptTokenCount: 0, candidatesTokenCount: 0, totalTokenCount: 0 },
      },
    ],
  ];

  it.each(answers)('were not counted (%s)', (dialect, body) => {
    const answer = readRecordedAnswer(dialect, body);
    expect(answer).toMatchObject({ text: 'Paris', usage: null, cost: null });
  });
});
