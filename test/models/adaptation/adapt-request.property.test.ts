import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adaptRequest } from '../../../source/models/adaptation/adapt-request.ts';
import type { Adaptation } from '../../../source/traffic/dialects/adaptation.ts';
import { builtInProviders } from '../../../source/models/providers.ts';
import type { Remedy } from '../../../source/models/adaptation/remedy.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../source/text/json.ts';
import { liveModel } from '../call.ts';

const names = [
  'gpt-4o',
  'gpt-5-mini',
  'gpt-5-chat-latest',
  'gpt-5.2',
  'gpt-5.6',
  'openai/gpt-oss-120b',
  'o3',
  'deepseek-v4-flash',
  'deepseek-chat',
  'qwen3-32b',
  'qwen-plus',
  'kimi-k2.6',
  'glm-5',
  'glm-5.3',
  'gemini-3-pro-preview',
  'claude-opus-4-6',
  'mistral-large-latest',
  'some-model',
];

const model = fc
  .tuple(
    fc.constantFrom(...builtInProviders(), liveModel('http://127.0.0.1:1/v1').provider),
    fc.constantFrom(...names),
  )
  .map(([provider, name]) => ({
    kind: 'live' as const,
    label: `${provider.id}/${name}`,
    provider,
    name,
  }));

const one = <Value extends JsonValue>(...values: readonly Value[]): fc.Arbitrary<Value> =>
  fc.constantFrom(...values);

const json = fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<JsonValue>;

const call: JsonObject = {
  id: 'call_1',
  type: 'function',
  function: { name: 'look_up', arguments: '{}' },
};

const message = fc.record(
  {
    role: one('system', 'developer', 'user', 'assistant', 'tool'),
    content: fc.oneof(
      one<JsonValue>('', 'Answer in JSON.', null),
      one<JsonValue>([{ type: 'image_url', image_url: { url: 'https://example.com/a.png' } }]),
    ),
    name: one('ann', 'ben'),
    refusal: one<JsonValue>(null, 'no'),
    annotations: one<JsonValue>([]),
    audio: one<JsonValue>(null, { id: 'a' }),
    tool_calls: one<JsonValue>(null, [call], [call, { ...call, extra_content: {} }]),
    function_call: one<JsonValue>(null),
    reasoning_content: one('hm'),
    reasoning: one('hm'),
    reasoning_details: one<JsonValue>([{ type: 'reasoning.text' }]),
  },
  { requiredKeys: ['role', 'content'] },
);

const schema = { type: 'json_schema', json_schema: { name: 'x', schema: { type: 'object' } } };

const request = fc.record(
  {
    model: one('gpt-4o', 'gpt-5-mini'),
    messages: fc.array(message, { maxLength: 4 }),
    max_tokens: one(1, 100, 4096),
    max_completion_tokens: one(1, 100, 4096),
    temperature: one(0, 0.7, 1, 1.7),
    top_p: one(0.9, 1),
    presence_penalty: one(0, 1),
    frequency_penalty: one(0, 1),
    logit_bias: one({ 50256: -100 }),
    logprobs: fc.boolean(),
    top_logprobs: one(2),
    seed: one(7),
    stop: one<JsonValue>('END', ' ', ['END', '\n'], null),
    n: one<JsonValue>(1, 3, null),
    stream: fc.boolean(),
    stream_options: one<JsonValue>({ include_usage: false }, { include_obfuscation: false }, null),
    store: fc.boolean(),
    metadata: one({ team: 'x' }),
    user: one('u1'),
    safety_identifier: one('s1'),
    prompt_cache_key: one('k'),
    service_tier: one('auto'),
    prediction: one({ type: 'content', content: 'x' }),
    modalities: one(['text']),
    audio: one({ voice: 'x' }),
    web_search_options: one({}),
    verbosity: one('low'),
    reasoning_effort: one<JsonValue>('none', 'minimal', 'low', 'medium', 'high', 'xhigh', null),
    thinking: one<JsonValue>({ type: 'disabled' }, { type: 'enabled' }),
    enable_thinking: fc.boolean(),
    chat_template_kwargs: one({ enable_thinking: false }),
    response_format: one<JsonValue>(schema, { type: 'json_object' }, { type: 'text' }, null),
    tools: one<JsonValue>(
      [],
      [{ type: 'function', function: { name: 'look_up', strict: true, parameters: {} } }],
    ),
    tool_choice: one<JsonValue>('auto', 'none', 'required', {
      type: 'function',
      function: { name: 'look_up' },
    }),
    parallel_tool_calls: fc.boolean(),
    provider: one<JsonValue>({ require_parameters: true }),
    somethingElse: json,
  },
  { requiredKeys: ['messages'] },
) as fc.Arbitrary<JsonObject>;

const keep = fc.subarray(['store', 'metadata', 'user', 'temperature', 'messages', 'tools']);

const remedies = fc.subarray<Remedy>([
  { parameter: 'temperature', action: 'removed', reason: 'after a 400: x' },
  { parameter: 'messages[*].name', action: 'removed', reason: 'after a 400: x' },
  { parameter: 'tools[*].function.strict', action: 'removed', reason: 'after a 400: x' },
  { parameter: 'seed', action: 'renamed', to: 'random_seed', reason: 'after a 400: x' },
  {
    parameter: 'response_format',
    action: 'changed',
    to: { type: 'json_object' },
    reason: 'after a 400: x',
  },
  { parameter: 'max_tokens', action: 'changed', to: 50, reason: 'after a 400: x' },
]);

/** Every place where two values differ, as paths with `[*]` for entries of lists. */
const differences = (
  before: JsonValue | undefined,
  after: JsonValue | undefined,
  path = '',
): readonly string[] => {
  if (Object.is(before, after)) return [];
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    return before.flatMap((entry: JsonValue, index) =>
      differences(entry, after[index] as JsonValue, `${path}[*]`),
    );
  }
  if (isJsonObject(before) && isJsonObject(after)) {
    return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) =>
      differences(
        Object.hasOwn(before, key) ? before[key] : undefined,
        Object.hasOwn(after, key) ? after[key] : undefined,
        path === '' ? key : `${path}.${key}`,
      ),
    );
  }
  return [path];
};

/** The paths at which an adaptation says that something is different. */
const named = ({ parameter, action, to }: Adaptation): readonly string[] =>
  action === 'renamed' ? [parameter, parameter.replace(/[^.]+$/, String(to))] : [parameter];

const covers = (parameter: string, path: string): boolean =>
  path === parameter || path.startsWith(`${parameter}.`) || path.startsWith(`${parameter}[`);

const runs = { numRuns: 500 };

describe('adapting any request to any model', () => {
  it('never modifies the request', () => {
    fc.assert(
      fc.property(request, model, keep, remedies, (given, to, kept, made) => {
        const before = JSON.stringify(given);
        adaptRequest(given, to, { keep: new Set(kept), remedies: made });
        expect(JSON.stringify(given)).toBe(before);
      }),
      runs,
    );
  });

  it('is idempotent', () => {
    fc.assert(
      fc.property(request, model, keep, remedies, (given, to, kept, made) => {
        const options = { keep: new Set(kept), remedies: made };
        const { body, adaptations } = adaptRequest(given, to, options);
        const again = adaptRequest(body, to, options);
        expect(JSON.stringify(again.body)).toBe(JSON.stringify(body));
        const warnings = adaptations.filter(({ action }) => action === 'kept');
        expect(again.adaptations).toEqual(warnings);
      }),
      runs,
    );
  });

  it('reports every difference between the request and the body, and no others', () => {
    fc.assert(
      fc.property(request, model, keep, remedies, (given, to, kept, made) => {
        const { body, adaptations } = adaptRequest(given, to, {
          keep: new Set(kept),
          remedies: made,
        });
        const changes = adaptations.filter(({ action }) => action !== 'kept');
        const paths = changes.flatMap(named);
        const found = differences(given, body);
        expect(found.filter((path) => !paths.some((name) => covers(name, path)))).toEqual([]);
        expect(paths.filter((name) => !found.some((path) => covers(name, path)))).toEqual([]);
      }),
      runs,
    );
  });

  it('keeps the order of the remaining keys', () => {
    fc.assert(
      fc.property(request, model, (given, to) => {
        const { body } = adaptRequest(given, to);
        const stayed = Object.keys(body).filter((key) => Object.hasOwn(given, key));
        expect(stayed).toEqual(Object.keys(given).filter((key) => Object.hasOwn(body, key)));
      }),
      runs,
    );
  });
});
