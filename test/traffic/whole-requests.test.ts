import { describe, expect, it } from 'vitest';
import { callsUndefinedTools } from '../../source/traffic/chat-request.ts';
import type { Dialect } from '../../source/traffic/dialects/dialect.ts';
import { findRequest } from '../../source/traffic/dialects/replayable-request.ts';
import type { JsonObject, JsonValue } from '../../source/text/json.ts';
import type { Format } from '../../source/traffic/formats/format.ts';
import { langfuse } from '../../source/traffic/formats/langfuse/langfuse.ts';
import { langsmith } from '../../source/traffic/formats/langsmith.ts';
import { native } from '../../source/traffic/formats/native.ts';
import { otlp } from '../../source/traffic/formats/otel/otlp.ts';
import { phoenix } from '../../source/traffic/formats/otel/phoenix.ts';
import {
  bareRequest,
  inputOutput,
  promptCompletion,
  requestResponse,
} from '../../source/traffic/formats/plain.ts';
import { promptfoo } from '../../source/traffic/formats/promptfoo.ts';
import { recordedHttp } from '../../source/traffic/formats/http/recorded-http.ts';
import { recordedStreams } from '../../source/models/stream/recorded-stream.ts';
import { fixture, importedFile, readOne } from './imported.ts';

const imported = async (name: string) => {
  const { report, byId } = await importedFile(fixture(name));
  return { report, captures: [...byId.values()] };
};

const user = { role: 'user', content: 'Weather in Oslo?' };
const toolCall = (id: string, name: string, args: string) => ({
  id,
  type: 'function',
  function: { name, arguments: args },
});

describe('a recording that holds a request in a way of its own', () => {
  it('has the messages of Azure’s events, which stand in an attribute', async () => {
    const { captures } = await imported('otel/azure-event-content.jsonl');
    expect(captures).toMatchObject([
      {
        request: {
          messages: [
            { role: 'system', content: 'Answer in one word.' },
            { role: 'user', content: 'Capital of Norway?' },
          ],
        },
        recorded: [{ body: { choices: [{ message: { content: 'Oslo' } }] } }],
      },
    ]);
  });

  it('has the calls and results of Bedrock’s parts, and says that the tools are lost', async () => {
    const { captures } = await imported('otel/strands.jsonl');
    expect(captures[0]?.request['messages']).toEqual([
      { role: 'system', content: 'Answer in one word.' },
      user,
      {
        role: 'assistant',
        content: 'I look.',
        tool_calls: [toolCall('tu1', 'get_weather', '{"city":"Oslo"}')],
      },
      { role: 'tool', tool_call_id: 'tu1', content: 'rain' },
    ]);
    expect(captures[0]?.partial).toContain('tools');
    expect(captures[0]?.recorded[0]?.body).toMatchObject({
      choices: [{ message: { content: 'Rain' }, finish_reason: 'stop' }],
    });
  });

  it('has Gemini’s request in the spans of ADK, with its tools in JSON Schema', async () => {
    const { captures } = await imported('otel/google-adk.jsonl');
    expect(captures).toMatchObject([
      {
        request: {
          model: 'gemini-2.0-flash',
          messages: [
            { role: 'system', content: 'Answer in one word.' },
            { role: 'user', content: 'Capital of Norway?' },
          ],
          temperature: 0.1,
          tools: [
            {
              type: 'function',
              function: {
                name: 'lookup',
                description: 'Look a word up',
                parameters: { type: 'object', properties: { q: { type: 'string' } } },
              },
            },
          ],
        },
        recorded: [{ body: { choices: [{ message: { content: 'Oslo' } }] } }],
        partial: ['response_format'],
      },
    ]);
  });

  it('has Gemini’s answers of ADK in Langfuse, and ids for calls that have none', async () => {
    const { captures } = await imported('langfuse/google-adk.jsonl');
    const [text, call] = captures;
    expect(text?.request).toMatchObject({
      messages: [
        { role: 'system', content: 'Greet.' },
        { role: 'user', content: 'hi' },
        { role: 'assistant', content: null, tool_calls: [toolCall('call_1', 'say_hello', '{}')] },
        { role: 'tool', tool_call_id: 'call_1', content: '{"greeting":"Hei"}' },
      ],
      tools: [{ type: 'function', function: { name: 'say_hello' } }],
    });
    expect(text?.partial).not.toContain('tools');
    expect(text?.recorded[0]?.body).toMatchObject({
      choices: [{ message: { role: 'assistant', content: 'Hei!\n' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 39, completion_tokens: 6 },
    });
    expect(call?.recorded[0]?.body['choices']).toEqual([
      {
        index: 0,
        message: {
          role: 'assistant',
          content: null,
          tool_calls: [toolCall('call_1', 'say_hello', '{}')],
        },
        finish_reason: 'tool_calls',
      },
    ]);
    expect(call?.partial).toContain('tools');
  });

  it('has the tools of the span that an observation of Langfuse was made from', async () => {
    const { captures } = await imported('langfuse/tools-in-attributes.jsonl');
    expect(captures[0]?.request['tools']).toMatchObject([
      { type: 'function', function: { name: 'get_weather', description: 'w' } },
    ]);
    expect(captures[0]?.partial).not.toContain('tools');
  });

  it('says that the tools are lost where the answer calls one that is not defined', async () => {
    const { captures } = await imported('otel/calls-without-tools.jsonl');
    expect(captures[0]?.partial).toEqual(['response_format', 'logit_bias', 'tools']);
  });

  it('is not replayable if a result continues a response that a server holds', async () => {
    const { report } = await imported('langfuse/tool-result-only.jsonl');
    expect(report).toMatchObject({
      added: 0,
      reasons: [{ reason: 'continues a stored response (gen_ai.conversation.id)', count: 1 }],
    });
  });

  it('keeps a request of Anthropic’s Messages with its system prompt outside the messages', async () => {
    const { captures, report } = await imported('plain/anthropic-messages.jsonl');
    expect(report).toMatchObject({ added: 1, reasons: [] });
    expect(captures[0]).toMatchObject({
      dialect: 'messages',
      request: { system: expect.anything(), messages: expect.anything() },
    });
  });

  it('has an answer in httpx’s `content`, a usage in LangChain’s words, and choices alone', async () => {
    const httpx = await imported('vcr/httpx-content.yaml');
    expect(httpx.report.recorded).toMatchObject({ answers: 1, errors: 0 });
    expect(httpx.captures[0]?.recorded[0]?.body).toMatchObject({
      choices: [{ message: { content: 'Oslo' } }],
    });
    const langchain = await imported('langsmith/usage-metadata.jsonl');
    expect(langchain.captures[0]?.recorded[0]?.body['usage']).toEqual({
      prompt_tokens: 1043,
      completion_tokens: 97,
      total_tokens: 1140,
      prompt_tokens_details: { cached_tokens: 1024 },
      completion_tokens_details: { reasoning_tokens: 64 },
    });
    const braintrust = await imported('braintrust/choices.jsonl');
    expect(braintrust.report).toMatchObject({
      format: 'Braintrust',
      recorded: { answers: 1, errors: 0, unreadable: 0, timings: 1 },
    });
    expect(braintrust.captures).toMatchObject([
      {
        request: {
          model: 'gpt-4o-mini',
          temperature: 0,
          max_tokens: 16,
          tools: [{ type: 'function', function: { name: 'lookup' } }],
        },
        recorded: [
          {
            model: 'gpt-4o-mini',
            totalMs: 900,
            timeToFirstTokenMs: 410,
            body: {
              choices: [{ message: { content: 'Oslo' }, finish_reason: 'stop' }],
              usage: { prompt_tokens: 28, completion_tokens: 2 },
            },
          },
        ],
        metadata: { conversation: expect.stringMatching(/^[0-9a-f]{16}$/) as string },
      },
    ]);
  });
});

const asked = (...calls: readonly JsonObject[]): JsonObject => ({
  role: 'assistant',
  content: null,
  tool_calls: calls,
});

describe('the gate of all formats', () => {
  const outside = 'a system prompt outside the messages (not a chat completion)';
  const withoutCall = 'a tool result without its call';

  it.each<[string, JsonObject]>([
    ['a message without content', { messages: [{ role: 'user', content: null }] }],
    ['a message without content', { messages: [{ role: 'system' }, user] }],
    ['a message without content', { messages: [{ role: 'user', content: [] }] }],
    ['a message without content', { messages: [user, { role: 'assistant', content: null }, user] }],
    [
      'a message without content',
      {
        messages: [
          user,
          asked(toolCall('a', 'f', '{}')),
          { role: 'tool', tool_call_id: 'a', content: null },
        ],
      },
    ],
    [withoutCall, { messages: [{ role: 'tool', tool_call_id: 'a', content: 'rain' }] }],
    [
      withoutCall,
      {
        messages: [
          user,
          asked(toolCall('a', 'f', '{}')),
          { role: 'tool', tool_call_id: 'b', content: 'rain' },
        ],
      },
    ],
    [
      // The call comes after its result.
      withoutCall,
      {
        messages: [
          user,
          { role: 'tool', tool_call_id: 'a', content: 'rain' },
          asked(toolCall('a', 'f', '{}')),
        ],
      },
    ],
    [withoutCall, { messages: [user, { role: 'function', name: 'f', content: 'rain' }] }],
    [outside, { system: 'Be brief.', messages: [user] }],
    [outside, { system_prompt: 'Be brief.', messages: [user] }],
    [outside, { instructions: 'Be brief.', messages: [user] }],
    [
      'Bedrock Converse request (an API that is not replayed)',
      { messages: [{ role: 'user', content: [{ text: 'hi' }] }], inferenceConfig: {} },
    ],
    [
      'Ollama request (an API that is not replayed)',
      { model: 'm', messages: [user], options: { num_ctx: 4096 } },
    ],
    [
      'Gemini Interactions request (an API that is not replayed)',
      { model: 'm', input: 'hi', previous_interaction_id: 'i' },
    ],
    ['text completion request (an API that is not replayed)', { model: 'm', prompt: 'Once' }],
    ['not a prompt to a model (an embedding)', { model: 'm', input: ['hi'] }],
  ])('names %s', (reason, request) => {
    expect(findRequest(request, {})).toEqual({ found: null, problem: reason });
  });

  it.each<[Dialect, JsonObject]>([
    [
      'messages',
      { system: [{ type: 'text', text: 'Be brief.' }], max_tokens: 9, messages: [user] },
    ],
    ['messages', { model: 'claude-opus-5', system: 'Be brief.', messages: [user] }],
    ['messages', { messages: [user], stop_sequences: ['\n'] }],
    ['messages', { messages: [user], tools: [{ name: 'f', input_schema: {} }] }],
    ['messages', { messages: [user], anthropic_version: 'bedrock-2023-05-31' }],
    [
      'messages',
      {
        messages: [
          user,
          { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'f', input: {} }] },
          { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content: '1' }] },
        ],
      },
    ],
    [
      'messages',
      {
        messages: [
          {
            role: 'user',
            content: [{ type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } }],
          },
        ],
      },
    ],
    ['gemini', { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] }],
    ['responses', { model: 'm', input: [user] }],
    ['responses', { model: 'm', input: 'hi', instructions: 'Be brief.' }],
    ['chat', { model: 'm', messages: [user], max_tokens: 9 }],
  ])('knows %s by the body alone', (dialect, request) => {
    expect(findRequest(request, {})).toEqual({ found: { dialect, model: null, request } });
  });

  it('follows the path, and of a chat completion the body where it knows more', () => {
    const plain = { max_tokens: 9, messages: [user] };
    const found = (request: JsonObject, dialect: Dialect): unknown =>
      findRequest(request, { dialect, model: 'in-path' });
    expect(found(plain, 'messages')).toMatchObject({ found: { dialect: 'messages' } });
    expect(found(plain, 'chat')).toMatchObject({ found: { dialect: 'chat', model: 'in-path' } });
    expect(found({ ...plain, model: 'm', system: 'Be brief.' }, 'chat')).toMatchObject({
      found: { dialect: 'messages', model: null },
    });
  });

  it.each<[string, readonly JsonValue[]]>([
    ['an empty text', [{ role: 'user', content: '' }]],
    ['an assistant that only calls', [user, asked(toolCall('a', 'f', '{}'))]],
    [
      'an assistant that refuses',
      [user, { role: 'assistant', content: null, refusal: 'No.' }, user],
    ],
    [
      'results in any order',
      [
        user,
        asked(toolCall('a', 'f', '{}'), toolCall('b', 'g', '{}')),
        { role: 'tool', tool_call_id: 'b', content: '1' },
        { role: 'tool', tool_call_id: 'a', content: '' },
      ],
    ],
    [
      'a server that gives calls no ids',
      [
        user,
        asked({ type: 'function', function: { name: 'f', arguments: '{}' } }),
        { role: 'tool', content: '1' },
      ],
    ],
    [
      'functions of old',
      [
        user,
        { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{}' } },
        { role: 'function', name: 'f', content: '1' },
      ],
    ],
    [
      'thoughts of Mistral',
      [user, { role: 'assistant', content: [{ type: 'thinking', thinking: [] }] }, user],
    ],
  ])('lets through %s', (_, messages) => {
    expect(findRequest({ model: 'm', messages }, {})).toMatchObject({ found: { dialect: 'chat' } });
  });

  it('asks the answer where the body says nothing', () => {
    const response = {
      type: 'message',
      role: 'assistant',
      content: [{ type: 'text', text: 'Oslo' }],
    };
    const record = { request: { model: 'claude', max_tokens: 9, messages: [user] }, response };
    for (const format of [native, requestResponse]) {
      expect(readOne(format, record)).toMatchObject({
        kind: 'capture',
        capture: { dialect: 'messages', recorded: [{ body: response }] },
      });
    }
  });

  it('knows the tools that are called and not defined', () => {
    const f = { type: 'function', function: { name: 'f', parameters: {} } };
    const called = { messages: [user, asked(toolCall('a', 'f', '{}'))] };
    const answer = { choices: [{ message: asked(toolCall('a', 'g', '{}')) }] };
    expect(callsUndefinedTools(called, [])).toBe(true);
    expect(callsUndefinedTools({ ...called, tools: [f] }, [])).toBe(false);
    expect(callsUndefinedTools({ ...called, functions: [{ name: 'f' }] }, [])).toBe(false);
    expect(callsUndefinedTools({ ...called, tools: [f] }, [answer])).toBe(true);
    expect(callsUndefinedTools({ messages: [user] }, [])).toBe(false);
  });
});

/** The same call without content, without its tools, or with what is not known, in every format. */
const messagesIn: Readonly<Record<string, readonly [Format, (list: JsonValue) => JsonObject]>> = {
  Langfuse: [
    langfuse,
    (list) => ({ id: 'o', traceId: 't', type: 'GENERATION', level: 'DEFAULT', input: list }),
  ],
  LangSmith: [
    langsmith,
    (list) => ({ run_type: 'llm', trace_id: 't', inputs: { messages: list } }),
  ],
  Phoenix: [
    phoenix,
    (list) => ({
      context: { trace_id: 'a', span_id: 'b' },
      span_kind: 'LLM',
      attributes: {
        llm: { input_messages: (list as JsonValue[]).map((message) => ({ message })) },
      },
    }),
  ],
  OTLP: [
    otlp,
    (list) => ({
      scopeSpans: [
        {
          spans: [
            {
              traceId: 'a',
              spanId: 'b',
              attributes: [
                { key: 'gen_ai.request.model', value: { stringValue: 'm' } },
                { key: 'gen_ai.input.messages', value: { stringValue: JSON.stringify(list) } },
              ],
            },
          ],
        },
      ],
    }),
  ],
  promptfoo: [
    promptfoo,
    (list) => ({
      prompt: { raw: JSON.stringify(list) },
      provider: 'p',
      success: true,
      response: { output: 'rain' },
    }),
  ],
  'request bodies': [bareRequest, (list) => ({ model: 'm', messages: list })],
  'native captures': [native, (list) => ({ request: { model: 'm', messages: list } })],
};

const readIn = (name: string, list: JsonValue) => {
  const [format, record] = messagesIn[name] ?? [native, () => ({})];
  const reader = format.open(recordedStreams);
  const [first] = [...reader.read(record(list), null), ...reader.end()];
  return first;
};

describe.each(Object.keys(messagesIn))('a request in %s', (name) => {
  it.each<[string, JsonValue]>([
    ['a message without content', [{ role: 'user', content: null }]],
    ['a tool result without its call', [{ role: 'tool', tool_call_id: 'a', content: 'rain' }]],
  ])('is not replayable with %s', (reason, list) => {
    expect(readIn(name, list)).toMatchObject({ kind: 'rejected', reason });
  });

  it('names the tools that it calls and does not define', () => {
    const found = readIn(name, [
      user,
      asked(toolCall('a', 'f', '{}')),
      { role: 'tool', tool_call_id: 'a', content: 'rain' },
    ]);
    expect(found?.kind === 'capture' ? found.capture.partial : found).toContain('tools');
  });
});

describe('a request that has to be translated', () => {
  const translated = ['Langfuse', 'LangSmith', 'Phoenix', 'OTLP', 'promptfoo'];

  it.each(translated)('is not replayable with parts or items that are not known: %s', (name) => {
    const reason = 'part of a message not stored, or of a kind that is not known';
    const part = { role: 'user', content: [{ type: 'text', text: 'a' }, { type: 'hologram' }] };
    expect(readIn(name, [part])).toMatchObject({ kind: 'rejected', reason });
    expect(readIn(name, [user, { type: 'web_search_call', id: 'w' }])).toMatchObject({
      kind: 'rejected',
    });
    const unreadable = { role: 'assistant', content: null, tool_calls: [{ x: 1 }] };
    expect(readIn(name, [user, unreadable, user])).toMatchObject({
      kind: 'rejected',
      reason: 'tool call not readable',
    });
  });
});

describe('a request over HTTP', () => {
  it('is whole as it was sent, also if it calls tools that it does not define', () => {
    const exchange = {
      method: 'POST',
      url: 'https://api.test/v1/chat/completions',
      request: {
        messages: [
          user,
          asked(toolCall('a', 'f', '{}')),
          { role: 'tool', tool_call_id: 'a', content: 'rain' },
        ],
      },
      status: 200,
      response_text: '',
    };
    expect(readOne(recordedHttp, exchange)).toMatchObject({ capture: { partial: [] } });
  });
});

describe('a request that continues what a server holds', () => {
  const stored = 'continues a stored response (previous_response_id)';

  it.each<[string, JsonObject]>([
    ['the input', { input: { input: [user], previous_response_id: 'resp_1' } }],
    ['the parameters', { input: [user], modelParameters: { previous_response_id: 'resp_1' } }],
  ])('is not replayable in Langfuse, by %s', (_, row) => {
    const observation = { id: 'o', traceId: 't', type: 'GENERATION', level: 'DEFAULT', ...row };
    expect(readOne(langfuse, observation)).toMatchObject({ kind: 'rejected', reason: stored });
  });

  it('is not replayable in LangSmith and OpenInference', () => {
    const inputs = { input: [user], previous_response_id: 'resp_1' };
    expect(readOne(langsmith, { run_type: 'llm', trace_id: 't', inputs })).toMatchObject({
      reason: stored,
    });
    const attributes = { 'input.value': JSON.stringify(inputs) };
    const span = { context: { trace_id: 'a', span_id: 'b' }, span_kind: 'LLM', attributes };
    expect(readOne(phoenix, span)).toMatchObject({ reason: stored });
  });
});

describe('a system prompt outside the messages', () => {
  const first = { role: 'system', content: 'Be brief.' };

  it.each<[string, Format, JsonObject]>([
    [
      'LangSmith',
      langsmith,
      {
        run_type: 'llm',
        trace_id: 't',
        inputs: {
          model: 'claude',
          max_tokens: 9,
          system: [{ type: 'text', text: 'Be brief.' }],
          messages: [user],
        },
      },
    ],
    [
      'Langfuse',
      langfuse,
      {
        id: 'o',
        traceId: 't',
        type: 'GENERATION',
        level: 'DEFAULT',
        input: { system: 'Be brief.', messages: [user] },
      },
    ],
    [
      'a log of prompts',
      promptCompletion,
      { prompt: user.content, system_prompt: 'Be brief.', completion: 'Rain.' },
    ],
    [
      'a log of inputs',
      inputOutput,
      { input: [user], system: [{ type: 'text', text: 'Be brief.' }], output: 'Rain.' },
    ],
    [
      'OpenInference',
      phoenix,
      {
        context: { trace_id: 'a', span_id: 'b' },
        span_kind: 'LLM',
        attributes: {
          'input.value': JSON.stringify({ system: 'Be brief.', max_tokens: 9, messages: [user] }),
          llm: { input_messages: [{ message: user }] },
        },
      },
    ],
  ])('is the first of them where %s has to translate the request', (_, format, record) => {
    const found = readOne(format, record);
    const messages = found?.kind === 'capture' ? found.capture.request['messages'] : found;
    expect(messages).toEqual([first, user]);
  });
});

describe('a span without a prompt in a known place', () => {
  const attribute = (key: string, value: JsonValue) => ({
    key,
    value: { stringValue: typeof value === 'string' ? value : JSON.stringify(value) },
  });
  const reasonOf = (attributes: readonly JsonObject[], events: readonly JsonObject[] = []) => {
    const reader = otlp.open(recordedStreams);
    const span = {
      traceId: 'a',
      spanId: 'b',
      attributes: [attribute('gen_ai.request.model', 'm'), ...attributes],
      events,
    };
    const [found] = [...reader.read({ scopeSpans: [{ spans: [span] }] }, null), ...reader.end()];
    return found?.kind === 'rejected' ? found.reason : found;
  };

  it('has it in another place, or not at all, and the advice is its own SDK’s', () => {
    expect(reasonOf([])).toBe(
      'prompt not stored (OTel: OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT)',
    );
    expect(reasonOf([attribute('az.namespace', 'Microsoft.CognitiveServices')])).toBe(
      'prompt not stored (Azure: AZURE_TRACING_GEN_AI_CONTENT_RECORDING_ENABLED)',
    );
    expect(reasonOf([attribute('gcp.vertex.agent.llm_request', '{}')])).toBe(
      'prompt not stored (ADK: ADK_CAPTURE_MESSAGE_CONTENT_IN_SPANS)',
    );
    const elsewhere = 'prompt stored by a convention that is not known (acme.request)';
    expect(reasonOf([attribute('acme.request', { messages: [user] })])).toBe(elsewhere);
    expect(reasonOf([], [{ name: 'acme', attributes: [attribute('acme.request', [user])] }])).toBe(
      elsewhere,
    );
  });

  it('has events that say only that there was a message', () => {
    const events = ['gen_ai.system.message', 'gen_ai.user.message'].map((name) => ({
      name,
      attributes: [attribute('gen_ai.event.content', { role: 'user' })],
    }));
    expect(reasonOf([], events)).toMatch(/^prompt not stored/);
  });
});
