import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recordedStreams } from '../../../../source/models/stream/recorded-stream.ts';
import type { JsonObject, JsonValue } from '../../../../source/text/json.ts';
import { langfuse } from '../../../../source/traffic/formats/langfuse/langfuse.ts';
import { langsmith } from '../../../../source/traffic/formats/langsmith.ts';
import { otlp } from '../../../../source/traffic/formats/otel/otlp.ts';
import { phoenix } from '../../../../source/traffic/formats/otel/phoenix.ts';
import { readMessages } from '../../../../source/traffic/formats/parts/messages.ts';

const words = fc.string({ minLength: 1 });

const call = fc.record({
  id: fc.stringMatching(/^call_[a-z]{4}$/),
  type: fc.constant('function'),
  function: fc.record({ name: fc.stringMatching(/^[a-z]{1,8}$/), arguments: fc.json() }),
});

/** Messages as OpenAI's SDKs send them. */
const message = fc.oneof(
  fc.record({ role: fc.constantFrom('system', 'developer', 'user'), content: words }),
  fc.record({
    role: fc.constant('user'),
    content: fc.array(fc.record({ type: fc.constant('text'), text: words }), { minLength: 1 }),
  }),
  fc.record({ role: fc.constant('assistant'), content: words }),
  fc.record({
    role: fc.constant('assistant'),
    content: words,
    tool_calls: fc.array(call, { minLength: 1 }),
  }),
  fc.record({ role: fc.constant('tool'), content: words, tool_call_id: words }),
);

const tool = (id: string): JsonObject => ({ role: 'tool', tool_call_id: id, content: 'ok' });

describe('messages', () => {
  it('of OpenAI stay as they are, as a list and as JSON text', () => {
    fc.assert(
      fc.property(fc.array(message, { minLength: 1 }), (messages) => {
        const list = messages as readonly JsonObject[];
        for (const given of [list, JSON.stringify(list)]) {
          const lost = new Set<string>();
          expect(readMessages(given, { lost })).toEqual({ messages: list, tools: [] });
          lost.delete('tool results');
          expect(lost.size).toBe(0);
        }
      }),
    );
  });

  it.each([
    ['a result', [tool('a')], false],
    ['results in any order', [tool('b'), tool('a')], false, ['a', 'b']],
    ['one result of two', [tool('a')], true, ['a', 'b']],
    ['a user at once', [{ role: 'user', content: 'and?' }], true],
    ['nothing yet', [], false],
    ['a result and more', [tool('a'), { role: 'user', content: 'and?' }], false],
  ])('of which calls are followed by %s', (_, after, isLost, ids = ['a']) => {
    const calls = ids.map((id) => ({
      id,
      type: 'function',
      function: { name: 'f', arguments: '{}' },
    }));
    const lost = new Set<string>();
    const asked = { role: 'assistant', content: null, tool_calls: calls };
    readMessages([{ role: 'user', content: 'do' }, asked, ...after], { lost });
    expect(lost.has('tool results')).toBe(isLost);
  });

  const png = [...Buffer.from('\x89PNG\r\n\x1a\n and the rest', 'latin1')];
  const indexed = (bytes: readonly number[]): JsonObject =>
    Object.fromEntries(bytes.map((byte, index) => [String(index), byte]));
  const beginnings = {
    png,
    jpeg: [0xff, 0xd8, 0xff, 0xe0, 0],
    gif: [...Buffer.from('GIF89a..')],
    webp: [...Buffer.from('RIFF\0\n\r\0WEBPVP8 ')],
  };

  it.each(Object.entries(beginnings))(
    'have pictures as bytes, whose type the bytes say: %s',
    (type, bytes) => {
      const lost = new Set<string>();
      const url = `data:image/${type};base64,${Buffer.from(bytes).toString('base64')}`;
      const content = [
        { type: 'image', image: indexed(bytes) },
        { type: 'image', image: { type: 'Buffer', data: bytes }, mimeType: 'image/*' },
        { type: 'file', data: indexed(bytes), mediaType: 'image/bmp' },
        { type: 'file', data: Buffer.from(bytes).toString('base64'), mediaType: 'image/*' },
      ];
      const part = { type: 'image_url', image_url: { url } };
      // A text this short is not taken for base64.
      const expected = content.slice(0, bytes.length > 12 ? 4 : 3).map(() => part);
      const messages = [{ role: 'user', content: content.slice(0, expected.length) }];
      expect(readMessages(messages, { lost })?.messages).toEqual([
        { role: 'user', content: expected },
      ]);
      expect(lost.size).toBe(0);
    },
  );

  it('read bytes with an unknown signature as images if their type is given', () => {
    const content = [{ type: 'image', image: indexed([1, 2, 3]), mimeType: 'image/avif' }];
    const lost = new Set<string>();
    expect(readMessages([{ role: 'user', content }], { lost })?.messages).toEqual([
      {
        role: 'user',
        content: [{ type: 'image_url', image_url: { url: 'data:image/avif;base64,AQID' } }],
      },
    ]);
  });

  it.each<[string, JsonObject]>([
    [
      'some are missing',
      { image: Object.fromEntries(Object.entries(indexed(png)).toSpliced(7, 1)) },
    ],
    [
      'their beginning is missing',
      { image: Object.fromEntries(png.map((one, at) => [at + 1, one])) },
    ],
    ['they are no bytes', { image: { type: 'Buffer', data: [...png, 256] } }],
    ['there are none', { image: {}, mimeType: 'image/png' }],
    ['their type is not known', { image: indexed([1, 2, 3]), mimeType: 'image/*' }],
  ])('have no image in bytes if %s', (_, part) => {
    const lost = new Set<string>();
    const content = [
      { type: 'text', text: 'look' },
      { type: 'image', ...part },
    ];
    readMessages([{ role: 'user', content }], { lost });
    expect([...lost]).toEqual(['images']);
  });

  it('of Gemini have parts of their own', () => {
    const lost = new Set<string>();
    const contents = [
      {
        role: 'user',
        parts: [
          { text: 'hi' },
          { inlineData: { mimeType: 'image/png', data: 'aGVsbG8gd29ybGQhIQ==' } },
        ],
      },
      {
        role: 'model',
        parts: [
          { text: 'thinking', thought: true },
          { functionCall: { name: 'f', args: { a: 1 } } },
        ],
      },
      { role: 'user', parts: [{ functionResponse: { name: 'f', response: { b: 2 } } }] },
    ];
    expect(readMessages(contents, { lost })?.messages).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'hi' },
          {
            type: 'image_url',
            image_url: { url: 'data:image/png;base64,aGVsbG8gd29ybGQhIQ==' },
          },
        ],
      },
      {
        role: 'assistant',
        content: null,
        reasoning_content: 'thinking',
        tool_calls: [
          { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'call_1', content: '{"b":2}' },
    ]);
  });

  it('of the Responses API have calls and results as items; simultaneous calls are one message', () => {
    const items = [
      { role: 'user', content: [{ type: 'input_text', text: 'both' }] },
      { type: 'reasoning', summary: [] },
      { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'f', arguments: '{}' },
      { type: 'function_call', id: 'fc_2', call_id: 'call_2', name: 'g', arguments: '{}' },
      { type: 'function_call_output', call_id: 'call_1', output: '1' },
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'done' }] },
    ];
    expect(readMessages(items, { lost: new Set(), joined: true })?.messages).toEqual([
      { role: 'user', content: 'both' },
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } },
          { id: 'call_2', type: 'function', function: { name: 'g', arguments: '{}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'call_1', content: '1' },
      { role: 'assistant', content: 'done' },
    ]);
  });

  it.each([
    ['no list', 'hi'],
    ['an empty list', []],
    ['a gap', [{ role: 'user', content: 'a' }, null]],
    ['a message without a role', [{ content: 'a' }]],
  ])('are none in %s', (_, value) => {
    expect(readMessages(value, { lost: new Set() })).toBeNull();
  });
});

/** Values that look like what the formats look for, and are not. */
const anything = fc
  .object({
    key: fc.constantFrom(
      'role',
      'content',
      'parts',
      'type',
      'message',
      'kwargs',
      'id',
      'tool_calls',
      'function',
      'messages',
      'choices',
      'generations',
      'output',
      'candidates',
      'text',
      '__proto__',
      '0',
    ),
    values: [
      fc.constantFrom('user', 'text', 'image', 'tool_call', 'constructor', 'response', '[{', ''),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
    ],
    maxDepth: 5,
    withNullPrototype: false,
  })
  .map((value) => JSON.parse(JSON.stringify(value)) as JsonValue);

const recorded: Record<string, (value: JsonValue) => JsonObject> = {
  Langfuse: (value) => ({
    id: 'a',
    traceId: 't',
    type: 'GENERATION',
    level: 'DEFAULT',
    input: [value],
    output: value,
    modelParameters: value,
    metadata: { tools: value, attributes: value },
    usageDetails: value,
  }),
  LangSmith: (value) => ({
    run_type: 'llm',
    trace_id: 't',
    inputs: { messages: [[value]], tools: value },
    outputs: value,
    extra: { invocation_params: value, metadata: value },
  }),
  OTLP: (value) => ({
    scopeSpans: [
      {
        spans: [
          {
            traceId: 'a',
            spanId: 'b',
            events: [value],
            status: value,
            attributes: [
              { key: 'gen_ai.request.model', value: { stringValue: 'm' } },
              {
                key: 'gen_ai.input.messages',
                value: { stringValue: JSON.stringify([value]) },
              },
              { key: 'gen_ai.output.messages', value: { stringValue: JSON.stringify(value) } },
              { key: 'gen_ai.tool.definitions', value },
            ],
          },
        ],
      },
    ],
  }),
  Phoenix: (value) => ({
    context: { trace_id: 'a', span_id: 'b' },
    span_kind: 'LLM',
    attributes: { llm: value, 'llm.input_messages': [value], 'output.value': value },
  }),
};

const formatOf = { Langfuse: langfuse, LangSmith: langsmith, OTLP: otlp, Phoenix: phoenix };

describe('a trace with arbitrary content', () => {
  it.each(Object.entries(formatOf))('is one record of %s and does not crash', (name, format) => {
    fc.assert(
      fc.property(anything, (value) => {
        const reader = format.open(recordedStreams);
        const record = recorded[name]?.(value) ?? {};
        const all = [...reader.read(record, null), ...reader.end()];
        expect(all).toHaveLength(1);
        expect(['capture', 'rejected']).toContain(all[0]?.kind);
      }),
      { numRuns: 300 },
    );
  });
});
