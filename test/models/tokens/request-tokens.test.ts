import { describe, expect, it } from 'vitest';
import { countRequest } from '../../../source/models/tokens/request-tokens.ts';
import { loadTokenizer, type Encoding } from '../../../source/models/tokens/tokenizer.ts';
import type { JsonObject } from '../../../source/text/json.ts';

const system = (name: string, content: string) => ({ role: 'system', name, content });

// Both examples and their counts: OpenAI Cookbook, "How to count tokens with Tiktoken", where the
// API's own `prompt_tokens` confirm them.
const jargon = {
  messages: [
    {
      role: 'system',
      content:
        'You are a helpful, pattern-following assistant that translates corporate jargon into plain English.',
    },
    system('example_user', 'New synergies will help drive top-line growth.'),
    system('example_assistant', 'Things working well together will increase revenue.'),
    system(
      'example_user',
      "Let's circle back when we have more bandwidth to touch base on opportunities for increased leverage.",
    ),
    system('example_assistant', "Let's talk later when we're less busy about how to do better."),
    {
      role: 'user',
      content:
        "This late pivot means we don't have time to boil the ocean for the client deliverable.",
    },
  ],
};

const weather = {
  messages: [
    {
      role: 'system',
      content: 'You are a helpful assistant that can answer to questions about the weather.',
    },
    { role: 'user', content: "What's the weather like in San Francisco?" },
  ],
  tools: [
    {
      type: 'function',
      function: {
        name: 'get_current_weather',
        description: 'Get the current weather in a given location',
        parameters: {
          type: 'object',
          properties: {
            location: {
              type: 'string',
              description: 'The city and state, e.g. San Francisco, CA',
            },
            unit: {
              type: 'string',
              description: 'The unit of temperature to return',
              enum: ['celsius', 'fahrenheit'],
            },
          },
          required: ['location'],
        },
      },
    },
  ],
};

const counted = async (body: JsonObject, encoding: Encoding = 'o200k_base') =>
  countRequest(body, encoding, await loadTokenizer(encoding));

describe('the tokens of a request', () => {
  it.each<readonly [string, JsonObject, Encoding, number]>([
    ['messages', jargon, 'cl100k_base', 129],
    ['messages', jargon, 'o200k_base', 124],
    ['tools', weather, 'cl100k_base', 105],
    ['tools', weather, 'o200k_base', 101],
  ])('are those that OpenAI counts: %s', async (_, body, encoding, tokens) => {
    expect(await counted(body, encoding)).toEqual({ tokens, estimated: false, attachments: 0 });
  });

  it('count text parts as text and other parts separately', async () => {
    const whole = await counted({ messages: [{ role: 'user', content: 'What is it?' }] });
    const parts = [
      { type: 'text', text: 'What is it?' },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
      { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } },
    ];
    expect(await counted({ messages: [{ role: 'user', content: parts }] })).toEqual({
      ...whole,
      attachments: 2,
    });
  });

  it('are an estimate where nothing is documented', async () => {
    const messages = [{ role: 'user', content: 'x' }];
    const plain = await counted({ messages });
    const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{"a":1}' } };
    for (const body of [
      {
        messages,
        response_format: { type: 'json_schema', json_schema: { name: 'x', schema: {} } },
      },
      { messages: [...messages, { role: 'assistant', content: null, tool_calls: [call] }] },
    ]) {
      const found = await counted(body);
      expect(found.estimated).toBe(true);
      expect(found.tokens).toBeGreaterThan(plain.tokens);
    }
  });

  it('can be counted for a body that is not a request', async () => {
    for (const body of [
      {},
      { messages: 'x', tools: {}, functions: [null] },
      {
        messages: [null, { role: 3, content: [null, {}] }],
        tools: [{}, { function: { parameters: [] } }],
      },
    ]) {
      expect((await counted(body as JsonObject)).tokens).toBeGreaterThan(0);
    }
  });
});
