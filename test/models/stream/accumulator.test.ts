import { describe, expect, it } from 'vitest';
import {
  answerOfCompletion,
  createAccumulator,
} from '../../../source/models/stream/accumulator.ts';
import type { Answer } from '../../../source/models/answer.ts';
import type { JsonObject, JsonValue } from '../../../source/text/json.ts';

const accumulate = (chunks: readonly JsonObject[]): Answer => {
  const accumulator = createAccumulator();
  for (const chunk of chunks) accumulator.push(chunk);
  return accumulator.answer();
};

const delta = (value: JsonObject, index = 0): JsonObject => ({
  choices: [{ index, delta: value }],
});

const call = (value: JsonObject): JsonObject => delta({ tool_calls: [value] });

const usage = { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 };
const counted = { input: 9, output: 4, cachedInput: null, reasoning: null };

describe('text', () => {
  it('is that of the first choice; the choices are not mixed', () => {
    const answer = accumulate([
      delta({ content: 'a' }),
      delta({ content: 'X' }, 1),
      delta({ content: 'b' }),
    ]);
    expect(answer.text).toBe('ab');
  });

  it('may be an array of parts, with thinking and refusal among them', () => {
    const content: JsonValue = [
      { type: 'thinking', thinking: [{ type: 'text', text: 'Hm.' }] },
      { type: 'text', text: 'Yes' },
      { type: 'refusal', refusal: 'No.' },
    ];
    expect(accumulate([delta({ content })])).toMatchObject({
      text: 'Yes',
      reasoning: 'Hm.',
      refusal: 'No.',
    });
  });

  it('is what push gives back, and padding is none of it', () => {
    const accumulator = createAccumulator();
    const chunk = { ...delta({ content: 'a' }), obfuscation: 'zzzz' };
    expect(accumulator.push(chunk)).toBe('a');
    expect(accumulator.push(delta({ reasoning: 'r' }))).toBe('');
    expect(accumulator.push(delta({ role: 'assistant', content: null }))).toBe('');
    expect(accumulator.push({ choices: [], prompt_filter_results: [] })).toBe('');
    expect(accumulator.answer().text).toBe('a');
  });
});

describe('reasoning', () => {
  it('is read under each of its names, once where two say the same', () => {
    expect(accumulate([delta({ reasoning_content: 'a' })]).reasoning).toBe('a');
    expect(accumulate([delta({ reasoning: 'b' })]).reasoning).toBe('b');
    const details = [{ type: 'reasoning.text', text: 'c' }];
    expect(accumulate([delta({ reasoning_details: details })]).reasoning).toBe('c');
    expect(accumulate([delta({ reasoning: 'c', reasoning_details: details })]).reasoning).toBe('c');
  });

  it('is not visible', () => {
    const accumulator = createAccumulator();
    accumulator.push(delta({ reasoning: 'a' }));
    expect(accumulator.state()).toMatchObject({ visible: false, chunks: 1 });
  });
});

describe('tool calls', () => {
  it('are put together by index, interleaved', () => {
    const answer = accumulate([
      call({ index: 0, id: 'a', function: { name: 'f', arguments: '' } }),
      call({ index: 1, id: 'b', function: { name: 'g', arguments: '{"x"' } }),
      call({ index: 0, function: { arguments: '{}' } }),
      call({ index: 1, function: { arguments: ':1}' } }),
    ]);
    expect(answer.toolCalls).toEqual([
      { id: 'a', name: 'f', arguments: '{}' },
      { id: 'b', name: 'g', arguments: '{"x":1}' },
    ]);
  });

  it('come without an index (Mistral), whole or in pieces', () => {
    const answer = accumulate([
      call({ id: 'a', function: { name: 'f', arguments: '{"x":' } }),
      call({ function: { arguments: '1}' } }),
      call({ id: 'b', function: { name: 'f', arguments: '{}' } }),
    ]);
    expect(answer.toolCalls).toEqual([
      { id: 'a', name: 'f', arguments: '{"x":1}' },
      { id: 'b', name: 'f', arguments: '{}' },
    ]);
  });

  it('may repeat id and name in every piece, or send an empty id', () => {
    const answer = accumulate([
      call({ index: 0, id: 'a', function: { name: 'f', arguments: '{' } }),
      call({ index: 0, id: 'a', function: { name: 'f', arguments: '}' } }),
      call({ index: 0, id: '', function: { name: '', arguments: ' ' } }),
    ]);
    expect(answer.toolCalls).toEqual([{ id: 'a', name: 'f', arguments: '{} ' }]);
  });

  it('are two when two ids share an index (Gemini)', () => {
    const answer = accumulate([
      call({ index: 0, id: 'a', function: { name: 'f', arguments: '{}' } }),
      call({ index: 0, id: 'b', function: { name: 'g', arguments: '[]' } }),
    ]);
    expect(answer.toolCalls.map(({ name }) => name)).toEqual(['f', 'g']);
  });

  it('may be a legacy function_call, a custom tool, or an object in place of its text', () => {
    const legacy = accumulate([
      delta({ function_call: { name: 'f', arguments: '{"a"' } }),
      delta({ function_call: { arguments: ':1}' } }),
    ]);
    expect(legacy.toolCalls).toEqual([{ id: null, name: 'f', arguments: '{"a":1}' }]);
    const custom = accumulate([
      call({ index: 0, id: 'a', type: 'custom', custom: { name: 'sql', input: 'select 1' } }),
    ]);
    expect(custom.toolCalls).toEqual([{ id: 'a', name: 'sql', arguments: 'select 1' }]);
    const object = accumulate([call({ id: 'a', function: { name: 'f', arguments: { x: 1 } } })]);
    expect(object.toolCalls).toEqual([{ id: 'a', name: 'f', arguments: '{"x":1}' }]);
  });
});

describe('usage', () => {
  it.each([
    ['in the last chunk with a choice', { choices: [{ index: 0, delta: {} }], usage }],
    ['in a chunk without choices', { choices: [], usage }],
    ['under x_groq', { choices: [], x_groq: { usage } }],
    ['in the choice (Moonshot)', { choices: [{ index: 0, delta: {}, usage }] }],
  ])('is found %s', (_, chunk) => {
    expect(accumulate([delta({ content: 'a' }), chunk]).usage).toEqual(counted);
  });

  it('is the last of several, and not lost to a null after it', () => {
    const answer = accumulate([
      { choices: [], usage: { prompt_tokens: 1, completion_tokens: 1 } },
      { choices: [], usage },
      { choices: [], usage: null },
    ]);
    expect(answer.usage).toEqual(counted);
  });

  it('knows cached and reasoning tokens in each spelling', () => {
    const read = (more: JsonObject): unknown =>
      accumulate([{ choices: [], usage: { ...usage, ...more } }]).usage;
    expect(read({ prompt_tokens_details: { cached_tokens: 5 } })).toEqual({
      ...counted,
      cachedInput: 5,
    });
    expect(read({ prompt_cache_hit_tokens: 6 })).toEqual({ ...counted, cachedInput: 6 });
    expect(read({ cached_tokens: 7 })).toEqual({ ...counted, cachedInput: 7 });
    expect(read({ completion_tokens_details: { reasoning_tokens: 3 } })).toEqual({
      ...counted,
      reasoning: 3,
    });
  });

  it('counts the thinking that Gemini has in its total only', () => {
    expect(accumulate([{ choices: [], usage: { ...usage, total_tokens: 63 } }]).usage).toEqual({
      input: 9,
      output: 54,
      cachedInput: null,
      reasoning: 50,
    });
  });

  it('is not known where it makes no sense', () => {
    for (const wrong of [null, [], 'x', {}, { prompt_tokens: -1, completion_tokens: 'many' }]) {
      expect(accumulate([{ choices: [], usage: wrong }]).usage).toBeNull();
    }
  });
});

describe('the end of a stream', () => {
  it('is a finish reason for every choice that began', () => {
    const accumulator = createAccumulator();
    accumulator.push(delta({ content: 'a' }));
    accumulator.push(delta({ content: 'b' }, 1));
    accumulator.push({ choices: [{ index: 1, delta: {}, finish_reason: 'stop' }] });
    expect(accumulator.state().finished).toBe(false);
    accumulator.push({ choices: [{ index: 0, delta: {}, finish_reason: 'length' }] });
    expect(accumulator.state().finished).toBe(true);
    expect(accumulator.answer().finishReason).toBe('length');
  });

  it('keeps a reason that comes twice, and the model that the first chunk leaves empty (Azure)', () => {
    const finish = { choices: [{ index: 0, delta: { content: '' }, finish_reason: 'stop' }] };
    const answer = accumulate([{ model: '', choices: [] }, { model: 'gpt', ...finish }, finish]);
    expect(answer).toMatchObject({ finishReason: 'stop', model: 'gpt' });
  });
});

describe('a whole completion', () => {
  it('is read by the same rules', () => {
    const message = {
      role: 'assistant',
      content: 'a',
      refusal: null,
      tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }],
    };
    const choices = [{ index: 0, message, finish_reason: 'stop' }];
    expect(answerOfCompletion({ id: 'c1', model: 'm', choices, usage })).toEqual({
      id: 'c1',
      otherChoices: [],
      logprobs: null,
      cost: null,
      text: 'a',
      refusal: '',
      reasoning: '',
      toolCalls: [{ id: 'c', name: 'f', arguments: '{}' }],
      finishReason: 'stop',
      usage: counted,
      model: 'm',
    });
  });

  it('is none without a message', () => {
    for (const body of [{}, { choices: [] }, { choices: [{}] }, { error: { message: 'x' } }]) {
      expect(answerOfCompletion(body)).toBeNull();
    }
  });
});
