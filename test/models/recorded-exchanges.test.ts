import { describe, expect, it } from 'vitest';
import type { Answer, CallResult } from '../../source/models/answer.ts';
import { callModel } from '../../source/models/call/client.ts';
import { answerOfCompletion } from '../../source/models/stream/accumulator.ts';
import { readRecordedStream } from '../../source/models/stream/recorded-stream.ts';
import type { JsonObject } from '../../source/text/json.ts';
import { seeded } from '../benchmark/texts.ts';
import { liveModel } from './call.ts';
import { exchangeOf, exchanges, isStream, type Exchange } from './recorded-exchanges.ts';
import type { ThinkTags } from '../../source/models/stream/think-tags.ts';
import { expectedOf } from './recorded-oracle.ts';
import { recordedServer, type Cutting } from './recorded-server.ts';

const minute = 60_000;

/** Sends what was recorded to a server that answers as it was recorded; the text as it was shown. */
const replay = async (
  url: string,
  exchange: Exchange,
  thinkTags: ThinkTags,
): Promise<{ readonly result: CallResult; readonly shown: string }> => {
  let shown = '';
  const result = await callModel({
    model: liveModel(url),
    body: exchange.request,
    apiKey: 'sk-test-0123456789',
    deadlines: { firstByteMs: minute, firstTokenMs: minute, idleMs: minute, totalMs: minute },
    maximumBytes: 10_000_000,
    thinkTags,
    signal: new AbortController().signal,
    now: () => performance.now(),
    onText: (text) => {
      shown += text;
    },
  });
  return { result, shown };
};

/** All of them through one server, 32 at a time, in the order of the file. */
const replayAll = async (
  some: readonly Exchange[],
  cutting: Cutting,
  thinkTags: ThinkTags = 'text',
): Promise<readonly { readonly result: CallResult; readonly shown: string }[]> => {
  const server = await recordedServer(some, cutting);
  const results: { readonly result: CallResult; readonly shown: string }[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let number = next++; number < some.length; number = next++) {
      const exchange = some[number];
      if (exchange !== undefined) {
        results[number] = await replay(server.urlOf(number), exchange, thinkTags);
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: 32 }, work));
  } finally {
    await server.close();
  }
  return results;
};

const uncut: Cutting = { random: seeded(3), pieces: 1, pauses: false };

const replayOne = async (exchange: Exchange): Promise<CallResult> => {
  const [only] = await replayAll([exchange], uncut);
  if (only === undefined) throw new Error('nothing came back');
  return only.result;
};

/** What an exchange must come out as. */
const expected: readonly (readonly [source: string, answer: object])[] = [
  [
    'test_complex_agent_run_in_workflow.yaml#1',
    {
      text: '',
      toolCalls: [
        {
          id: 'call_Vz0Sie91Ap56nH0ThKGrZXT7',
          name: 'get_weather',
          arguments: '{"city":"Mexico City"}',
        },
      ],
      finishReason: 'tool_calls',
      usage: { input: 423, output: 15, cachedInput: 0, reasoning: 0 },
      model: 'gpt-4o-2024-08-06',
    },
  ],
  ['test_dbos_agent_iter.yaml#0', { text: 'The capital of Mexico is Mexico City.' }],
  [
    'test_dbos/test_multiple_agents.yaml#1',
    {
      toolCalls: [
        { id: 'call_fc0SDU3fpyNWhrPIoQKrxefP', name: 'get_country', arguments: '{}' },
        { id: 'call_QrIV88ppSKBV3sdKw9Dkr9L5', name: 'get_product_name', arguments: '{}' },
      ],
    },
  ],
  [
    'test_open_ai_function_calls_tools_streaming_parallel.yaml#1',
    {
      toolCalls: [
        {
          id: 'call_u0T52evs3Y0byXDiUv5Al8dG',
          name: 'get_current_weather',
          arguments: '{"location": "San Francisco"}',
        },
        {
          id: 'call_iXfR9wmFaDTHUw5YaVxD1uFH',
          name: 'get_current_weather',
          arguments: '{"location": "Boston"}',
        },
      ],
      usage: null,
    },
  ],
  [
    'test_open_ai_function_calls.yaml#1',
    {
      toolCalls: [
        { id: null, name: 'get_current_weather', arguments: '{\n  "location": "Boston"\n}' },
      ],
      finishReason: 'function_call',
    },
  ],
  [
    'test_async_parsed_refused_completion.yaml#0',
    { text: '', refusal: "I'm very sorry, but I can't assist with that request." },
  ],
  [
    'mistral-small-thinking-high',
    {
      text: '4',
      reasoning: expect.stringMatching(/^The user is asking for the result of 2\+2\./),
      usage: { input: 28, output: 35, cachedInput: 0, reasoning: null },
    },
  ],
  [
    'test_mistral_model_thinking_part_iter.yaml#0',
    {
      text: expect.stringMatching(/^To cross the street safely, follow these steps:\n\n1\. Look/),
      reasoning: expect.stringMatching(/^Okay, the user is asking how to cross the street\./),
      finishReason: 'stop',
      usage: { input: 10, output: 232, cachedInput: null, reasoning: null },
    },
  ],
  [
    'test_image_as_binary_content_tool_response.yaml#0',
    { toolCalls: [{ id: 'FI5qQGzDE', name: 'get_image', arguments: '{}' }] },
  ],
  [
    'test_deepseek_deferred_capability_with_thinking.yaml#2',
    {
      reasoning:
        "The player's name is Anne, and the die rolled a 4. The user guessed 4, so they win!",
      usage: { input: 976, output: 61, cachedInput: 896, reasoning: 25 },
      model: 'deepseek-v4-flash',
    },
  ],
  [
    'test_streaming_with_api_usage_capture.yaml#0',
    {
      text: expect.stringMatching(/^Sure! Here's a techy joke for you: .*chuckle! 😄$/s),
      usage: { input: 12, output: 89, cachedInput: 0, reasoning: null },
    },
  ],
  [
    'test_tool_use_failed_error_streaming.yaml#1',
    {
      toolCalls: [
        {
          id: 'fc_bfb39741-3748-4def-9886-a93fc9c64a90',
          name: 'get_something_by_name',
          arguments: '{"name":"example"}',
        },
      ],
      reasoning: expect.stringMatching(/^We need to call the function with correct parameter/),
      usage: { input: 304, output: 49, cachedInput: null, reasoning: 23 },
    },
  ],
  [
    'test_compatible_api_with_tool_calls_without_id.yaml#0',
    {
      toolCalls: [{ id: null, name: 'get_current_time', arguments: '{}' }],
      usage: { input: 35, output: 74, cachedInput: null, reasoning: 62 },
    },
  ],
  [
    'test_openrouter_streaming_reasoning.yaml#0',
    {
      text: '2 + 2 = 4',
      reasoning: 'This is a simple arithmetic question. 2+2 equals 4.',
      usage: { input: 43, output: 36, cachedInput: 0, reasoning: 13 },
    },
  ],
  ['test_openrouter_cache_streaming_e2e.yaml#0', { text: 'Hello!', finishReason: 'stop' }],
  [
    'test_snowflake_model_streaming.yaml#0',
    {
      text: '4',
      finishReason: null,
      usage: { input: 22, output: 5, cachedInput: 0, reasoning: 0 },
    },
  ],
  [
    'test_snowflake_thinking.yaml#0',
    {
      text: 'Sure! Let me check that for you!',
      reasoning: 'Let me get the weather for Mexico City.',
      toolCalls: [
        {
          id: 'toolu_bdrk_01VmA9jmWpws4HgPqjhtGo6i',
          name: 'get_weather',
          arguments: '{"city":"Mexico City"}',
        },
      ],
    },
  ],
  [
    'test_snowflake_thinking_streaming.yaml#0',
    { text: expect.stringMatching(/^15 × 27 = \*\*405\*\*/), reasoning: '15 * 27 = 405' },
  ],
  [
    'test_zai_thinking_stream.yaml#0',
    {
      text: '4',
      reasoning: expect.stringContaining('**Analyze the User'),
      usage: { input: 13, output: 564, cachedInput: 0, reasoning: 561 },
      model: 'glm-4.7',
    },
  ],
  ['test_crusoe_model_streaming.yaml#0', { text: '1, 2, 3, 4, 5', finishReason: 'stop' }],
  ['test_cancel_recorded_provider_stream[huggingface].yaml#1', { text: 'Paris' }],
  [
    'test_ollama_cloud_prompted_output.yaml#0',
    {
      text: '{"name":"Loki","animal":"cat","age":3}',
      reasoning: expect.stringMatching(/^We need to output JSON/),
    },
  ],
  [
    'test_azure/test_chat_streaming.yaml#0',
    {
      text: expect.stringMatching(/^Why did the Opentelemetry developer bring a ladder/),
      model: 'gpt-35-turbo',
      usage: null,
    },
  ],
];

describe('recorded exchanges', () => {
  it.each(expected)('%s comes out right', async (source, answer) => {
    const result = await replayOne(exchangeOf(source));
    expect(result).toMatchObject({ kind: 'answered', answer });
  });

  it.each([
    ['test_tool_use_failed_error_streaming.yaml#0', 'stream_error', 'Tool call validation failed'],
    ['test_tool_use_failed_error.yaml#0', 'rejected', 'Tool call validation failed'],
    ['test_model_name_suggestion[openai-chat]', 'not_found', 'gpt-5.2-proo'],
    ['test_azure/test_chat_reasoning.yaml#1', 'not_found', 'API deployment'],
    ['test_openai_o1_mini_system_role[developer]', 'rejected', "does not support 'developer'"],
    ['test_openrouter_errors_raised.yaml#0', 'rate_limited', 'temporarily rate-limited upstream'],
    ['test_openai/test_text_response.yaml#0', 'not_an_answer', 'text/plain'],
  ])('%s fails as %s', async (source, reason, said) => {
    const result = await replayOne(exchangeOf(source));
    expect(result).toMatchObject({
      kind: 'failed',
      failure: { reason, message: expect.stringContaining(said) as string },
    });
  });

  it('name the parameter that is refused', async () => {
    const role = await replayOne(exchangeOf('test_openai_o1_mini_system_role[system]'));
    const search = await replayOne(exchangeOf('test_openai_web_search_tool_model_not_supported'));
    expect(role).toMatchObject({ failure: { parameter: 'messages[0].role' } });
    expect(search).toMatchObject({ failure: { parameter: 'web_search_options' } });
  });

  it('report the limits in their headers', async () => {
    const told = exchanges.filter((one) => 'x-ratelimit-remaining-tokens' in one.response_headers);
    expect(told).toHaveLength(144);
    for (const [number, { result }] of (await replayAll(told, uncut)).entries()) {
      const headers = told[number]?.response_headers ?? {};
      expect(result.rateLimits).toEqual({
        requests: {
          limit: null,
          remaining: Number(headers['x-ratelimit-remaining-requests']),
          resetMs: null,
        },
        tokens: {
          limit: null,
          remaining: Number(headers['x-ratelimit-remaining-tokens']),
          resetMs: null,
        },
      });
    }
  });
});

describe('each of the 377 exchanges', () => {
  it.each([
    ['in one piece', uncut],
    ['in 40 random pieces, at once', { random: seeded(3), pieces: 40, pauses: false }],
    ['in 12 random pieces, with pauses', { random: seeded(3), pieces: 12, pauses: true }],
  ])('comes out as its bytes say, sent %s', async (_, cutting) => {
    expect(exchanges).toHaveLength(377);
    const results = await replayAll(exchanges, cutting);
    for (const [number, exchange] of exchanges.entries()) {
      const { result, shown } = results[number] ?? {};
      const { source } = exchange;
      const right = expectedOf(exchange);
      if (right.kind === 'answered') {
        const { kind, answer, requestId: providerRequestId } = right;
        expect({ source, ...result }).toMatchObject({ source, kind, answer, providerRequestId });
        const visible = isStream(exchange) ? answer.text + answer.refusal : '';
        expect({ source, shown }).toEqual({ source, shown: visible });
      } else {
        const { kind, reason, partialText } = right;
        expect({ source, ...result }).toMatchObject({ source, kind, failure: { reason } });
        const partial = result?.kind === 'failed' ? result.partial : undefined;
        expect({ source, text: partial?.text ?? null }).toEqual({ source, text: partialText });
      }
    }
  });

  it('loses nothing when reasoning is kept apart from the text', async () => {
    const whole = await replayAll(exchanges, uncut);
    const apart = await replayAll(exchanges, uncut, 'apart');
    const tagged: string[] = [];
    for (const [number, { result, shown }] of apart.entries()) {
      const one = whole[number];
      if (result.kind !== 'answered' || one?.result.kind !== 'answered') continue;
      const { reasoning, text } = result.answer;
      const came = one.result.answer;
      expect(reasoning + text).toBe(came.reasoning + came.text);
      if (text === came.text) continue;
      tagged.push(reasoning.slice(0, 7));
      if (shown !== '') expect(shown).toBe(text);
    }
    expect(tagged.length).toBeGreaterThan(2);
    expect(new Set(tagged)).toEqual(new Set(['<think>']));
  });

  it('reads the same from a recording', async () => {
    const results = await replayAll(exchanges, uncut);
    for (const [number, exchange] of exchanges.entries()) {
      const result = results[number]?.result;
      const live = result?.kind === 'answered' ? result.answer : (result?.partial ?? null);
      const { source } = exchange;
      expect({ source, answer: recorded(exchange) }).toEqual({ source, answer: live });
    }
  });
});

const recorded = (exchange: Exchange): Answer | null => {
  if (isStream(exchange)) return readRecordedStream(exchange.response_text).answer;
  if (exchange.response_headers['content-type']?.startsWith('application/json') !== true) {
    return null;
  }
  return answerOfCompletion(JSON.parse(exchange.response_text) as JsonObject);
};
