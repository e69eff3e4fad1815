import { describe, expect, it } from 'vitest';
import { nativeRequest } from '../../../source/traffic/dialects/native-request.ts';
import {
  bridgeRequest,
  chatForm,
  readRequest,
} from '../../../source/traffic/dialects/translate-request.ts';
import type { JsonObject, JsonValue } from '../../../source/text/json.ts';

const hello: JsonObject = { role: 'user', content: 'Hello?' };
const call = (id: string, given: string): JsonObject => ({
  id,
  type: 'function',
  function: { name: 'f', arguments: given },
});

describe('bridgeRequest', () => {
  it('says what it changed, and that the request means something else', () => {
    const { adaptations, lossy } = bridgeRequest(
      'chat',
      { messages: [hello], seed: 7, user: 'ann', max_completion_tokens: 10 },
      'messages',
    );
    expect(lossy).toBe(true);
    expect(adaptations).toEqual([
      {
        parameter: 'user',
        action: 'dropped',
        from: 'ann',
        reason: 'it is about production, not about the question',
      },
      {
        parameter: 'seed',
        action: 'dropped',
        from: 7,
        reason: 'Anthropic Messages has no such setting',
        lossy: true,
      },
      {
        parameter: 'max_completion_tokens',
        action: 'renamed',
        from: 'max_completion_tokens',
        to: 'max_tokens',
        reason: 'its name in Anthropic Messages',
      },
    ]);
  });

  it('does not call a request lossy that loses defaults and what is about production', () => {
    const body: JsonObject = {
      messages: [hello],
      n: 1,
      presence_penalty: 0,
      stop: [],
      store: true,
      stream: true,
      max_tokens: 10,
    };
    expect(bridgeRequest('chat', body, 'messages').lossy).toBe(false);
  });

  it('gives Anthropic the limit that it requires, and says so', () => {
    const { body, adaptations } = bridgeRequest('chat', { messages: [hello] }, 'messages');
    expect(body['max_tokens']).toBe(32_000);
    expect(adaptations).toMatchObject([
      { parameter: 'max_completion_tokens', action: 'approximated', from: null, to: 32_000 },
    ]);
  });

  it('leaves out what Anthropic refuses while a model thinks', () => {
    const settings = { temperature: 0.5, topK: 5, maxOutputTokens: 9000 };
    const asked = (thinkingBudget: number): JsonObject =>
      bridgeRequest(
        'gemini',
        {
          contents: [{ role: 'user', parts: [{ text: 'Hello?' }] }],
          generationConfig: { ...settings, thinkingConfig: { thinkingBudget } },
        },
        'messages',
      ).body;
    expect(asked(2048)).not.toHaveProperty('temperature');
    expect(asked(2048)).not.toHaveProperty('top_k');
    expect(asked(0)).toMatchObject({ temperature: 0.5, top_k: 5 });
  });

  it('puts results first into the next turn of the user for Anthropic', () => {
    const { body } = bridgeRequest(
      'chat',
      {
        messages: [
          hello,
          { role: 'assistant', content: null, tool_calls: [call('a.1', '{}'), call('b', '{}')] },
          { role: 'tool', tool_call_id: 'a.1', content: 'one' },
          { role: 'tool', tool_call_id: 'b', content: 'two' },
          hello,
        ],
      },
      'messages',
    );
    expect(body['messages']).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'Hello?' }] },
      {
        role: 'assistant',
        content: [
          { type: 'tool_use', id: 'a_1', name: 'f', input: {} },
          { type: 'tool_use', id: 'b', name: 'f', input: {} },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'a_1', content: 'one' },
          { type: 'tool_result', tool_use_id: 'b', content: 'two' },
          { type: 'text', text: 'Hello?' },
        ],
      },
    ]);
  });

  it('joins the results of Gemini to calls by name, with ids that are always the same', () => {
    const parts = (...list: readonly JsonObject[]): JsonValue => list;
    const result = (name: string, output: string): JsonObject => ({
      functionResponse: { name, response: { output } },
    });
    const { messages } = chatForm('gemini', {
      contents: [
        { role: 'user', parts: parts({ text: 'Hello?' }) },
        {
          role: 'model',
          parts: parts(
            { function_call: { name: 'f', args: {} } },
            { functionCall: { name: 'g', args: {} } },
            { functionCall: { name: 'f', args: { a: 1 } } },
          ),
        },
        { role: 'user', parts: parts(result('g', '2'), result('f', '1'), result('f', '3')) },
      ],
    });
    expect(messages).toMatchObject([
      hello,
      { tool_calls: [{ id: 'call_1' }, { id: 'call_2' }, { id: 'call_3' }] },
      { tool_call_id: 'call_2', content: '2' },
      { tool_call_id: 'call_1', content: '1' },
      { tool_call_id: 'call_3', content: '3' },
    ]);
  });

  it('sends arguments that are not JSON as a member, and says so', () => {
    const { body, adaptations } = bridgeRequest(
      'chat',
      { messages: [hello, { role: 'assistant', tool_calls: [call('a', '{"city": ')] }] },
      'gemini',
    );
    expect(body['contents']).toMatchObject([
      {},
      { parts: [{ functionCall: { args: { input: '{"city": ' } } }] },
    ]);
    expect(adaptations).toContainEqual(
      expect.objectContaining({
        parameter: 'messages[*].tool_calls[*].function.arguments',
        lossy: true,
      }),
    );
  });

  it('signs calls of other models for Gemini 3 alone', () => {
    const body: JsonObject = {
      messages: [hello, { role: 'assistant', tool_calls: [call('a', '{}')] }],
    };
    const signature = (target: string): unknown =>
      JSON.stringify(bridgeRequest('chat', body, 'gemini', { target }).body).includes(
        'skip_thought_signature_validator',
      );
    expect(signature('gemini-3-pro-preview')).toBe(true);
    expect(signature('gemini-2.5-flash')).toBe(false);
  });

  it('drops what another model thought', () => {
    const { body, adaptations, lossy } = bridgeRequest(
      'messages',
      {
        max_tokens: 10,
        messages: [
          hello,
          {
            role: 'assistant',
            content: [
              { type: 'thinking', thinking: 'Hm.', signature: 'c2ln' },
              { type: 'text', text: 'Hi.' },
            ],
          },
        ],
      },
      'chat',
    );
    expect(body['messages']).toEqual([hello, { role: 'assistant', content: 'Hi.' }]);
    expect(lossy).toBe(false);
    expect(adaptations).toContainEqual(
      expect.objectContaining({ parameter: 'messages[*].content[*].thinking', action: 'dropped' }),
    );
  });

  it('keeps nothing at OpenAI, and does not let it enforce schemas that nobody asked to', () => {
    const { body } = bridgeRequest(
      'chat',
      { messages: [hello], tools: [{ type: 'function', function: { name: 'f' } }] },
      'responses',
    );
    expect(body).toMatchObject({ store: false, tools: [{ name: 'f', strict: false }] });
  });
});

describe('readRequest', () => {
  it.each([
    ['responses', { input: 'Hi', previous_response_id: 'r' }, 'previous_response_id'],
    ['responses', { input: [{ type: 'item_reference', id: 'a' }] }, 'item_reference'],
    ['responses', { input: 'Hi', tools: [{ type: 'web_search' }] }, 'web_search'],
    ['messages', { messages: [hello], container: 'c' }, 'container'],
    ['gemini', { contents: [], cachedContent: 'c' }, 'cachedContent'],
    ['gemini', { contents: [], tools: [{ google_search: {} }] }, 'google_search'],
    ['chat', { messages: [hello], web_search_options: {} }, 'web_search'],
  ] as const)('does not replay %s %o', (dialect, body, what) => {
    expect(readRequest(dialect, body, null).problem).toMatch(new RegExp(`^${what}: `));
  });

  it('takes the model of the path where the body names none', () => {
    expect(readRequest('gemini', { contents: [] }, 'gemini-2.5-pro').request.model).toBe(
      'gemini-2.5-pro',
    );
    expect(readRequest('chat', { model: 'a', messages: [] }, 'b').request.model).toBe('a');
  });
});

describe('chatForm', () => {
  it('of a chat completion is the body itself', () => {
    const body: JsonObject = { messages: [hello], unknown: 1 };
    expect(chatForm('chat', body)).toBe(body);
  });
});

describe('nativeRequest', () => {
  const thinking: JsonObject = { type: 'thinking', thinking: 'Hm.', signature: 'c2ln' };
  const text: JsonObject = { type: 'text', text: 'Hi.' };
  const body: JsonObject = {
    model: 'claude-a',
    unknown: { kept: [1] },
    metadata: { user_id: 'u' },
    max_tokens: 10,
    messages: [hello, { role: 'assistant', content: [thinking, text] }, hello],
  };

  it('changes the model, streaming and what is about production, and nothing else', () => {
    const { metadata: _, ...rest } = body;
    const native = nativeRequest('messages', body, { model: 'claude-a' });
    expect(native.body).toEqual({ ...rest, stream: true });
    expect(native.adaptations.map(({ parameter, action }) => `${parameter} ${action}`)).toEqual([
      'metadata dropped',
      'stream added',
    ]);
  });

  it('drops what the other model thought for another one', () => {
    const { body: sent } = nativeRequest('messages', body, { model: 'claude-b' });
    expect(sent['messages']).toEqual([hello, { role: 'assistant', content: [text] }, hello]);
    expect(sent['model']).toBe('claude-b');
  });

  it('drops reasoning items of Responses and the ids that would ask for them', () => {
    const input = [
      { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'x' },
      { type: 'function_call', id: 'fc_1', call_id: 'a', name: 'f', arguments: '{}' },
    ];
    const given: JsonObject = { model: 'a', input, store: true };
    expect(nativeRequest('responses', given, { model: 'b' }).body).toEqual({
      model: 'b',
      input: [{ type: 'function_call', call_id: 'a', name: 'f', arguments: '{}' }],
      store: false,
      stream: true,
    });
    expect(nativeRequest('responses', given, { model: 'a' }).body['input']).toBe(input);
  });

  it('keeps signatures of Gemini for the same model and replaces them for another Gemini 3', () => {
    const parts = [
      { text: 'Hm.', thought: true },
      { functionCall: { name: 'f', args: {} }, thoughtSignature: 'c2ln' },
    ];
    const given: JsonObject = { contents: [{ role: 'model', parts }], labels: { a: 'b' } };
    const asked = 'gemini-3-pro';
    expect(nativeRequest('gemini', given, { model: asked, asked }).body).toEqual({
      contents: [{ role: 'model', parts }],
    });
    expect(nativeRequest('gemini', given, { model: 'gemini-3-flash', asked }).body).toEqual({
      contents: [
        {
          role: 'model',
          parts: [
            {
              functionCall: { name: 'f', args: {} },
              thoughtSignature: 'skip_thought_signature_validator',
            },
          ],
        },
      ],
    });
  });
});
