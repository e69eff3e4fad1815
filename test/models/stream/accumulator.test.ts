import { describe, expect, it } from 'vitest';
import { answerOfCompletion, Accumulator } from '../../../source/models/stream/accumulator.ts';
import { completionOf } from '../../../source/models/stream/chat-answer.ts';
import type { Answer } from '../../../source/models/answer.ts';
import type { JsonObject, JsonValue } from '../../../source/text/json.ts';

const accumulate = (chunks: readonly JsonObject[]): Answer => {
  const accumulator = new Accumulator();
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
  it('is that of the first choice, and choices are not mixed', () => {
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

  it('is the result of push, without padding', () => {
    const accumulator = new Accumulator();
    const chunk = { ...delta({ content: 'a' }), obfuscation: 'zzzz' };
    expect(accumulator.push(chunk)).toBe('a');
    expect(accumulator.push(delta({ reasoning: 'r' }))).toBe('');
    expect(accumulator.push(delta({ role: 'assistant', content: null }))).toBe('');
    expect(accumulator.push({ choices: [], prompt_filter_results: [] })).toBe('');
    expect(accumulator.answer().text).toBe('a');
  });
});

describe('what is not text', () => {
  it('is named, and the transcript of sound is the text of an answer without another', () => {
    const spoken = accumulate([
      delta({ audio: { id: 'a', data: 'UklG' } }),
      delta({ audio: { transcript: 'Par' } }),
      delta({ audio: { transcript: 'is' } }),
    ]);
    expect(spoken).toMatchObject({ text: 'Paris', otherParts: ['audio'] });
    const both = accumulate([
      delta({ content: 'Paris.' }),
      delta({ audio: { transcript: 'Paris' } }),
    ]);
    expect(both).toMatchObject({ text: 'Paris.', otherParts: ['audio'] });
  });

  it('is found in content and beside it', () => {
    const content: JsonValue = [
      { type: 'text', text: 'Here.' },
      { type: 'image_url', image_url: { url: 'https://files.example/1.png' } },
      { type: 'hologram' },
      {},
    ];
    const answer = accumulate([delta({ content }), delta({ images: [{ type: 'image_url' }] })]);
    expect(answer.text).toBe('Here.');
    expect(answer.otherParts).toEqual(['image', 'hologram', 'part of unknown kind', 'image']);
    const inherited = ['constructor', 'toString', '__proto__'].map((type) => ({ type }));
    expect(accumulate([delta({ content: inherited })]).otherParts).toEqual([
      'constructor',
      'toString',
      '__proto__',
    ]);
    expect(accumulate([delta({ content: 'a', images: [] })])).not.toHaveProperty('otherParts');
  });

  it('survives being written as a completion', () => {
    for (const answer of [
      accumulate([delta({ images: [{}] })]),
      accumulate([delta({ content: [{ type: 'text', text: 'a' }, { type: 'output_audio' }] })]),
    ]) {
      expect(answerOfCompletion(completionOf(answer))).toEqual(answer);
    }
  });
});

describe('reasoning', () => {
  it('is read under each of its names, and once where two names have the same text', () => {
    expect(accumulate([delta({ reasoning_content: 'a' })]).reasoning).toBe('a');
    expect(accumulate([delta({ reasoning: 'b' })]).reasoning).toBe('b');
    const details = [{ type: 'reasoning.text', text: 'c' }];
    expect(accumulate([delta({ reasoning_details: details })]).reasoning).toBe('c');
    expect(accumulate([delta({ reasoning: 'c', reasoning_details: details })]).reasoning).toBe('c');
  });

  it('is not visible', () => {
    const accumulator = new Accumulator();
    accumulator.push(delta({ reasoning: 'a' }));
    expect([accumulator.visible, accumulator.begun]).toEqual([false, true]);
  });
});

describe('tool calls', () => {
  it('are assembled by index, even when interleaved', () => {
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

  it('may have no index (Mistral), whole or in fragments', () => {
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

  it('may repeat id and name in every fragment, or send an empty id', () => {
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

  it('may be a legacy function_call, a custom tool, or have an object as arguments', () => {
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

  it('is the last of several, even when a null follows', () => {
    const answer = accumulate([
      { choices: [], usage: { prompt_tokens: 1, completion_tokens: 1 } },
      { choices: [], usage },
      { choices: [], usage: null },
    ]);
    expect(answer.usage).toEqual(counted);
  });

  it('has cached and reasoning tokens in each spelling', () => {
    const read = (more: JsonObject): unknown =>
      accumulate([{ choices: [], usage: { ...usage, ...more } }]).usage;
    expect(read({ prompt_tokens_details: { cached_tokens: 5 } })).toEqual({
      ...counted,
      cachedInput: 5,
    });
    const litellm = {
      cache_creation_tokens: 5,
      cache_creation_token_details: { ephemeral_1h_input_tokens: 4 },
    };
    expect(read({ prompt_tokens_details: litellm })).toEqual({
      ...counted,
      cacheWrite: 5,
      hourCacheWrite: 4,
    });
    expect(read({ prompt_cache_hit_tokens: 6 })).toEqual({ ...counted, cachedInput: 6 });
    expect(read({ cached_tokens: 7 })).toEqual({ ...counted, cachedInput: 7 });
    expect(read({ completion_tokens_details: { reasoning_tokens: 3 } })).toEqual({
      ...counted,
      reasoning: 3,
    });
  });

  it('counts the thinking that Gemini counts only in its total', () => {
    expect(accumulate([{ choices: [], usage: { ...usage, total_tokens: 63 } }]).usage).toEqual({
      input: 9,
      output: 54,
      cachedInput: null,
      reasoning: 50,
    });
  });

  it('is null where it makes no sense', () => {
    for (const wrong of [null, [], 'x', {}, { prompt_tokens: -1, completion_tokens: 'many' }]) {
      expect(accumulate([{ choices: [], usage: wrong }]).usage).toBeNull();
    }
  });
});

describe('the end of a stream', () => {
  it('is a finish reason for every choice that began', () => {
    const accumulator = new Accumulator();
    accumulator.push(delta({ content: 'a' }));
    accumulator.push(delta({ content: 'b' }, 1));
    accumulator.push({ choices: [{ index: 1, delta: {}, finish_reason: 'stop' }] });
    expect(accumulator.finished).toBe(false);
    accumulator.push({ choices: [{ index: 0, delta: {}, finish_reason: 'length' }] });
    expect(accumulator.finished).toBe(true);
    expect(accumulator.answer().finishReason).toBe('length');
  });

  it('may repeat a reason, and the first chunk may lack the model (Azure)', () => {
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

  it('is not an answer without a message', () => {
    for (const body of [{}, { choices: [] }, { choices: [{}] }, { error: { message: 'x' } }]) {
      expect(answerOfCompletion(body)).toBeNull();
    }
  });
});

describe('several choices', () => {
  it('are kept beside the first, each whole, by ascending index', () => {
    const piece = (index: number, value: JsonObject, finish_reason: string | null = null) => ({
      choices: [{ index, delta: value, finish_reason }],
    });
    const tool = { index: 0, id: 't', function: { name: 'f', arguments: '{}' } };
    const answer = accumulate([
      piece(2, { tool_calls: [tool] }),
      piece(0, { content: 'a' }),
      piece(1, { content: 'b', reasoning: 'r' }),
      piece(1, { refusal: 'c' }, 'stop'),
      piece(2, {}, 'tool_calls'),
    ]);
    const nothing = { text: '', refusal: '', reasoning: '', toolCalls: [] };
    expect(answer).toMatchObject({ text: 'a', finishReason: null });
    expect(answer.otherChoices).toEqual([
      { ...nothing, index: 1, text: 'b', refusal: 'c', reasoning: 'r', finishReason: 'stop' },
      {
        ...nothing,
        index: 2,
        toolCalls: [{ id: 't', name: 'f', arguments: '{}' }],
        finishReason: 'tool_calls',
      },
    ]);
  });

  it('show the text of the first only', () => {
    const accumulator = new Accumulator();
    expect(accumulator.push(delta({ content: 'X' }, 1))).toBe('');
    expect(accumulator.push(delta({ content: 'a' }))).toBe('a');
  });
});

describe('logprobs', () => {
  const withLogprobs = (logprobs: JsonValue, index = 0): JsonObject => ({
    choices: [{ index, delta: {}, logprobs }],
  });

  it('are those of the first choice, one after the other', () => {
    const [one, two, three] = ['a', 'b', 'c'].map((token) => ({ token, logprob: -0.5 }));
    const answer = accumulate([
      withLogprobs({ content: [one ?? null], refusal: null }),
      withLogprobs({ content: [three ?? null] }, 1),
      withLogprobs(null),
      withLogprobs({ content: [], refusal: [two ?? null] }),
    ]);
    expect(answer.logprobs).toEqual([one, two]);
  });

  it('are null when none arrived', () => {
    expect(accumulate([delta({ content: 'a' })]).logprobs).toBeNull();
  });
});

describe('the cost', () => {
  const costOf = (more: JsonObject): number | null =>
    accumulate([{ choices: [], usage: { ...usage, ...more } }]).cost;

  it('is the one reported in the answer: OpenRouter, Perplexity, xAI, DeepInfra', () => {
    expect(costOf({ cost: 0.0012 })).toBe(0.0012);
    expect(costOf({ cost: { input_tokens_cost: 0.1, total_cost: 0.3 } })).toBe(0.3);
    expect(costOf({ cost_in_usd_ticks: 37_756_000 })).toBeCloseTo(0.003_775_6, 12);
    expect(costOf({ estimated_cost: 0.0004 })).toBe(0.0004);
  });

  it('is none, like a count, where no call can have it', () => {
    expect(costOf({ cost: 1e300 })).toBeNull();
    expect(costOf({ cost: -1 })).toBeNull();
    const huge = { prompt_tokens: 1e300, completion_tokens: 1e308 };
    expect(accumulate([{ choices: [], usage: huge }]).usage).toBeNull();
  });

  it("includes the upstream's bill when the user brings the upstream key", () => {
    const cost_details = { upstream_inference_cost: 0.02 };
    expect(costOf({ cost: 0.001, is_byok: true, cost_details })).toBeCloseTo(0.021, 12);
    expect(costOf({ cost: 0.001, is_byok: false, cost_details })).toBe(0.001);
  });

  it('is null when the answer reports none or nonsense', () => {
    for (const more of [{}, { cost: null }, { cost: '1' }, { cost: -1 }, { cost: {} }]) {
      expect(costOf(more)).toBeNull();
    }
  });
});

describe('names', () => {
  it('are the first that are not empty', () => {
    const accumulator = new Accumulator();
    for (const chunk of [
      { id: '', model: '', choices: [] },
      { id: 'c1', model: 'm1', choices: [], x_groq: { id: 'req_1' } },
      { id: 'c2', model: 'm2', choices: [], request_id: 'other' },
    ]) {
      accumulator.push(chunk);
    }
    expect(accumulator.answer()).toMatchObject({ id: 'c1', model: 'm1' });
    expect(accumulator.requestId).toBe('req_1');
  });
});
