import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { answerOfCompletion } from '../../source/models/stream/accumulator.ts';
import type { CallResult } from '../../source/models/answer.ts';
import type { JsonObject } from '../../source/text/json.ts';
import { callBytes, whole } from './call.ts';

type Exchange = {
  readonly source: string;
  readonly url: string;
  readonly status: number;
  readonly response_headers: Readonly<Record<string, string>>;
  readonly response_text: string;
};

const exchanges = readFileSync(
  new URL('../fixtures/recorded-http/chat.jsonl', import.meta.url),
  'utf8',
)
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as Exchange);

/** Sends the recorded body through a real connection and the whole way of a call. */
const replay = async ({
  status,
  response_headers,
  response_text,
}: Exchange): Promise<CallResult> => {
  const type = response_headers['content-type'] ?? 'application/json';
  return await callBytes([whole(status, type, response_text, 'connection: close\r\n')]);
};

const named = (part: string): Exchange => {
  const found = exchanges.filter(({ source }) => source.includes(part));
  expect(found).toHaveLength(1);
  return found[0] as Exchange;
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
    const result = await replay(named(source));
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
    const result = await replay(named(source));
    expect(result).toMatchObject({
      kind: 'failed',
      failure: { reason, message: expect.stringContaining(said) as string },
    });
  });

  it('all end as an answer or a failure, the same live and as a recorded completion', async () => {
    for (const exchange of exchanges) {
      const result = await replay(exchange);
      if (exchange.response_headers['content-type']?.startsWith('application/json') !== true)
        continue;
      const body = JSON.parse(exchange.response_text) as JsonObject;
      expect(answerOfCompletion(body)).toEqual(result.kind === 'answered' ? result.answer : null);
    }
    expect(exchanges).toHaveLength(36);
  });
});
