import { describe, expect, it } from 'vitest';
import { adaptRequest } from '../../../source/models/adaptation/adapt-request.ts';
import {
  adaptationData,
  adaptationRules,
} from '../../../source/models/adaptation/adaptation-rules.ts';
import type { Adaptation } from '../../../source/traffic/dialects/adaptation.ts';
import { builtInProviders } from '../../../source/models/providers.ts';
import { resolveModel } from '../../../source/models/resolve-model.ts';
import type { JsonObject, JsonValue } from '../../../source/text/json.ts';

const user = { role: 'user', content: 'Answer in JSON.' };
const call = { id: 'call_1', type: 'function', function: { name: 'find', arguments: '{}' } };
const turn = { role: 'assistant', content: null, tool_calls: [call] };
const schema = { type: 'json_schema', json_schema: { name: 'x', schema: {} } };
const forced = { type: 'function', function: { name: 'find' } };
const strictTool = { type: 'function', function: { name: 'find', strict: true } };
const image = { type: 'image_url', image_url: { url: 'https://example.com/a.png' } };

/** The body sent to the model, without the routine changes of every replay. */
const adapt = (
  label: string,
  fragment: JsonObject,
): { readonly body: JsonObject; readonly said: readonly string[] } => {
  const model = resolveModel(label);
  if (model.kind !== 'live') throw new Error('not live');
  const request = { messages: [user], ...fragment };
  const { body, adaptations } = adaptRequest(request, model);
  const { model: _model, stream: _stream, stream_options: _options, ...rest } = body;
  return { body: rest, said: adaptations.filter(isNews).map(sentence) };
};

const isNews = ({ parameter }: Adaptation): boolean =>
  !['model', 'stream', 'stream_options'].includes(parameter);

const sentence = ({ action, parameter, to }: Adaptation): string =>
  action === 'renamed' ? `renamed ${parameter} ${String(to)}` : `${action} ${parameter}`;

type Row = readonly [
  name: string,
  models: readonly string[],
  fragment: JsonObject,
  expected: JsonObject,
  said: readonly string[],
];

/** A fragment that is sent unchanged. */
const same = (name: string, models: readonly string[], fragment: JsonObject): Row => [
  name,
  models,
  fragment,
  fragment,
  [],
];

const sampling = {
  temperature: 0,
  top_p: 0.9,
  presence_penalty: 1,
  frequency_penalty: 1,
  logit_bias: { 1: 1 },
  logprobs: true,
  top_logprobs: 2,
};

const removedAll = (fragment: JsonObject): readonly string[] =>
  Object.keys(fragment).map((key) => `removed ${key}`);

const thinkAlways = 'kept reasoning_effort';
const thinkDefault = 'kept thinking';

const rows: readonly Row[] = [
  // What touches production, for every provider.
  [
    'nothing of production goes along',
    ['openai/gpt-4o', 'groq/llama-3.3-70b-versatile', 'together/x', 'http://127.0.0.1:1/v1#m'],
    { store: true, metadata: { a: 'b' }, user: 'u', safety_identifier: 's' },
    {},
    ['removed store', 'removed metadata', 'removed user', 'removed safety_identifier'],
  ],
  [
    'one answer is asked for',
    ['openai/gpt-4o', 'http://127.0.0.1:1/v1#m'],
    { n: 3 },
    { n: 1 },
    ['changed n'],
  ],
  [
    'null in place of tool calls is not sent',
    ['openai/gpt-4o', 'http://127.0.0.1:1/v1#m'],
    { messages: [{ role: 'assistant', content: 'a', tool_calls: null, function_call: null }] },
    { messages: [{ role: 'assistant', content: 'a' }] },
    ['removed messages[*].tool_calls', 'removed messages[*].function_call'],
  ],

  // OpenAI.
  same('OpenAI takes its own parameters', ['openai/gpt-4o', 'openai/gpt-5-chat-latest'], {
    ...sampling,
    max_tokens: 100,
    seed: 1,
    stop: 'END',
    service_tier: 'flex',
    prompt_cache_key: 'k',
    verbosity: 'low',
    prediction: {},
    response_format: schema,
    tools: [strictTool],
    tool_choice: 'required',
    parallel_tool_calls: false,
  }),
  [
    'a model that always thinks takes no sampling',
    [
      'openai/gpt-5',
      'openai/gpt-5-mini-2025-08-07',
      'openai/o3',
      'openai/gpt-5.1-codex',
      'https://x.openai.azure.com/openai/v1#gpt-5',
    ],
    sampling,
    {},
    [...removedAll(sampling), thinkAlways],
  ],
  [
    'a model that thinks by default takes no sampling',
    ['openai/gpt-5.5', 'openai/gpt-5.6'],
    { temperature: 0 },
    {},
    ['removed temperature', thinkAlways],
  ],
  same('one that was told not to think takes it', ['openai/gpt-5.5', 'openai/gpt-5.2'], {
    temperature: 0,
    reasoning_effort: 'none',
  }),
  same('one that does not think by default takes it', ['openai/gpt-5.1', 'openai/gpt-5.4'], {
    temperature: 0,
  }),
  [
    'unless it is told to think',
    ['openai/gpt-5.1'],
    { temperature: 0, reasoning_effort: 'low' },
    { reasoning_effort: 'low' },
    ['removed temperature'],
  ],
  [
    'the newer name of the limit, where only that is taken',
    [
      'openai/gpt-5',
      'openai/o4-mini',
      'openai/gpt-5.2-pro',
      'https://x.openai.azure.com/openai/v1#gpt-5-mini',
    ],
    { max_tokens: 9000, reasoning_effort: 'low' },
    { max_completion_tokens: 9000, reasoning_effort: 'low' },
    ['renamed max_tokens max_completion_tokens'],
  ],
  [
    'a limit that starves a model that thinks',
    ['openai/gpt-5'],
    { max_tokens: 256, reasoning_effort: 'low' },
    { max_completion_tokens: 256, reasoning_effort: 'low' },
    ['renamed max_tokens max_completion_tokens', 'kept max_completion_tokens'],
  ],
  [
    'two names of the limit come to one',
    ['openai/gpt-5'],
    { max_tokens: 4096, max_completion_tokens: 5000, reasoning_effort: 'low' },
    { max_completion_tokens: 5000, reasoning_effort: 'low' },
    ['removed max_tokens'],
  ],
  [
    'no stop',
    ['openai/o3', 'openai/o4-mini'],
    { stop: 'END', reasoning_effort: 'low' },
    { reasoning_effort: 'low' },
    ['removed stop'],
  ],
  [
    'OpenAI takes no thinking of others',
    ['openai/gpt-4o'],
    { messages: [{ role: 'assistant', content: 'a', reasoning_content: 'hm' }] },
    { messages: [{ role: 'assistant', content: 'a' }] },
    ['removed messages[*].reasoning_content'],
  ],
  [
    'a Mistral deployment at Azure takes the older name',
    ['https://x.openai.azure.com/openai/v1#mistral-large'],
    { max_completion_tokens: 100 },
    { max_tokens: 100 },
    ['renamed max_completion_tokens max_tokens'],
  ],
  [
    'Azure takes no files',
    ['https://x.openai.azure.com/openai/v1#gpt-4o'],
    { messages: [{ role: 'user', content: [{ type: 'file', file: {} }] }] },
    { messages: [{ role: 'user', content: [{ type: 'file', file: {} }] }] },
    ['kept messages[*].content[*].type'],
  ],

  // Everybody else.
  [
    'what only OpenAI knows',
    [
      'deepseek/deepseek-chat',
      'mistral/mistral-small',
      'groq/llama-3.3',
      'ollama/llama4',
      'vllm/x',
      'gemini/x',
    ],
    {
      service_tier: 'auto',
      prompt_cache_key: 'k',
      prediction: {},
      verbosity: 'low',
      web_search_options: {},
    },
    {},
    [
      'removed service_tier',
      'removed prompt_cache_key',
      'removed prediction',
      'removed web_search_options',
      'removed verbosity',
    ],
  ],
  [
    'the older name of the limit and of the role',
    [
      'deepseek/deepseek-chat',
      'zai/glm-4.6',
      'ollama/llama4',
      'moonshot/kimi-k2',
      'http://127.0.0.1:1/v1#m',
    ],
    { max_completion_tokens: 9, messages: [{ role: 'developer', content: 'a' }, user] },
    { max_tokens: 9, messages: [{ role: 'system', content: 'a' }, user] },
    ['renamed max_completion_tokens max_tokens', 'changed messages[*].role'],
  ],
  [
    'what others do not take back of an answer',
    ['deepseek/deepseek-chat', 'groq/llama-3.3', 'http://127.0.0.1:1/v1#m'],
    {
      messages: [{ role: 'assistant', content: 'a', refusal: null, annotations: [], audio: null }],
    },
    { messages: [{ role: 'assistant', content: 'a' }] },
    ['removed messages[*].refusal', 'removed messages[*].annotations', 'removed messages[*].audio'],
  ],
  [
    'an empty content beside tool calls',
    ['deepseek/deepseek-chat', 'groq/llama-3.3'],
    { messages: [{ ...turn, content: '' }] },
    { messages: [turn] },
    ['changed messages[*].content'],
  ],
  same(
    'an unknown server with a model of OpenAI is taken for its gateway',
    ['http://127.0.0.1:1/v1#gpt-4o'],
    {
      max_completion_tokens: 9,
      messages: [{ role: 'developer', content: 'a' }],
      service_tier: 'auto',
    },
  ),

  // DeepSeek.
  [
    'DeepSeek thinks by default',
    ['deepseek/deepseek-v4-flash'],
    { temperature: 0, frequency_penalty: 1, seed: 1, max_completion_tokens: 100 },
    { max_tokens: 100 },
    [
      'renamed max_completion_tokens max_tokens',
      'removed seed',
      'removed temperature',
      'removed frequency_penalty',
      thinkDefault,
      'kept max_tokens',
    ],
  ],
  same('DeepSeek that does not think', ['deepseek/deepseek-v4-pro'], {
    thinking: { type: 'disabled' },
    temperature: 0,
    max_tokens: 100,
    tool_choice: 'required',
    messages: [user, turn],
  }),
  [
    'a schema at DeepSeek, where the prompt says json',
    ['deepseek/deepseek-chat'],
    { response_format: schema },
    { response_format: { type: 'json_object' } },
    ['changed response_format'],
  ],
  [
    'a schema at DeepSeek, where it does not',
    ['deepseek/deepseek-chat'],
    { response_format: schema, messages: [{ role: 'user', content: 'Hi' }] },
    { messages: [{ role: 'user', content: 'Hi' }] },
    ['removed response_format'],
  ],
  [
    'JSON mode at DeepSeek, where the prompt does not say json',
    ['deepseek/deepseek-chat'],
    { response_format: { type: 'json_object' }, messages: [{ role: 'user', content: 'Hi' }] },
    { response_format: { type: 'json_object' }, messages: [{ role: 'user', content: 'Hi' }] },
    ['kept response_format'],
  ],
  [
    'a tool cannot be forced while DeepSeek thinks',
    ['deepseek/deepseek-v4-pro'],
    { tool_choice: forced, thinking: { type: 'enabled' } },
    { tool_choice: 'auto', thinking: { type: 'enabled' } },
    ['changed tool_choice'],
  ],
  [
    'tool turns without their thinking',
    ['deepseek/deepseek-v4-pro', 'moonshot/kimi-k2.6'],
    { messages: [user, turn], thinking: { type: 'enabled' } },
    { messages: [user, turn], thinking: { type: 'enabled' } },
    ['kept messages[*]'],
  ],
  same('tool turns with their thinking', ['deepseek/deepseek-v4-pro', 'moonshot/kimi-k2.6'], {
    messages: [user, { ...turn, reasoning_content: 'hm' }],
    thinking: { type: 'enabled' },
  }),

  // DashScope.
  [
    'DashScope',
    ['dashscope/qwen-plus', 'dashscope-intl/qwen-flash'],
    { frequency_penalty: 1, reasoning_effort: 'low', top_k: 3, enable_search: true },
    { top_k: 3, enable_search: true },
    ['removed reasoning_effort', 'removed frequency_penalty'],
  ],
  [
    'an open Qwen thinks by default',
    ['dashscope/qwen3-32b', 'dashscope/qwen3-235b-a22b'],
    {},
    {},
    ['kept enable_thinking'],
  ],
  same('unless it is told not to', ['dashscope/qwen3-32b'], { enable_thinking: false }),
  same('a commercial one does not', ['dashscope/qwen-plus', 'dashscope/qwen3-max'], {}),
  [
    'the spelling of others does nothing there',
    ['dashscope/qwen-plus'],
    { chat_template_kwargs: { enable_thinking: false } },
    { chat_template_kwargs: { enable_thinking: false } },
    ['kept chat_template_kwargs'],
  ],
  [
    'an open Qwen on a local server',
    ['ollama/qwen3:8b', 'vllm/Qwen/Qwen3-32B'],
    {},
    {},
    ['kept reasoning_effort'],
  ],

  // Moonshot.
  [
    'Kimi takes only its own sampling, and thinks by default',
    ['moonshot/kimi-k2.5', 'moonshot-cn/kimi-k2.6'],
    { temperature: 0, top_p: 1, presence_penalty: 1, frequency_penalty: 1 },
    {},
    [
      'removed temperature',
      'removed top_p',
      'removed presence_penalty',
      'removed frequency_penalty',
      thinkDefault,
    ],
  ],
  same('an older Kimi takes a temperature', ['moonshot/kimi-k2-0905-preview'], { temperature: 0 }),
  [
    'no effort none, no forced tool, no strict tool at Moonshot',
    ['moonshot/kimi-k2.6'],
    { reasoning_effort: 'none', tool_choice: 'required', tools: [strictTool] },
    {
      tool_choice: 'auto',
      tools: [{ type: 'function', function: { name: 'find' } }],
      thinking: { type: 'disabled' },
    },
    [
      'removed tools[*].function.strict',
      'added thinking',
      'removed reasoning_effort',
      'changed tool_choice',
    ],
  ],
  [
    'a schema in part',
    ['moonshot/kimi-k2-0905-preview'],
    { response_format: schema },
    { response_format: schema },
    ['kept response_format'],
  ],

  // GLM.
  [
    'GLM',
    ['zhipu/glm-4.6', 'zai/glm-4.5-air'],
    {
      messages: [{ ...user, name: 'ann' }],
      frequency_penalty: 1,
      presence_penalty: 1,
      tools: [strictTool],
      tool_choice: 'required',
      temperature: 1.5,
      response_format: schema,
      reasoning_effort: 'low',
    },
    {
      messages: [user],
      tools: [{ type: 'function', function: { name: 'find' } }],
      tool_choice: 'auto',
      temperature: 1,
      response_format: { type: 'json_object' },
    },
    [
      'removed tools[*].function.strict',
      'removed frequency_penalty',
      'removed presence_penalty',
      'removed messages[*].name',
      'changed tool_choice',
      'changed temperature',
      'changed response_format',
      'removed reasoning_effort',
    ],
  ],
  [
    'GLM takes no temperature of 0',
    ['zai/glm-4.6'],
    { temperature: 0 },
    { temperature: 0.01 },
    ['changed temperature'],
  ],
  [
    'GLM wants a message of the user',
    ['zai/glm-4.6'],
    { messages: [{ role: 'system', content: 'a' }] },
    { messages: [{ role: 'system', content: 'a' }] },
    ['kept messages'],
  ],
  ['GLM thinks by default', ['zai/glm-5', 'zhipu/glm-4.7'], {}, {}, [thinkDefault]],
  same('unless it is told not to think', ['zai/glm-5'], { thinking: { type: 'disabled' } }),
  [
    'GLM 5.3 cannot be told not to think, and knows three efforts',
    ['zai/glm-5.3'],
    { thinking: { type: 'disabled' }, reasoning_effort: 'medium' },
    { thinking: { type: 'disabled' }, reasoning_effort: 'high' },
    ['changed reasoning_effort', 'kept thinking'],
  ],

  // Gemini.
  [
    'Gemini may overlook',
    ['gemini/gemini-2.0-flash'],
    { seed: 1, logit_bias: {} },
    { seed: 1, logit_bias: {} },
    ['kept seed', 'kept logit_bias'],
  ],
  [
    'Gemini 3 and its efforts and signatures',
    ['gemini/gemini-3-pro-preview'],
    { reasoning_effort: 'medium', messages: [user, turn] },
    { reasoning_effort: 'medium', messages: [user, turn] },
    ['kept reasoning_effort', 'kept messages[*]'],
  ],
  same('Gemini 3 with its signatures', ['gemini/gemini-3-pro-preview'], {
    reasoning_effort: 'high',
    messages: [user, { ...turn, tool_calls: [{ ...call, extra_content: { google: {} } }] }],
  }),

  // Anthropic.
  [
    'Anthropic',
    ['anthropic/claude-opus-4-6'],
    {
      max_tokens: 100,
      temperature: 1.5,
      logprobs: true,
      top_logprobs: 2,
      response_format: schema,
      seed: 1,
      logit_bias: {},
      presence_penalty: 1,
      frequency_penalty: 0,
      reasoning_effort: 'low',
      stop: ['\n', 'END'],
      tools: [strictTool],
    },
    {
      max_tokens: 100,
      temperature: 1,
      response_format: schema,
      seed: 1,
      logit_bias: {},
      presence_penalty: 1,
      frequency_penalty: 0,
      reasoning_effort: 'low',
      stop: ['\n', 'END'],
      tools: [{ type: 'function', function: { name: 'find' } }],
    },
    [
      'removed tools[*].function.strict',
      'removed logprobs',
      'removed top_logprobs',
      'changed temperature',
      'kept response_format',
      'kept seed',
      'kept logit_bias',
      'kept presence_penalty',
      'kept reasoning_effort',
      'kept stop[*]',
    ],
  ],
  [
    'Anthropic moves system messages, and wants a limit',
    ['anthropic/claude-opus-4-6'],
    { messages: [user, { role: 'system', content: 'a' }] },
    { messages: [user, { role: 'system', content: 'a' }] },
    ['kept messages[*].role', 'kept max_tokens'],
  ],
  same('one system message at the beginning is as it was', ['anthropic/claude-opus-4-6'], {
    max_tokens: 100,
    messages: [{ role: 'system', content: 'a' }, user],
  }),

  // OpenRouter.
  [
    'OpenRouter',
    ['openrouter/meta-llama/llama-4-scout'],
    { seed: 1, response_format: schema, verbosity: 'low', max_completion_tokens: 100 },
    { seed: 1, response_format: schema, verbosity: 'low', max_tokens: 100 },
    [
      'renamed max_completion_tokens max_tokens',
      'kept provider',
      'kept seed',
      'kept response_format',
    ],
  ],
  same('OpenRouter with its host pinned', ['openrouter/meta-llama/llama-4-scout'], {
    seed: 1,
    provider: { order: ['a'], allow_fallbacks: false, require_parameters: true },
  }),

  // Local servers.
  [
    'Ollama',
    ['ollama/llama4'],
    {
      max_completion_tokens: 9,
      tools: [strictTool],
      tool_choice: 'required',
      parallel_tool_calls: false,
      logit_bias: {},
      messages: [{ role: 'user', content: [image] }],
    },
    {
      max_tokens: 9,
      tools: [{ type: 'function', function: { name: 'find' } }],
      tool_choice: 'required',
      parallel_tool_calls: false,
      logit_bias: {},
      messages: [{ role: 'user', content: [image] }],
    },
    [
      'renamed max_completion_tokens max_tokens',
      'removed tools[*].function.strict',
      'kept tool_choice',
      'kept logit_bias',
      'kept parallel_tool_calls',
      'kept messages[*].content[*].image_url.url',
    ],
  ],
  [
    'what Ollama does anyway',
    ['ollama/llama4'],
    { tool_choice: 'auto', parallel_tool_calls: true },
    {},
    ['removed parallel_tool_calls', 'removed tool_choice'],
  ],
  [
    'several system messages',
    ['vllm/x', 'llama.cpp/x', 'lm-studio/x'],
    { messages: [{ role: 'system', content: 'a' }, user, { role: 'system', content: 'b' }] },
    { messages: [{ role: 'system', content: 'a' }, user, { role: 'system', content: 'b' }] },
    ['kept messages[*].role'],
  ],
  [
    'llama.cpp',
    ['llama.cpp/x'],
    { tool_choice: 'required' },
    { tool_choice: 'required' },
    ['kept tool_choice'],
  ],
  ['LM Studio', ['lm-studio/x'], { logit_bias: {} }, { logit_bias: {} }, ['kept logit_bias']],

  // Groq, Mistral, Together, Cerebras.
  [
    'Groq',
    ['groq/llama-3.3-70b-versatile'],
    {
      logprobs: true,
      top_logprobs: 1,
      logit_bias: {},
      messages: [{ ...user, name: 'ann' }],
      response_format: schema,
    },
    { messages: [user], response_format: schema },
    [
      'removed logprobs',
      'removed top_logprobs',
      'removed logit_bias',
      'removed messages[*].name',
      'kept response_format',
    ],
  ],
  same('a schema at Groq', ['groq/openai/gpt-oss-20b'], {
    response_format: schema,
    reasoning_effort: 'low',
  }),
  [
    'Mistral',
    ['mistral/mistral-large-latest'],
    {
      seed: 1,
      logprobs: true,
      reasoning_effort: 'low',
      messages: [
        { ...user, name: 'ann' },
        { ...turn, reasoning_content: 'hm' },
      ],
    },
    { random_seed: 1, messages: [user, turn] },
    [
      'removed reasoning_effort',
      'removed messages[*].reasoning_content',
      'renamed seed random_seed',
      'removed messages[*].name',
      'removed logprobs',
      'kept messages[*].tool_calls[*].id',
    ],
  ],
  same('Together', ['together/meta-llama/Llama-4'], {
    seed: 1,
    logprobs: true,
    max_tokens: 9,
    top_k: 4,
  }),
  [
    'Cerebras',
    ['cerebras/llama-4-scout'],
    { frequency_penalty: 1, presence_penalty: 1, logit_bias: {}, parallel_tool_calls: true },
    {},
    [
      'removed frequency_penalty',
      'removed presence_penalty',
      'removed logit_bias',
      'removed parallel_tool_calls',
    ],
  ],

  // Images.
  [
    'images for a model that reads only text',
    ['deepseek/deepseek-chat', 'openai/gpt-3.5-turbo', 'zai/glm-4.6'],
    { messages: [{ role: 'user', content: [image] }] },
    { messages: [{ role: 'user', content: [image] }] },
    ['kept messages[*].content[*].type'],
  ],
  same('images for one that sees', ['openai/gpt-4o', 'moonshot/kimi-latest'], {
    messages: [{ role: 'user', content: [image] }],
  }),
];

describe('the requests sent to each provider', () => {
  for (const [name, models, fragment, expected, said] of rows) {
    it.each(models)(`${name}: %s`, (label) => {
      const adapted = adapt(label, fragment);
      const whole: JsonObject = { messages: [user] as JsonValue, ...expected };
      expect(adapted.body).toEqual(whole);
      expect(adapted.said).toEqual(said);
    });
  }
});

describe('the rules', () => {
  it('exist for every built-in provider', () => {
    for (const { quirks } of builtInProviders()) {
      expect(Object.keys(adaptationData().profiles)).toContain(quirks);
    }
  });

  it('extend only existing profiles', () => {
    const { profiles, thinking } = adaptationData();
    const named = [
      ...Object.values(profiles).flatMap((profile) => profile.extends),
      ...thinking.flatMap((entry) => entry.profiles ?? []),
    ];
    expect(named.filter((id) => !Object.hasOwn(profiles, id))).toEqual([]);
  });

  it('have a date, a source and a clause that says why', () => {
    const rules = Object.values(adaptationData().profiles).flatMap((profile) => profile.rules);
    expect(rules.length).toBeGreaterThan(60);
    for (const { date, reason, source } of rules) {
      expect(date).toMatch(/^20\d\d-\d\d(-\d\d)?$/);
      expect(source).not.toBe('');
      expect(reason).not.toMatch(/\.$|\n/);
    }
  });

  it('for an unknown profile are those of any compatible server', () => {
    expect(adaptationRules('nobody', 'm')).toEqual(adaptationRules('openai-compatible', 'm'));
    expect(adaptationRules('constructor', 'm2')).toEqual(
      adaptationRules('openai-compatible', 'm2'),
    );
  });
});
