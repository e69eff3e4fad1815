import { describe, expect, it } from 'vitest';
import { answerText, fixture, importedFile } from '../../imported.ts';

const notStored = 'prompt not stored (OTel: OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT)';

describe('spans of the GenAI conventions from 1.37 on', () => {
  const file = fixture('otel/semconv-1.37.jsonl');

  it('are captured or accounted for', async () => {
    const { report } = await importedFile(file);
    expect(report).toMatchObject({
      format: 'OpenTelemetry (OTLP/JSON)',
      read: 4,
      added: 4,
      notReplayable: 0,
      ignored: [
        { reason: 'a span of operation embeddings', count: 1 },
        { reason: 'a span of operation execute_tool', count: 1 },
        { reason: 'a span of something else', count: 1 },
      ],
    });
  });

  it('have the request, the answer, and times in milliseconds', async () => {
    const { captures, text } = await importedFile(file);
    expect(captures.get('messages in a text')).toEqual({
      id: '0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331',
      endpoint: expect.stringMatching(/^system-/) as string,
      timestamp: '2026-09-21T14:13:20.000Z',
      dialect: 'chat',
      model: null,
      request: {
        model: 'gpt-4o-mini',
        messages: [
          { role: 'system', content: 'Be short.' },
          { role: 'user', content: 'messages in a text' },
          {
            role: 'assistant',
            content: null,
            reasoning_content: 'hm',
            tool_calls: [
              {
                id: 'call_1',
                type: 'function',
                function: { name: 'get_weather', arguments: '{"city":"Paris"}' },
              },
              {
                id: 'call_2',
                type: 'function',
                function: { name: 'get_weather', arguments: '{"city":"Oslo"}' },
              },
            ],
          },
          // `response` of the schema and `result` of the specification's example.
          { role: 'tool', tool_call_id: 'call_1', content: '{"temp":20}' },
          { role: 'tool', tool_call_id: 'call_2', content: 'rain' },
        ],
        tools: [
          {
            type: 'function',
            function: {
              name: 'get_weather',
              description: 'Weather',
              parameters: { type: 'object', properties: { 'a.b': { type: 'string' } } },
            },
          },
        ],
        temperature: 0.5,
        max_tokens: 100,
        stop: ['END'],
        seed: 7,
      },
      recorded: [
        {
          model: 'gpt-4o-mini-2024-07-18',
          production: true,
          timeToFirstTokenMs: 250,
          totalMs: 900,
          body: {
            id: 'chatcmpl-1',
            object: 'chat.completion',
            model: 'gpt-4o-mini-2024-07-18',
            choices: [
              {
                index: 0,
                message: {
                  role: 'assistant',
                  content: 'Let me see.',
                  tool_calls: [
                    {
                      id: 'call_3',
                      type: 'function',
                      function: { name: 'get_weather', arguments: '{"city":"Rome"}' },
                    },
                  ],
                },
                finish_reason: 'tool_calls',
              },
            ],
            usage: {
              prompt_tokens: 20,
              completion_tokens: 9,
              total_tokens: 29,
              prompt_tokens_details: { cached_tokens: 5 },
              completion_tokens_details: { reasoning_tokens: 3 },
            },
          },
        },
      ],
      metadata: {
        user: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
        conversation: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
      },
      partial: ['response_format', 'tool_choice', 'logit_bias'],
    });
    expect(text).not.toContain('jane@example.com');
  });

  it('have structured values, media and several choices', async () => {
    const { captures } = await importedFile(file);
    const capture = [...captures.values()].find(({ request }) => request['n'] === 2);
    expect(capture?.request['messages']).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'structured values' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,aGVsbG8=' } },
          { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
          { type: 'file', file: { file_id: 'file-1' } },
        ],
      },
    ]);
    expect(capture?.partial).toEqual(['logit_bias']);
    expect(capture?.recorded[0]?.body['choices']).toMatchObject([
      { index: 0, message: { content: 'one' }, finish_reason: 'stop' },
      { index: 1, message: { content: 'two' }, finish_reason: 'length' },
    ]);
  });

  it('have errors, and content in the single event with all messages', async () => {
    const { captures } = await importedFile(file);
    expect(captures.get('an error')).toMatchObject({
      recorded: [],
      metadata: { recordedError: { status: 429, message: 'Rate limit reached' } },
    });
    const joined = captures.get('an event with everything');
    expect(joined).toMatchObject({ request: { model: 'gpt-4o-mini', temperature: 0.1 } });
    expect(answerText(joined)).toBe('all');
  });
});

describe('spans of the GenAI conventions 1.28 to 1.36', () => {
  const file = fixture('otel/semconv-1.28.jsonl');

  it('are captured or accounted for', async () => {
    const { report } = await importedFile(file);
    expect(report).toMatchObject({
      read: 5,
      added: 4,
      reasons: [{ reason: notStored, count: 1 }],
      ignored: [
        { reason: 'a log record of something else', count: 1 },
        { reason: 'a log record without its span', count: 1 },
      ],
    });
  });

  it('are joined with logs before and after them', async () => {
    const { captures } = await importedFile(file);
    const capture = captures.get('content in logs, before the span');
    expect(capture).toMatchObject({
      id: '0af7651916cd43dd8448eb211c80319c-00000000000000a1',
      request: {
        model: 'gpt-4o',
        messages: [
          { role: 'system', content: 'Be short.' },
          { role: 'user', content: 'content in logs, before the span' },
        ],
      },
      recorded: [{ totalMs: 900, body: { choices: [{ finish_reason: 'stop' }] } }],
    });
    expect(answerText(capture)).toBe('joined');
  });

  it('have events of their own, also in an attribute', async () => {
    const { captures } = await importedFile(file);
    const capture = captures.get('events of the span');
    expect(capture?.request['messages']).toEqual([
      { role: 'user', content: 'events of the span' },
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } },
        ],
      },
      { role: 'tool', content: '42', tool_call_id: 'call_1' },
    ]);
    expect(answerText(capture)).toBe('It is 42.');
    expect(answerText(captures.get('events in an attribute'))).toBe('in an attribute');
  });

  it('that never come leave a request without its parameters', async () => {
    const { captures } = await importedFile(file);
    expect(captures.get('a span that never comes')).toMatchObject({
      timestamp: null,
      recorded: [{ totalMs: null, body: { choices: [{ finish_reason: 'tool_calls' }] } }],
      partial: ['parameters', 'tools', 'response_format', 'logit_bias'],
    });
  });

  it('may share one object with their logs', async () => {
    const { report, captures } = await importedFile(fixture('otel/semconv-both.json'));
    expect(report).toMatchObject({ read: 1, added: 1 });
    expect(captures.has('both in one object')).toBe(true);
  });
});

it('spans up to 1.27 have their content in events', async () => {
  const { report, captures } = await importedFile(fixture('otel/semconv-1.27.jsonl'));
  expect(report).toMatchObject({ read: 1, added: 1 });
  expect(answerText(captures.get('a prompt event'))).toBe('done');
});

it('a trace of something else has no calls', async () => {
  const { report } = await importedFile(fixture('otel/otlp-example-trace.json'));
  expect(report).toMatchObject({
    read: 0,
    ignored: [{ reason: 'a span of something else', count: 1 }],
  });
});

describe('spans of OpenLLMetry', () => {
  const file = fixture('otel/openllmetry.jsonl');

  it('have messages in numbered attributes', async () => {
    const { report, captures } = await importedFile(file);
    expect(report).toMatchObject({
      read: 3,
      added: 2,
      reasons: [{ reason: notStored, count: 1 }],
      ignored: [{ reason: 'a span of a request of type embedding', count: 1 }],
    });
    const capture = [...captures.values()].find(({ endpoint }) => endpoint === 'weather');
    expect(capture?.request).toEqual({
      model: 'gpt-4o',
      messages: [
        { role: 'system', content: 'Be short.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'a list in a text' },
            { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
          ],
        },
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } },
          ],
        },
        // A list of numbers is the tool's output.
        { role: 'tool', tool_call_id: 'call_1', content: '[1, 2]' },
      ],
      tools: [
        {
          type: 'function',
          function: { name: 'f', description: 'F', parameters: { type: 'object' } },
        },
      ],
      temperature: 0,
    });
    expect(answerText(capture)).toBe('{"answer": 3}');
  });

  it('are ordered by number, not by digits', async () => {
    const { captures } = await importedFile(file);
    const messages = captures.get('turn 10')?.request['messages'] as readonly {
      content: string;
    }[];
    expect(messages.map(({ content }) => content)).toEqual(
      Array.from({ length: 12 }, (_, index) => `turn ${index}`),
    );
  });
});

describe('spans of OpenInference', () => {
  const file = fixture('otel/openinference.jsonl');

  it('are captured or accounted for', async () => {
    const { report } = await importedFile(file);
    expect(report).toMatchObject({
      read: 5,
      added: 2,
      reasons: [
        { reason: 'a message is missing in the trace', count: 1 },
        { reason: 'prompt hidden (OpenInference: OPENINFERENCE_HIDE_INPUTS)', count: 1 },
        {
          reason: 'prompt not stored (OpenInference: OPENINFERENCE_HIDE_INPUT_MESSAGES)',
          count: 1,
        },
      ],
      ignored: [
        { reason: 'a span of kind AGENT', count: 1 },
        { reason: 'a span of kind EMBEDDING', count: 1 },
      ],
    });
  });

  it('have messages in flat keys', async () => {
    const { captures } = await importedFile(file);
    const capture = [...captures.values()].find(({ id }) => id.endsWith('e1'));
    expect(capture?.request).toEqual({
      model: 'gpt-4o-mini',
      messages: [
        { role: 'system', content: 'Be short.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'flat keys' },
            { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
          ],
        },
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } },
          ],
        },
        { role: 'tool', tool_call_id: 'call_1', content: '42' },
      ],
      tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }],
      temperature: 0.3,
      max_tokens: 50,
    });
    expect(capture?.recorded[0]?.body['usage']).toEqual({
      prompt_tokens: 10,
      completion_tokens: 4,
      total_tokens: 14,
      prompt_tokens_details: { cached_tokens: 2 },
      completion_tokens_details: { reasoning_tokens: 1 },
    });
  });

  it('have the body itself if the instrumentation stores it', async () => {
    const { captures } = await importedFile(file);
    const capture = [...captures.values()].find(({ id }) => id.endsWith('e2'));
    expect(capture).toMatchObject({
      request: {
        model: 'gpt-4o-mini',
        messages: [{ role: 'user', content: [{ type: 'text', text: 'the body itself' }] }],
        logit_bias: { '50256': -100 },
        response_format: { type: 'json_object' },
        stream: true,
      },
      partial: [],
      recorded: [{ body: { id: 'chatcmpl-2' } }],
    });
  });
});

describe('spans of the AI SDK', () => {
  const file = fixture('otel/vercel.jsonl');

  it('count once, because those around a call repeat it', async () => {
    const { report } = await importedFile(file);
    expect(report).toMatchObject({
      read: 3,
      added: 2,
      reasons: [{ reason: 'prompt not stored (AI SDK: experimental_telemetry.recordInputs)' }],
      ignored: [{ reason: 'a span of the AI SDK around or beside a call', count: 3 }],
    });
  });

  it('become messages, tools and calls of OpenAI', async () => {
    const { captures } = await importedFile(file);
    const capture = captures.get('parts of Vercel');
    expect(capture).toMatchObject({
      endpoint: 'faq',
      request: {
        model: 'gpt-4o',
        messages: [
          { role: 'system', content: 'Be short.' },
          { role: 'user', content: 'parts of Vercel' },
          { role: 'assistant', tool_calls: [{ id: 'call_1' }] },
          { role: 'tool', tool_call_id: 'call_1', content: '{"t":20}' },
        ],
        tools: [{ type: 'function', function: { name: 'getWeather', description: 'W' } }],
        max_tokens: 200,
        temperature: 0.4,
        tool_choice: { type: 'function', function: { name: 'getWeather' } },
      },
      recorded: [
        {
          timeToFirstTokenMs: 123.4,
          totalMs: 900,
          body: {
            choices: [
              {
                message: {
                  content: null,
                  reasoning_content: 'think',
                  tool_calls: [{ function: { name: 'getWeather', arguments: '{"city":"Rome"}' } }],
                },
                finish_reason: 'tool_calls',
              },
            ],
            usage: { prompt_tokens: 30, prompt_tokens_details: { cached_tokens: 8 } },
          },
        },
      ],
      partial: [],
    });
  });

  it('of version 4 have other names, and images in base64 or byte by byte', async () => {
    const { captures } = await importedFile(file);
    const capture = [...captures.values()].find(({ id }) => id.endsWith('f2'));
    expect(capture?.request['messages']).toMatchObject([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'version 4' },
          {
            type: 'image_url',
            image_url: { url: 'data:image/png;base64,aGVsbG8gd29ybGQhIQ==' },
          },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } },
        ],
      },
      { role: 'assistant', tool_calls: [{ function: { name: 'f', arguments: '{"a":1}' } }] },
      { role: 'tool', tool_call_id: 'call_1', content: 'ok' },
    ]);
    // The history calls a tool that the span does not define.
    expect(capture?.partial).toEqual(['response_format', 'tools']);
    expect(answerText(capture)).toBe('{"category": "billing"}');
  });
});

describe('spans from Phoenix', () => {
  it('have attributes as flat keys, as columns, and nested', async () => {
    const { report, captures } = await importedFile(fixture('phoenix/spans.jsonl'));
    expect(report).toMatchObject({
      format: 'Phoenix spans',
      read: 4,
      added: 3,
      reasons: [{ reason: 'prompt hidden (OpenInference: OPENINFERENCE_HIDE_INPUTS)', count: 1 }],
      ignored: [{ reason: 'a span of kind CHAIN', count: 1 }],
    });
    expect(captures.get('raw bodies')).toMatchObject({
      id: 'a1-b2',
      timestamp: '2026-09-01T10:00:00.000Z',
      request: { temperature: 0 },
      recorded: [{ totalMs: 1250, body: { usage: { prompt_tokens: 8 } } }],
      partial: [],
    });
    const columns = captures.get('columns of a table');
    expect(columns?.request['messages']).toMatchObject([
      { role: 'user' },
      { role: 'assistant', tool_calls: [{ id: 'call_1', function: { name: 'f' } }] },
      { role: 'tool', tool_call_id: 'call_1', content: '42' },
    ]);
    expect(answerText(columns)).toBe('It is 42.');
    expect(captures.get('nested objects')).toMatchObject({
      request: { model: 'gpt-4o' },
      metadata: { recordedError: { status: 429 } },
      partial: ['parameters'],
    });
  });
});
