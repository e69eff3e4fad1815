import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import {
  openai,
  rawCall,
  secretKey,
  startProxy,
  startUpstream,
  type Arrived,
  type RunningProxy,
  type Upstream,
} from '../helpers/recording-proxy.ts';
import { openScene, type Scene } from '../helpers/scene.ts';

let scene: Scene;

beforeEach(async () => {
  scene = await openScene();
});

afterEach(() => scene.close());

/** A proxy before a server that answers as one of the APIs does. */
const open = async (
  answer: (response: ServerResponse, request: Arrived) => void | Promise<void>,
  argv: readonly string[] = [],
): Promise<{ readonly upstream: Upstream; readonly proxy: RunningProxy }> => {
  const upstream = await startUpstream(answer);
  onTestFinished(() => upstream.close());
  const proxy = await startProxy(scene.directory, ['--upstream', upstream.origin, ...argv]);
  onTestFinished(() => {
    proxy.child.kill('SIGKILL');
  });
  return { upstream, proxy };
};

/** The captures in the store. No key is in any file of its folder. */
const captures = () => {
  for (const name of readdirSync(scene.directory)) {
    expect(readFileSync(join(scene.directory, name)).includes(secretKey)).toBe(false);
  }
  return scene
    .rows(
      `select capture.id, dialect, capture.model, request.text as request, answer.text as answer,
         time_to_first_token_ms
       from capture join body request on request.number = request_body
       left join recorded_response on capture_number = capture.number
       left join body answer on answer.number = response_body order by capture.id`,
    )
    .map((row) => ({
      id: row['id'],
      dialect: row['dialect'],
      model: row['model'],
      request: JSON.parse(String(row['request'])) as unknown,
      answer: JSON.parse(String(row['answer'])) as unknown,
      timeToFirstTokenMs: row['time_to_first_token_ms'],
    }));
};

const json = { 'content-type': 'application/json' };
const sse = { 'content-type': 'text/event-stream' };

const eventLines = (events: readonly { readonly type: string }[]): readonly string[] =>
  events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);

/** Writes the parts of a body one by one, split anywhere. */
const trickle = async (response: ServerResponse, parts: readonly string[]): Promise<void> => {
  const bytes = Buffer.from(parts.join(''));
  for (let at = 0; at < bytes.length; at += 97) {
    response.write(bytes.subarray(at, at + 97));
    await sleep(1);
  }
  response.end();
};

describe('OpenAI’s SDK and the Responses API', () => {
  const usage = {
    input_tokens: 5,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: 2,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 7,
  };
  const item = {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text: 'Im Anhang. 😀', annotations: [] }],
  };
  const whole = {
    id: 'resp_1',
    object: 'response',
    created_at: 1,
    status: 'completed',
    error: null,
    incomplete_details: null,
    model: 'gpt-5-2025-08-07',
    output: [item],
    usage,
  };
  const events = [
    {
      type: 'response.created',
      sequence_number: 0,
      response: { ...whole, status: 'in_progress', output: [], usage: null },
    },
    {
      type: 'response.output_item.added',
      sequence_number: 1,
      output_index: 0,
      item: { ...item, status: 'in_progress', content: [] },
    },
    {
      type: 'response.content_part.added',
      sequence_number: 2,
      item_id: 'msg_1',
      output_index: 0,
      content_index: 0,
      part: { type: 'output_text', text: '', annotations: [] },
    },
    ...['Im ', 'Anhang. ', '😀'].map((delta, index) => ({
      type: 'response.output_text.delta',
      sequence_number: 3 + index,
      item_id: 'msg_1',
      output_index: 0,
      content_index: 0,
      delta,
    })),
    { type: 'response.output_item.done', sequence_number: 6, output_index: 0, item },
    { type: 'response.completed', sequence_number: 7, response: whole },
  ];

  it.each(['/v1', '', '/openai/v1'])('are recorded at %s/responses', async (base) => {
    const { proxy, upstream } = await open(async (response, { body }) => {
      const { stream } = JSON.parse(body.toString()) as { readonly stream?: boolean };
      response.writeHead(200, stream === true ? sse : json);
      if (stream === true) await trickle(response, eventLines(events));
      else response.end(JSON.stringify(whole));
    });
    const client = openai(proxy.origin).withOptions({ baseURL: `${proxy.origin}${base}` });
    const request = { model: 'gpt-5', instructions: 'Be brief.', input: 'Wo ist die Rechnung?' };
    expect((await client.responses.create(request)).output_text).toBe('Im Anhang. 😀');
    let text = '';
    for await (const event of await client.responses.create({ ...request, stream: true })) {
      if (event.type === 'response.output_text.delta') text += event.delta;
    }
    expect(text).toBe('Im Anhang. 😀');
    expect(upstream.arrived[0]?.headers.authorization).toBe(`Bearer ${secretKey}`);
    await proxy.stop();
    const [first, second] = captures();
    expect(first).toMatchObject({ dialect: 'responses', model: null, request, answer: whole });
    expect(second).toMatchObject({
      dialect: 'responses',
      request: { ...request, stream: true },
      answer: { object: 'response', model: 'gpt-5-2025-08-07', output: [item], usage },
      timeToFirstTokenMs: expect.any(Number),
    });
  });
});

describe('Anthropic’s SDK', () => {
  const message = {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude-opus-4-1-20250805',
    content: [
      { type: 'text', text: 'Ich sehe nach.' },
      { type: 'tool_use', id: 'toolu_1', name: 'find', input: { number: 7 } },
    ],
    stop_reason: 'tool_use',
    stop_sequence: null,
    usage: { input_tokens: 9, output_tokens: 6 },
  };
  const events = [
    {
      type: 'message_start',
      message: {
        ...message,
        content: [],
        stop_reason: null,
        usage: { input_tokens: 9, output_tokens: 1 },
      },
    },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'ping' },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Ich sehe' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: ' nach.' } },
    { type: 'content_block_stop', index: 0 },
    {
      type: 'content_block_start',
      index: 1,
      content_block: { type: 'tool_use', id: 'toolu_1', name: 'find', input: {} },
    },
    {
      type: 'content_block_delta',
      index: 1,
      delta: { type: 'input_json_delta', partial_json: '{"number"' },
    },
    {
      type: 'content_block_delta',
      index: 1,
      delta: { type: 'input_json_delta', partial_json: ': 7}' },
    },
    { type: 'content_block_stop', index: 1 },
    {
      type: 'message_delta',
      delta: { stop_reason: 'tool_use', stop_sequence: null },
      usage: { output_tokens: 6 },
    },
    { type: 'message_stop' },
  ];

  it('is recorded, whole and streamed', async () => {
    const { proxy, upstream } = await open(async (response, { body }) => {
      const { stream } = JSON.parse(body.toString()) as { readonly stream?: boolean };
      response.writeHead(200, { ...(stream === true ? sse : json), 'request-id': 'req_up' });
      if (stream === true) await trickle(response, eventLines(events));
      else response.end(JSON.stringify(message));
    });
    const client = new Anthropic({
      apiKey: null,
      authToken: null,
      defaultHeaders: { 'x-api-key': secretKey },
      baseURL: proxy.origin,
      maxRetries: 0,
    });
    const request = {
      model: 'claude-opus-4-1',
      max_tokens: 64,
      system: 'Be brief.',
      messages: [{ role: 'user' as const, content: 'Wo ist die Rechnung 7?' }],
      tools: [{ name: 'find', input_schema: { type: 'object' as const } }],
    };
    expect((await client.messages.create(request)).content).toEqual(message.content);
    const streamed = await client.messages.stream(request).finalMessage();
    expect(streamed.content).toEqual(message.content);
    expect(upstream.arrived[0]?.headers['x-api-key']).toBe(secretKey);
    await proxy.stop();
    const [first, second] = captures();
    expect(first).toMatchObject({ dialect: 'messages', model: null, request, answer: message });
    expect(second).toMatchObject({
      request: { ...request, stream: true },
      answer: { type: 'message', content: message.content, stop_reason: 'tool_use' },
      timeToFirstTokenMs: expect.any(Number),
    });
  });

  it('leaves no answer where the stream breaks off, but what came of it', async () => {
    const { proxy } = await open(async (response) => {
      response.writeHead(200, sse);
      await trickle(response, eventLines(events.slice(0, 5)));
    });
    const body = { model: 'claude', max_tokens: 9, stream: true, messages: [] };
    await rawCall(`${proxy.origin}/v1/messages`, {
      headers: json,
      body: JSON.stringify({ ...body, messages: [{ role: 'user', content: 'hi' }] }),
    });
    await proxy.stop();
    const [row] = scene.rows('select metadata from capture');
    expect(JSON.parse(String(row?.['metadata']))).toMatchObject({
      recordedError: { message: 'the stream ended before the answer was complete' },
      recordedPartial: { type: 'message', content: [{ type: 'text', text: 'Ich sehe nach.' }] },
    });
  });
});

describe('Google’s SDK', () => {
  const piece = (text: string, more: object = {}) => ({
    candidates: [{ content: { role: 'model', parts: [{ text }] }, index: 0, ...more }],
    modelVersion: 'gemini-2.5-flash',
    responseId: 'r1',
  });
  const usageMetadata = { promptTokenCount: 4, candidatesTokenCount: 3, totalTokenCount: 7 };
  const whole = { ...piece('Im Anhang.', { finishReason: 'STOP' }), usageMetadata };
  const pieces = [
    piece('Im '),
    piece('An'),
    { ...piece('hang.', { finishReason: 'STOP' }), usageMetadata },
  ];
  const contents = [{ role: 'user', parts: [{ text: 'Wo ist die Rechnung?' }] }];

  /** Answers as Gemini does: one object, events, or an array of what would be their data. */
  const answer = async (response: ServerResponse, { url }: Arrived): Promise<void> => {
    if (!url.includes(':stream')) response.writeHead(200, json).end(JSON.stringify(whole));
    else if (url.includes('alt=sse')) {
      response.writeHead(200, sse);
      await trickle(
        response,
        pieces.map((one) => `data: ${JSON.stringify(one)}\r\n\r\n`),
      );
    } else {
      response.writeHead(200, json);
      await trickle(response, [
        '[',
        ...pieces.map(
          (one, index) => `${index === 0 ? '' : ',\r\n'}${JSON.stringify(one, null, 2)}`,
        ),
        ']',
      ]);
    }
  };

  it('is recorded with the model of its path, whole and streamed', async () => {
    const { proxy, upstream } = await open(answer);
    const client = new GoogleGenAI({
      apiKey: secretKey,
      httpOptions: { baseUrl: proxy.origin },
    });
    const request = { model: 'gemini-2.5-flash', contents, config: { temperature: 0 } };
    expect((await client.models.generateContent(request)).text).toBe('Im Anhang.');
    let text = '';
    for await (const part of await client.models.generateContentStream(request)) text += part.text;
    expect(text).toBe('Im Anhang.');
    expect(upstream.arrived[0]?.headers['x-goog-api-key']).toBe(secretKey);
    await proxy.stop();
    const [first, second] = captures();
    const body = { contents, generationConfig: { temperature: 0 } };
    expect(first).toMatchObject({
      dialect: 'gemini',
      model: 'gemini-2.5-flash',
      request: body,
      answer: whole,
    });
    expect(second).toMatchObject({
      dialect: 'gemini',
      model: 'gemini-2.5-flash',
      request: body,
      answer: {
        candidates: [{ content: { parts: [{ text: 'Im Anhang.' }] }, finishReason: 'STOP' }],
        usageMetadata,
      },
      timeToFirstTokenMs: expect.any(Number),
    });
  });

  it('may put its key into the address, and stream an array', async () => {
    const { proxy, upstream } = await open(answer);
    const path = '/v1beta/models/gemini-2.5-flash:streamGenerateContent';
    await rawCall(`${proxy.origin}${path}?key=${secretKey}`, {
      headers: json,
      body: JSON.stringify({ contents }),
    });
    expect(upstream.arrived[0]?.url).toBe(`${path}?key=${secretKey}`);
    await proxy.stop();
    expect(captures()).toMatchObject([
      {
        model: 'gemini-2.5-flash',
        answer: {
          candidates: [{ content: { parts: [{ text: 'Im Anhang.' }] }, finishReason: 'STOP' }],
        },
        timeToFirstTokenMs: expect.any(Number),
      },
    ]);
  });

  it('is routed by the model of its path', async () => {
    const other = await startUpstream(answer);
    onTestFinished(() => other.close());
    const { proxy, upstream } = await open(answer, [
      '--upstream',
      `google=${other.origin}`,
      '--route',
      'gemini-*=google',
    ]);
    const call = (model: string) =>
      rawCall(`${proxy.origin}/v1beta/models/${model}:generateContent`, {
        headers: json,
        body: JSON.stringify({ contents }),
      });
    await call('gemini-2.5-flash');
    await call('gemma-3');
    expect([upstream.arrived.length, other.arrived.length]).toEqual([1, 1]);
    await proxy.stop();
    expect(captures().map(({ model }) => model)).toEqual(['gemini-2.5-flash', 'gemma-3']);
  });
});

describe('an API that is not replayed', () => {
  it.each(['/v1beta/interactions', '/model/amazon.nova-lite-v1%3A0/converse', '/v1/completions'])(
    'is forwarded and only counted: %s',
    async (path) => {
      const { proxy } = await open((response) => void response.writeHead(200, json).end('{}'));
      const answer = await rawCall(`${proxy.origin}${path}`, { headers: json, body: '{}' });
      expect(answer.status).toBe(200);
      const { stderr } = await proxy.stop();
      expect(stderr).toContain('0 recorded · 1 passed on only');
    },
  );
});
