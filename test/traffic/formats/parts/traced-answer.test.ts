import { describe, expect, it } from 'vitest';
import { answerOfCompletion } from '../../../../source/models/stream/accumulator.ts';
import type { JsonValue } from '../../../../source/text/json.ts';
import { readFinishReason } from '../../../../source/traffic/formats/parts/chat-completion.ts';
import { readParameters } from '../../../../source/traffic/formats/parts/parameters.ts';
import { readTracedAnswer } from '../../../../source/traffic/formats/parts/traced-answer.ts';

const facts = { id: null, model: 'm', finishReasons: [], usage: null, choices: 1 };

const textOf = (stored: JsonValue): unknown => {
  const choices = readTracedAnswer(stored, facts)?.['choices'] as
    readonly { message: { content: unknown } }[] | undefined;
  return choices?.map(({ message }) => message.content);
};

describe('an answer', () => {
  it.each<[string, JsonValue, readonly string[]]>([
    ['a text', 'hi', ['hi']],
    ['a message', { role: 'assistant', content: 'hi' }, ['hi']],
    ['the JSON of a message', '{"role":"ai","content":"hi"}', ['hi']],
    ['a choice', { index: 0, message: { content: 'hi', role: 'assistant' } }, ['hi']],
    [
      'two choices',
      [
        { role: 'assistant', content: 'a' },
        { role: 'assistant', content: 'b' },
      ],
      ['a', 'b'],
    ],
    [
      'parts',
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'h' },
          { type: 'text', text: 'i' },
        ],
      },
      ['hi'],
    ],
    [
      'a message of Ollama',
      { model: 'm', message: { role: 'assistant', content: 'hi' }, done: true },
      ['hi'],
    ],
    ['of Vercel', { text: 'hi', finishReason: 'stop' }, ['hi']],
    [
      'of Gemini',
      { candidates: [{ content: { parts: [{ text: 'hi' }] }, finishReason: 'MAX_TOKENS' }] },
      ['hi'],
    ],
  ])('may be %s', (_, stored, texts) => {
    expect(textOf(stored)).toEqual(texts);
  });

  it.each<[JsonValue]>([
    ['{"category": "billing"}'],
    ['[1, 2]'],
    ['[{"type": "a", "name": "b"}]'],
    ['{"message": "hello"}'],
    ['{"candidates": []}'],
    ['{"choices": ["a", "b"]}'],
    ['{"generations": []}'],
    ['"quoted"'],
    ['None'],
  ])('that is JSON stays as it is: %s', (stored) => {
    expect(textOf(stored)).toEqual([stored]);
  });

  it.each<[string, JsonValue, readonly string[]]>([
    [
      'sound beside it',
      { role: 'assistant', content: 'hi', audio: { id: 'a', data: '' } },
      ['audio'],
    ],
    [
      'images beside it',
      { role: 'ai', content: 'hi', additional_kwargs: { images: [{ type: 'image_url' }] } },
      ['image'],
    ],
    [
      'an image that was not stored',
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'hi' },
          { type: 'image', image: '…' },
        ],
      },
      ['image'],
    ],
    [
      'sound of Gemini',
      {
        candidates: [
          {
            content: {
              parts: [{ text: 'hi' }, { inlineData: { mimeType: 'audio/ogg', data: 'T2dn' } }],
            },
          },
        ],
      },
      ['audio'],
    ],
    [
      'a call of a hosted tool',
      {
        object: 'response',
        output: [
          { type: 'image_generation_call', result: 'iVBO' },
          { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'hi' }] },
        ],
      },
      ['part of unknown kind'],
    ],
    [
      'a file between its calls',
      [
        {
          role: 'assistant',
          content: [
            { type: 'file', url: '…' },
            { type: 'text', text: 'h' },
          ],
        },
        {
          role: 'assistant',
          content: 'i',
          tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }],
        },
      ],
      ['file'],
    ],
  ])('keeps %s as a part that nobody can compare', (_, stored, otherParts) => {
    const body = readTracedAnswer(stored, facts) ?? {};
    expect(answerOfCompletion(body)).toMatchObject({ text: 'hi', otherParts });
  });

  it('that is nothing but an image has that part and no text', () => {
    const output = [{ type: 'image_generation_call', result: 'iVBO' }];
    expect(textOf({ object: 'response', output })).toEqual([[{ type: 'part of unknown kind' }]]);
  });

  it('that is JSON and was stored as an object becomes text', () => {
    expect(textOf({ category: 'billing' })).toEqual(['{"category":"billing"}']);
  });

  it.each<[JsonValue]>([[null], ['']])('is none in %j', (stored) => {
    expect(readTracedAnswer(stored, facts)).toBeNull();
  });

  it('in pieces with calls is one answer if one was asked for', () => {
    const pieces = [
      { role: 'assistant', content: 'See:' },
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'c', function: { name: 'f', arguments: '{}' } }],
      },
    ];
    expect(readTracedAnswer(pieces, facts)?.['choices']).toEqual([
      {
        index: 0,
        message: {
          role: 'assistant',
          content: 'See:',
          tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }],
        },
        finish_reason: null,
      },
    ]);
    expect(readTracedAnswer(pieces, { ...facts, choices: 2 })?.['choices']).toHaveLength(2);
  });
});

describe('finish reasons', () => {
  it.each([
    ['tool_call', 'tool_calls'],
    ['tool-calls', 'tool_calls'],
    ['tool_use', 'tool_calls'],
    ['content-filter', 'content_filter'],
    ['MAX_TOKENS', 'length'],
    ['end_turn', 'stop'],
    ['unknown', null],
    ['', null],
    ['constructor', 'constructor'],
  ])("%s is OpenAI's %s", (said, reason) => {
    expect(readFinishReason(said)).toBe(reason);
  });
});

describe('parameters', () => {
  it('are numbers, flags and lists although they were stored as text', () => {
    const lost = new Set<string>();
    const given = {
      temperature: '0.10',
      maxTokens: '64',
      parallel_tool_calls: 'True',
      stop_sequences: '["a"]',
      seed: '',
      top_p: null,
      n: 0,
      max_output_tokens: -1,
      tool_choice: { type: 'tool', name: 'f' },
      toString: '1',
      model: 'm',
    };
    expect(readParameters(given, lost)).toEqual({
      temperature: 0.1,
      max_tokens: 64,
      parallel_tool_calls: true,
      stop: ['a'],
      tool_choice: { type: 'function', function: { name: 'f' } },
    });
    expect([...lost]).toEqual(['toString']);
  });

  it('of the Responses API are nested', () => {
    const given = {
      text: {
        format: { type: 'json_schema', name: 's', schema: { type: 'object' } },
        verbosity: 'low',
      },
      reasoning: { effort: 'high', summary: 'auto' },
      max_output_tokens: 10,
    };
    expect(readParameters(given, new Set())).toEqual({
      max_completion_tokens: 10,
      response_format: {
        type: 'json_schema',
        json_schema: { name: 's', schema: { type: 'object' } },
      },
      verbosity: 'low',
      reasoning_effort: 'high',
    });
  });
});
